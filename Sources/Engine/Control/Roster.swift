import Primitives
import Signaling
import Visits

/// Who is in a call, as all those of one role see them.
///
/// There is one for all of them. What everybody had of their own would be hundreds of copies of
/// hundreds of people, to be compared with each other whenever one of them does anything.
struct Roster: Equatable, Sendable {
  /// A person in the call.
  struct Member: Equatable, Sendable {
    let id: ParticipantID
    /// Nil: the word for the role stands in its place.
    var name: Redacted<String>?
    var role: Role
    var kind: GuestKind?
    var identifiedBy: Identification
    var isResponsible: Bool
    var devices: Devices
    var isMutedByStaff: Bool
    /// `connected`, `connecting` or `reconnecting`.
    var connection: String
    /// How good the connection is; nil: not known.
    var quality: ConnectionQuality?
    /// The screen that is shared.
    var sharing: Sharing?
  }

  /// Which one it is: those with the same number are the same. That of nobody is 0.
  let version: UInt64
  /// In order of arrival.
  let members: [Member]

  /// Nobody.
  init() { self.init(version: 0, members: []) }

  init(version: UInt64, members: [Member]) {
    self.version = version
    self.members = members
  }

  static func == (left: Self, right: Self) -> Bool {
    left.version == right.version || left.members == right.members
  }
}

/// What differs between one roster and a later one.
struct RosterChange: Sendable {
  /// Those who are not there any more, in the order of the earlier one.
  var left: [ParticipantID] = []
  /// Those who have come, and those of whom something is different, with what was known of them; in
  /// the order of the later one.
  var news: [(before: Roster.Member?, now: Roster.Member)] = []

  init(from old: Roster, to new: Roster) {
    // Who comes is at the end: mostly the same people stand at the same places.
    let same = zip(old.members, new.members).prefix { $0.id == $1.id }.count
    for (before, now) in zip(old.members[..<same], new.members[..<same]) where before != now {
      news.append((before, now))
    }
    let (oldRest, newRest) = (old.members[same...], new.members[same...])
    let former = Dictionary(oldRest.lazy.map { ($0.id, $0) }, uniquingKeysWith: { one, _ in one })
    let present = Set(newRest.lazy.map(\.id))
    left = oldRest.lazy.map(\.id).filter { !present.contains($0) }
    for now in newRest {
      let before = former[now.id]
      if before != now { news.append((before, now)) }
    }
  }
}

/// The changes that were found while the sessions of a visit are told: most have the same rosters.
struct RosterChanges {
  private struct Step: Hashable {
    let from: UInt64
    let to: UInt64
  }

  private var known: [Step: RosterChange] = [:]

  mutating func change(from old: Roster, to new: Roster) -> RosterChange {
    let step = Step(from: old.version, to: new.version)
    if let change = known[step] { return change }
    let change = RosterChange(from: old, to: new)
    known[step] = change
    return change
  }
}

extension ControlPlane {
  /// Looks who is in a visit's call, and what they look like to those of each role.
  mutating func renewRosters(of visit: VisitID) {
    guard attendances[visit] != nil, let scene = journal.scene(of: visit) else { return }
    let present = scene.roster
    var rosters: [Role: Roster] = [:]
    for role in Set(present.map(\.role)) {
      let members = present.map { member($0, in: scene, seenBy: role) }
      if let last = attendances[visit]?.rosters[role], last.members == members {
        rosters[role] = last
      } else {
        rosterVersion += 1
        rosters[role] = Roster(version: rosterVersion, members: members)
      }
    }
    attendances[visit]?.rosters = rosters
  }

  private func member(
    _ participant: Participant, in scene: Scene, seenBy role: Role
  ) -> Roster.Member {
    Roster.Member(
      id: participant.id,
      name: journal.decided.name(of: participant, in: scene.visit, for: role),
      role: participant.role, kind: participant.kind, identifiedBy: participant.identifiedBy,
      isResponsible: participant.person == scene.visit.responsible,
      devices: participant.shownDevices, isMutedByStaff: participant.isMutedByStaff,
      connection: connection(of: participant),
      quality: attendances[scene.visit.id]?.qualities[participant.id],
      sharing: participant.sharing)
  }

  private func connection(of participant: Participant) -> String {
    guard participant.connection == .connected else { return "reconnecting" }
    switch peerNumbers[participant.id].flatMap({ peers[$0]?.state }) {
    case .connected: return "connected"
    case .silent, .closed: return "reconnecting"
    case .registering, .connecting, nil: return "connecting"
    }
  }
}
