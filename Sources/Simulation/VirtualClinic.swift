import Engine
import Primitives
import Security
import Signaling
import Visits
import Wire

/// The one clinic of a simulated service, with one visit and a way in for each person.
struct VirtualClinic {
  private let clinic: ClinicID
  private let visit: VisitID
  private var people: [PersonID] = []
  private var invites: [InviteID] = []
  private let secret: [UInt8]
  private let linkKey: [UInt8]

  private static let mostPeople = 8

  init(random: inout RandomSource) {
    clinic = ClinicID(random: &random)
    visit = VisitID(random: &random)
    for _ in 0..<Self.mostPeople {
      people.append(PersonID(random: &random))
      invites.append(InviteID(random: &random))
    }
    secret = random.bytes(JWTKey.minimumSecretLength)
    linkKey = random.bytes(LinkSecrets.minimumKeyLength)
  }

  private var key: JWTKey {
    guard let key = JWTKey(id: "clinic", sharedSecret: secret) else {
      preconditionFailure("the secret has the length that is asked for")
    }
    return key
  }

  func configuration(
    candidates: [[NetworkAddress]], fingerprint: Fingerprint, peersPerWorker: Int
  ) -> ControlConfiguration {
    guard let links = LinkSecrets(key: linkKey) else {
      preconditionFailure("the key has the length that is asked for")
    }
    var configuration = ControlConfiguration(
      keys: [.init(clinic: clinic, key: key)], links: links, candidates: candidates,
      fingerprint: fingerprint)
    configuration.peersPerWorker = peersPerWorker
    return configuration
  }

  /// The commands that make the clinic and its visit.
  func setUp(_ scenario: [Scenario.Person]) -> [Command] {
    precondition(scenario.count <= Self.mostPeople)
    var draft = VisitDraft(id: visit, clinic: clinic, type: "videobesök")
    for (index, person) in scenario.enumerated() {
      let record = PersonRecord(id: people[index], name: Redacted(person.name))
      switch person.role {
      case .staff:
        if draft.responsible == nil {
          draft.responsible = record
        } else {
          draft.attendees.append(.init(record, role: .staff))
        }
      case .patient: draft.attendees.append(.init(record, role: .patient))
      case .guest:
        draft.invites.append(
          InviteDraft(
            id: invites[index], recipient: .person(record, role: .guest, kind: .relative)))
      }
    }
    return [
      .createClinic(clinic, name: "Kliniken", settings: ClinicSettings()), .createVisit(draft),
    ]
  }

  /// What opens the session of one person: a token for staff and patients, a link for guests.
  func credential(of index: Int, role: Scenario.Person.Role, control: ControlPlane) -> JSON {
    if role == .guest {
      return ["invite": .string(control.inviteSecret(for: invites[index]) ?? "")]
    }
    let claims: JSON = [
      "clinic": .string(clinic.text), "visit": .string(visit.text),
      "role": role == .staff ? "staff" : "patient", "name": .string("Person \(index)"),
      "identified_by": role == .staff ? "staff" : "e_id",
    ]
    let token = JWT.sign(
      subject: people[index].text, claims: claims, from: World.wallOrigin, for: .minutes(10),
      key: key)
    return ["token": .string(token)]
  }
}
