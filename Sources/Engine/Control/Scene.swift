import Visits

/// A visit as it holds for people now: of what was decided, as much as is on disk, less all that
/// was taken away.
struct Scene: Equatable, Sendable {
  /// The visit as decided: for what gives no access (heading, people, who is responsible).
  let visit: Visit
  /// The clinic that it belongs to.
  let clinic: Clinic
  /// The call, where one is on record.
  let call: Call?
  private let presence: Presence

  init(_ visit: Visit, clinic: Clinic, call: Call?, presence: Presence) {
    self.visit = visit
    self.clinic = clinic
    self.call = call
    self.presence = presence
  }

  /// Who is here, in order of arrival; an admission that is not on record is left out.
  var participants: [Participant] { presence.participants }
  /// Who is in the call, in order of arrival.
  var roster: [Participant] { participants.filter { $0.place == .call } }
  /// Who waits, in order of arrival.
  var lobby: [Participant] { participants.filter { $0.place == .lobby } }

  /// The participant with this identifier.
  func participant(_ id: ParticipantID?) -> Participant? { id.flatMap(presence.participant) }

  /// Where somebody is.
  func place(of id: ParticipantID?) -> Place { participant(id)?.place ?? .out }
}

/// Who is in a visit as it holds for people now.
struct Presence: Equatable, Sendable {
  /// Those who are here, in order of arrival.
  let participants: [Participant]
  private let places: [ParticipantID: Int]

  /// Nobody.
  init() {
    participants = []
    places = [:]
  }

  /// Those of `decided` who are on disk as well, as `kept`, and with no more than they have there.
  init(_ decided: [Participant], keptAs kept: [Participant]) {
    let keptPlaces = Self.places(of: kept)
    participants = decided.compactMap { decided in
      guard let kept = keptPlaces[decided.id].map({ kept[$0] }) else { return nil }
      var present = decided
      if kept.admission == nil { present.admission = nil }
      present.isMutedByStaff = decided.isMutedByStaff || kept.isMutedByStaff
      return present
    }
    places = Self.places(of: participants)
  }

  private static func places(of participants: [Participant]) -> [ParticipantID: Int] {
    Dictionary(
      participants.enumerated().lazy.map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The participant with this identifier.
  func participant(_ id: ParticipantID) -> Participant? { places[id].map { participants[$0] } }
}
