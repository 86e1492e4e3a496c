import Primitives

extension Decision {
  /// Makes a link, and queues what tells the recipient of it.
  mutating func createInvite(_ draft: InviteDraft) throws(Refusal) {
    try visit.requireOpen()
    guard visit.invites.count < Limits.invitesPerVisit else {
      throw Refusal(.tooMany, field: "invites")
    }
    guard visit.invite(draft.id) == nil else { throw Refusal(.alreadyExists, field: "invite") }
    if let from = draft.notBefore, let until = draft.expires, until <= from {
      throw Refusal(.badArgument, field: "expires")
    }
    guard draft.language?.isLanguage != false else {
      throw Refusal(.badArgument, field: "language")
    }
    let recipient: Invite.Recipient
    var isNamed = false
    switch draft.recipient {
    case .anybody:
      guard !visit.invites.contains(where: { !$0.isPersonal && !$0.isRevoked }) else {
        throw Refusal(.alreadyExists, field: "general_link")
      }
      recipient = .anybody
    case .person(let person, let role, let kind):
      try requireRecipient(person.id, role: role, kind: kind)
      if role == .guest { try requireGuest(person, draft) }
      try note(person)
      isNamed = role != .guest || person.name != nil
      recipient = .person(person.id, role: role, kind: kind)
    }
    record(
      .inviteCreated(
        Invite(
          id: draft.id, recipient: recipient, notBefore: draft.notBefore,
          expires: draft.expires ?? customaryExpiry, language: draft.language,
          isNamed: isNamed, createdBy: actor.author)))
    if case .person(let person, .guest, _) = recipient {
      if draft.agreedWithPatient { record(.patientAgreed(to: person)) }
      try send(.invite, draft.id, to: person)
    }
  }

  /// Makes those of several links that can be made.
  mutating func createInvites(_ drafts: [InviteDraft]) throws(Refusal) {
    try visit.requireOpen()
    _ = makePossible(drafts)
  }

  /// Makes those of several links that can be made, and tells why the others cannot, by their
  /// places in the list.
  mutating func makePossible(_ drafts: [InviteDraft]) -> [Int: Refusal] {
    var refusals: [Int: Refusal] = [:]
    for (index, draft) in drafts.enumerated() {
      var attempt = self
      do {
        try attempt.createInvite(draft)
        self = attempt
      } catch {
        refusals[index] = error
      }
    }
    return refusals
  }

  /// Takes a link back, and with it everybody who came by it.
  mutating func revokeInvite(_ id: InviteID) throws(Refusal) {
    guard let invite = visit.invite(id) else { throw Refusal(.inviteNotFound) }
    guard !invite.isRevoked else { return }
    // Before the call, a guest who knows of the visit learns that it takes place without them.
    if invite.isForGuest, visit.isOpen, visit.call == nil {
      tell(visit.told.filter { $0.person == invite.person }, .cancelled)
    }
    record(.inviteRevoked(id))
    for participant in visit.participants where participant.invite == id {
      record(.departed(participant.id, .revoked))
    }
  }

  /// Gives a link a new secret. Who waits by the old one goes; who is in the call was let in.
  mutating func rotateInvite(_ id: InviteID) throws(Refusal) {
    try visit.requireOpen()
    guard let invite = visit.invite(id) else { throw Refusal(.inviteNotFound) }
    guard !invite.isRevoked else { throw Refusal(.inviteRevoked) }
    record(.inviteRotated(id))
    for participant in visit.lobby where participant.invite == id {
      record(.departed(participant.id, .revoked))
    }
  }

  /// Sends a link again.
  mutating func resendInvite(_ id: InviteID) throws(Refusal) {
    try visit.requireOpen()
    guard let invite = visit.invite(id) else { throw Refusal(.inviteNotFound) }
    guard !invite.isRevoked else { throw Refusal(.inviteRevoked) }
    guard case .person(let person, let role, _) = invite.recipient,
      visit.people[person]?.channels.isEmpty == false
    else { throw Refusal(.addressRequired) }
    try send(role == .guest ? .invite : .confirmation, id, to: person)
  }

  /// Takes down that a link has been opened, once.
  mutating func noteInvite(_ id: InviteID) throws(Refusal) {
    guard let invite = visit.invite(id) else { throw Refusal(.inviteNotFound) }
    if !invite.wasOpened { record(.inviteOpened(id)) }
  }

  /// The visit has been moved: its links work so much later.
  mutating func moveInvites(by span: Duration) {
    for invite in visit.invites where invite.notBefore != nil || invite.expires != nil {
      record(
        .inviteMoved(
          invite.id, notBefore: invite.notBefore.map { $0 + span },
          expires: invite.expires.map { $0 + span }))
    }
  }

  /// Until when a link works of which nothing else is said.
  private var customaryExpiry: WallTime {
    let end = visit.ends ?? visit.scheduled ?? moment.wall
    return max(end, moment.wall) + clinic.settings.linkLifetime
  }

  /// A guest is somebody new; patients and proxies are booked; staff has no links.
  private func requireRecipient(_ person: PersonID, role: Role, kind: GuestKind?) throws(Refusal) {
    guard (role == .guest) == (kind != nil) else { throw Refusal(.badArgument, field: "kind") }
    switch role {
    case .staff: throw Refusal(.badArgument, field: "role")
    case .patient, .proxy:
      guard visit.booked[person] == role else { throw Refusal(.personNotFound) }
    case .guest:
      guard visit.people[person] == nil else { throw Refusal(.alreadyExists, field: "person") }
    }
  }

  /// A guest has first and last name, unless invited into a call; an address; and the patient's agreement,
  /// where the clinic asks for it. The daemon itself hands its links over in other ways.
  private func requireGuest(_ guest: PersonRecord, _ draft: InviteDraft) throws(Refusal) {
    guard actor != .system else { return }
    let missing = guest.name == nil ? .given : draft.missingName
    if visit.call == nil, let missing {
      throw Refusal(.nameRequired, field: missing.rawValue)
    }
    guard !guest.channels.isEmpty else { throw Refusal(.addressRequired, field: "phone") }
    guard draft.agreedWithPatient || !clinic.settings.consentRequired else {
      throw Refusal(.consentRequired, field: "agreed_with_patient")
    }
  }
}
