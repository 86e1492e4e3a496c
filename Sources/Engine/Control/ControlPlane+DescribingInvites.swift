import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// A personal link, for those who may see who has been invited.
  func describe(_ invite: Invite, in visit: Visit) -> JSON {
    var person: PersonRecord?
    var role = Role.guest
    var kind: GuestKind?
    if case .person(let id, let itsRole, let itsKind) = invite.recipient {
      (person, role, kind) = (visit.people[id], itsRole, itsKind)
    }
    return .compact([
      "id": .string(invite.id.text), "name": person?.name.map { .string($0.value) } ?? .null,
      "role": .string(role.rawValue), "kind": kind.map { .string($0.rawValue) },
      "phone": person?.phone.map { .string($0.value) },
      "email": person?.email.map { .string($0.value) },
      "channels": .array(visit.channels(of: invite.id)),
      "state": .string(visit.stateName(of: invite)),
    ])
  }

  /// What has become of links that were asked for together, in the order of the recipients.
  func describe(_ outcomes: [InviteOutcome], in visit: Visit) -> JSON {
    .array(
      outcomes.enumerated().map { index, outcome in
        switch outcome {
        case .accepted(let id):
          [
            "status": "accepted",
            "invite": visit.invite(id).map { describe($0, in: visit) } ?? .null,
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

extension Visit {
  /// How far the newest message with a link has come, by channel.
  fileprivate func channels(of invite: InviteID) -> [JSON] {
    OutgoingMessage.Channel.allCases.compactMap { channel in
      guard let last = messages.last(where: { $0.invite == invite && $0.channel == channel })
      else { return nil }
      var reason: String?
      if case .failed(let failure) = last.state { reason = failure.rawValue }
      return .compact([
        "channel": .string(channel.rawValue), "state": .string(last.state.name),
        "reason": reason.map(JSON.string),
      ])
    }
  }

  /// How far a link has come, in the one word that staff is shown: the last of these that is so.
  fileprivate func stateName(of invite: Invite) -> String {
    if invite.isRevoked { return "revoked" }
    let present = participants.filter { $0.invite == invite.id }
    if invite.wasUsed || present.contains(where: { $0.place == .call }) { return "joined" }
    if !present.isEmpty { return "waiting" }
    if invite.wasOpened { return "opened" }
    let states = OutgoingMessage.Channel.allCases.compactMap { channel in
      messages.last { $0.invite == invite.id && $0.channel == channel }?.state
    }
    if states.contains(.sent) { return "sent" }
    return !states.isEmpty && !states.contains(.queued) ? "failed" : "queued"
  }
}
