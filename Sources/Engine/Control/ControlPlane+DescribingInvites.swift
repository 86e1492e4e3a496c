import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// A personal link as a viewer may see it who may see who has been invited: whose it is, is left
  /// out of a patient's and a proxy's for staff who may not know more about the patient.
  func describe(_ invite: Invite, in visit: Visit, for viewer: Viewer) -> JSON {
    let seesPatient = visibleFields(of: visit, for: viewer).contains(.patientContact)
    var person: PersonRecord?
    var role = Role.guest
    var kind: GuestKind?
    if case .person(let id, let itsRole, let itsKind) = invite.recipient {
      (role, kind) = (itsRole, itsKind)
      if seesPatient || role == .guest { person = visit.people[id] }
    }
    return .compact([
      "id": .string(invite.id.text), "name": person?.name.map { .string($0.value) } ?? .null,
      "role": .string(role.rawValue), "kind": kind.map { .string($0.rawValue) },
      "phone": person?.phone.map { .string($0.value) },
      "email": person?.email.map { .string($0.value) },
      "channels": .array(visit.lastMessages(of: invite.id).map(Self.describe)),
      "state": .string(visit.state(of: invite).rawValue),
    ])
  }

  /// How far a message has come.
  private static func describe(_ message: OutgoingMessage) -> JSON {
    var reason: String?
    if case .failed(let failure) = message.state { reason = failure.rawValue }
    return .compact([
      "channel": .string(message.channel.rawValue), "state": .string(message.state.name),
      "reason": reason.map(JSON.string),
    ])
  }

  /// What has become of links that were asked for together, in the order of the recipients.
  func describe(_ outcomes: [InviteOutcome], in visit: Visit, for viewer: Viewer) -> JSON {
    .array(
      outcomes.enumerated().map { index, outcome in
        switch outcome {
        case .accepted(let id):
          [
            "status": "accepted",
            "invite": visit.invite(id).map { describe($0, in: visit, for: viewer) } ?? .null,
          ]
        case .refused(let reason, let field):
          .compact([
            "status": "refused", "index": .integer(Int64(index)), "reason": .string(reason),
            "field": field.map(JSON.string),
          ])
        }
      })
  }

  /// The general link, where there is one, and the clinic's words to go with it.
  func describeGeneralLink(of visit: Visit) -> [JSON.Member] {
    let general = visit.invites.last { !$0.isPersonal && !$0.isRevoked }
    let address = general.flatMap { link(of: $0.id) }
    let text = journal.decided.clinics[visit.clinic]?.settings.generalLinkText ?? ""
    return [.init("link", address.map(JSON.string) ?? .null), .init("text", .string(text))]
  }
}
