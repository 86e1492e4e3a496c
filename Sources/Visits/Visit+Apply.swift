import Primitives

extension Visit {
  /// Makes a decided event part of the state; one that contradicts it stops the process.
  mutating func apply(_ event: VisitEvent) {
    if let contradiction = contradiction(to: event.change) {
      preconditionFailure("\(id): \(contradiction)")
    }
    if event.change.isOfBooking { version += 1 }
    switch event.change {
    case .clinicCreated, .settingsChanged, .directoryChanged, .visitCreated: break
    case .visitReclassified(let type, let unit): (self.type, self.unit) = (type, unit)
    case .visitRescheduled(let start, let end): (scheduled, ends) = (start, end)
    case .attendeeBooked(let person, let role, let patient):
      (booked[person], patients[person]) = (role, patient)
    case .attendeeReleased(let person): (booked[person], patients[person]) = (nil, nil)
    case .detailsRecorded(let details): self.details = details
    case .personRecorded(let person): people[person.id] = person
    case .visitStarted: state = .ongoing
    case .visitCancelled: (state, endedAt) = (.cancelled, event.at.wall)
    case .visitClosed: (state, endedAt) = (.closed, event.at.wall)
    case .visitForgotten: break
    case .responsibleChanged(let person): appoint(person)
    case .inviteCreated(let invite): invites.append(invite)
    case .inviteRevoked(let id): change(id) { $0.isRevoked = true }
    case .inviteMoved(let id, let start, let end):
      change(id) { ($0.notBefore, $0.expires) = (start, end) }
    case .inviteRotated(let id):
      change(id) { $0.version += 1 }
      guardedLinks.remove(id)
    case .inviteOpened(let id): change(id) { $0.wasOpened = true }
    case .messageQueued(let message): messages.append(message)
    case .messageSettled(let id, let outcome): settle(id, outcome)
    case .callStarted(let id): call = Call(id: id, state: .open, startedAt: event.at.wall)
    case .staffLost(let waits):
      call?.state = .waitingForStaff(
        until: event.at.instant + waits, endsAt: event.at.wall + waits)
    case .staffReturned: call?.state = .open
    case .callEnded(let reason): endCall(reason, at: event.at)
    case .requestSent(let id, let person, let rings):
      call?.requests.append(
        CallRequest(
          id: id, person: person, by: event.by, state: .sent, until: event.at.instant + rings))
    case .requestAnswered(let id, let outcome): change(id) { $0.state = outcome }
    case .arrived(let arrival): participants.append(Participant(arrival, at: event.at.wall))
    case .admitted(let id, let ground, let act):
      admit(id, Admission(ground: ground, by: act, at: event.at.wall))
    case .patientAgreed(let person): agreed.insert(person)
    case .held(let id, let reason): hold(id, because: reason, at: event.at.wall)
    case .departed(let id, let reason): depart(id, reason, at: event.at.instant)
    case .muted(let id): change(id) { $0.isMutedByStaff = true }
    case .unmuted(let id): change(id) { $0.isMutedByStaff = false }
    case .devicesChanged(let id, let devices): change(id) { $0.devices = devices }
    case .sharingStarted(let id, let sharing): change(id) { $0.sharing = sharing }
    case .sharingStopped(let id): change(id) { $0.sharing = nil }
    case .chatSent(let message): call?.say(message)
    case .feedbackGiven(let call, let person, let feedback): note(feedback, by: person, of: call)
    case .disconnected(let id):
      change(id) { $0.connection = .reconnecting(until: event.at.instant + Limits.resumeWindow) }
    case .reconnected(let id): change(id) { $0.connection = .connected }
    }
  }

  /// What an event says that cannot be true of this state; nil where it can happen.
  func contradiction(to change: Change) -> String? {
    func unless(_ holds: Bool, _ words: String) -> String? { holds ? nil : words }
    switch change {
    case .clinicCreated, .settingsChanged, .directoryChanged, .visitCreated:
      return "an event of another kind of subject"
    case .detailsRecorded, .personRecorded: return nil
    case .responsibleChanged(let person):
      return unless(isOpen && booked[person] ?? .staff == .staff, "\(person) cannot answer for it")
    case .visitStarted: return unless(state == .booked, "the visit is not booked")
    case .visitForgotten: return unless(!isOpen, "the visit is not over")
    case .visitCancelled, .visitClosed:
      return unless(isOpen && call == nil && participants.isEmpty, "the visit is in use or over")
    case .inviteCreated(let new): return unless(invite(new.id) == nil, "\(new.id) exists")
    case .visitReclassified, .visitRescheduled:
      return unless(isOpen, "the visit is over")
    case .attendeeBooked(let person, let role, let patient):
      return unless(
        isOpen && (booked[person] ?? role) == role && (role == .patient) == (patient != nil),
        "\(person) cannot be booked")
    case .attendeeReleased(let person):
      return unless(booked[person] != nil && person != responsible, "\(person) stays")
    case .inviteRevoked(let id):
      return unless(invite(id)?.isRevoked == false, "no \(id) to revoke")
    case .inviteMoved(let id, _, _), .inviteRotated(let id), .inviteOpened(let id):
      return unless(invite(id) != nil, "no \(id)")
    case .messageQueued(let new):
      return unless(!messages.contains { $0.id == new.id }, "\(new.id) exists")
    case .messageSettled(let id, _):
      return unless(
        messages.contains { $0.id == id && !$0.isSettled }, "no \(id) to settle")
    case .callStarted: return unless(call == nil && state == .ongoing, "a call cannot start")
    case .staffLost: return unless(call?.state == .open, "no open call")
    case .staffReturned:
      return unless(call != nil && call?.state != .open, "the call does not wait")
    case .callEnded: return unless(call != nil && participants.isEmpty, "nothing to end")
    case .requestSent(let id, _, _):
      return unless(call != nil && request(id) == nil, "\(id) cannot ring")
    case .requestAnswered(let id, _):
      return unless(request(id)?.state == .sent, "\(id) does not ring")
    case .arrived(let arrival):
      return unless(isOpen && participant(arrival.participant) == nil, "cannot arrive")
    case .admitted(let id, _, _):
      return unless(call != nil && participant(id)?.place == .lobby, "\(id) cannot be admitted")
    case .patientAgreed: return unless(isOpen, "the visit is over")
    case .held(let id, _), .sharingStarted(let id, _):
      return unless(participant(id)?.place == .call, "\(id) not in the call")
    case .chatSent(let message):
      return unless(
        participant(message.sender)?.place == .call, "\(message.sender) not in the call")
    case .feedbackGiven(let call, let person, _):
      return unless(
        attended(call, person) != nil && feedback(on: call, by: person) == nil,
        "\(person) does not rate \(call)")
    case .muted(let id):
      return unless(participant(id)?.isMutedByStaff == false, "\(id) cannot be muted")
    case .unmuted(let id):
      return unless(participant(id)?.isMutedByStaff == true, "\(id) is not muted")
    case .departed(let id, _), .devicesChanged(let id, _), .sharingStopped(let id),
      .disconnected(let id), .reconnected(let id):
      return unless(participant(id) != nil, "no \(id)")
    }
  }

  private mutating func appoint(_ person: PersonID) {
    responsible = person
    booked[person] = .staff
  }

  private mutating func endCall(_ reason: CallEnd, at moment: Moment) {
    if let call { pastCalls.append(PastCall(call, reason, at: moment)) }
    call = nil
    denied = [:]
    sentBack = []
  }

  private mutating func admit(_ id: ParticipantID, _ admission: Admission) {
    change(id) {
      $0.admission = admission
      $0.since = admission.at
      $0.heldBecause = nil
    }
    guard let entered = participant(id) else { return }
    if let invite = entered.recipientsInvite { change(invite) { $0.wasUsed = true } }
    if entered.role != .guest { call?.attendees[entered.person] = entered.role }
    if admission.ground == .admitted { sentBack.remove(entered.person) }
  }

  private mutating func hold(_ id: ParticipantID, because reason: HoldReason, at time: WallTime) {
    change(id) {
      $0.admission = nil
      $0.mustWait = true
      $0.since = time
      $0.heldBecause = reason
      $0.sharing = nil
      $0.devices.handRaised = false
    }
    call?.takeChat(from: id)
    guard let held = participant(id) else { return }
    sentBack.insert(held.person)
    if reason == .staff { guardLink(of: held) }
  }

  private mutating func depart(_ id: ParticipantID, _ reason: Departure, at now: Instant) {
    guard let index = participants.firstIndex(where: { $0.id == id }) else { return }
    let gone = participants.remove(at: index)
    let person = gone.person
    // Whom nobody has named is forgotten, so that a link in many hands fills no memory.
    if gone.isUnnamed, !participants.contains(where: { $0.person == person }) {
      people[person] = nil
      agreed.remove(person)
    }
    call?.takeChat(from: id)
    switch reason {
    case .removed:
      barred.insert(person)
      guardLink(of: gone)
    case .denied:
      denied[person] = now + Limits.knockPause
      sentBack.insert(person)
      guardLink(of: gone)
    case .left, .lost, .revoked, .callEnded, .visitClosed: break
    }
  }

  private mutating func guardLink(of sentAway: Participant) {
    guard sentAway.identifiedBy == .generalLink, let link = sentAway.invite else { return }
    guardedLinks.insert(link)
  }

  private func request(_ id: CallRequestID) -> CallRequest? {
    call?.requests.first { $0.id == id }
  }

  private mutating func change(_ id: ParticipantID, _ change: (inout Participant) -> Void) {
    for index in participants.indices where participants[index].id == id {
      change(&participants[index])
    }
  }

  private mutating func settle(_ id: MessageID, _ outcome: OutgoingMessage.Outcome) {
    for index in messages.indices where messages[index].id == id {
      messages[index].state = OutgoingMessage.State(outcome)
    }
  }

  private mutating func change(_ id: InviteID, _ change: (inout Invite) -> Void) {
    for index in invites.indices where invites[index].id == id { change(&invites[index]) }
  }

  private mutating func change(_ id: CallRequestID, _ change: (inout CallRequest) -> Void) {
    guard var requests = call?.requests else { return }
    for index in requests.indices where requests[index].id == id { change(&requests[index]) }
    call?.requests = requests
  }
}

extension Participant {
  /// Somebody who has just knocked.
  init(_ arrival: Arrival, at time: WallTime) {
    id = arrival.participant
    person = arrival.person
    role = arrival.role
    kind = arrival.kind
    identifiedBy = arrival.identifiedBy
    invite = arrival.invite
    since = time
    mustWait = arrival.mustWait
  }
}
