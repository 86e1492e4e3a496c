import Primitives

extension Decision {
  /// Makes a visit with its people and first links. The draft names the responsible.
  static func booking(
    _ draft: VisitDraft, in clinic: Clinic, by actor: Actor, at moment: Moment
  ) throws(Refusal) -> [VisitEvent] {
    guard draft.type.fits(Limits.nameBytes) else { throw Refusal(.badArgument, field: "type") }
    guard draft.details.heading?.value.fits(Limits.headingBytes) != false else {
      throw Refusal(.badArgument, field: "heading")
    }
    guard draft.details.description?.value.fits(Limits.descriptionBytes) != false else {
      throw Refusal(.badArgument, field: "description")
    }
    guard let responsible = draft.responsible else {
      throw Refusal(.badArgument, field: "responsible")
    }
    guard draft.attendees.count <= Limits.participantsPerCall else {
      throw Refusal(.tooMany, field: "attendees")
    }
    var booked = [responsible.id: Role.staff]
    for attendee in draft.attendees {
      let isNew = booked.updateValue(attendee.role, forKey: attendee.person.id) == nil
      guard isNew, attendee.role != .guest else { throw Refusal(.badArgument, field: "attendees") }
    }
    let record = VisitRecord(
      clinic: clinic.id, unit: draft.unit, type: draft.type, scheduled: draft.scheduled,
      responsible: responsible.id, booked: booked)
    var decision = Decision(record, id: draft.id, clinic: clinic, actor: actor, moment: moment)
    if draft.details != VisitDetails() { decision.record(.detailsRecorded(draft.details)) }
    for person in [responsible] + draft.attendees.map(\.person) { try decision.note(person) }
    for invite in draft.invites { try decision.createInvite(invite) }
    return decision.events
  }

  /// Closes or cancels the visit; whoever waits in the lobby goes.
  mutating func finish(_ change: Change) throws(Refusal) {
    let wanted: Visit.State = change == .visitClosed ? .closed : .cancelled
    if visit.state == wanted { return }
    try visit.requireOpen()
    guard visit.call == nil else { throw Refusal(.callOpen) }
    for participant in visit.participants { record(.departed(participant.id, .visitClosed)) }
    record(change)
  }

  /// Makes a link.
  mutating func createInvite(_ draft: InviteDraft) throws(Refusal) {
    try visit.requireOpen()
    guard visit.invites.count < Limits.invitesPerVisit else {
      throw Refusal(.tooMany, field: "invites")
    }
    guard visit.invite(draft.id) == nil else { throw Refusal(.alreadyExists, field: "invite") }
    if let from = draft.notBefore, let until = draft.expires, until <= from {
      throw Refusal(.badArgument, field: "expires")
    }
    let recipient: Invite.Recipient
    switch draft.recipient {
    case .anybody:
      guard !visit.invites.contains(where: { !$0.isPersonal && !$0.isRevoked }) else {
        throw Refusal(.alreadyExists, field: "general_link")
      }
      recipient = .anybody
    case .person(let person, let role, let kind):
      try requireRecipient(person.id, role: role, kind: kind)
      try note(person)
      recipient = .person(person.id, role: role, kind: kind)
    }
    record(
      .inviteCreated(
        Invite(
          id: draft.id, recipient: recipient, notBefore: draft.notBefore, expires: draft.expires,
          createdBy: actor.author)))
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

  /// Takes a link back, and with it everybody who came by it.
  mutating func revokeInvite(_ id: InviteID) throws(Refusal) {
    guard let invite = visit.invite(id) else { throw Refusal(.inviteNotFound) }
    guard !invite.isRevoked else { return }
    record(.inviteRevoked(id))
    for participant in visit.participants where participant.invite == id {
      record(.departed(participant.id, .revoked))
    }
  }
}
