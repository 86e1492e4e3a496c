import Primitives

/// One command on its way to becoming events.
///
/// It works on a copy of the visit, to which each event is applied as it is recorded, so that the
/// rules that follow see what the ones before have changed.
struct Decision {
  /// The visit as it will be.
  private(set) var visit: Visit
  /// The visit's clinic.
  let clinic: Clinic
  /// Who gave the command.
  let actor: Actor
  /// Whose act the events record: the session's person, or whoever they are here as.
  private(set) var author: Author
  /// When.
  let moment: Moment
  /// What has been decided.
  private(set) var events: [VisitEvent] = []

  init(visit: Visit, clinic: Clinic, actor: Actor, moment: Moment) {
    self.visit = visit
    self.clinic = clinic
    self.actor = actor
    self.moment = moment
    author = actor.author
    if case .session(let identity) = actor, let own = visit.participant(of: identity) {
      author = .person(own.person)
    }
  }

  /// A decision about a visit that is made here.
  init(_ record: VisitRecord, id: VisitID, clinic: Clinic, actor: Actor, moment: Moment) {
    let event = VisitEvent(.visit(id), at: moment, by: actor.author, .visitCreated(record))
    visit = Visit(record, id: id, event: event)
    self.clinic = clinic
    self.actor = actor
    self.moment = moment
    author = actor.author
    events = [event]
  }

  /// Decides the command; the actor has the permission for it. What then holds for whoever is in
  /// the call follows from who is left there, whatever the command was.
  mutating func carryOut(_ command: VisitCommand) throws(Refusal) {
    try decide(command)
    holdChildrenWithoutProxy()
    noticeLostStaff()
  }

  private mutating func decide(_ command: VisitCommand) throws(Refusal) {
    switch command {
    case .update(let changes): try update(changes)
    case .start: try start()
    case .cancel: try finish(.visitCancelled)
    case .close: try finish(.visitClosed)
    case .addStaff(let person): try addStaff(person)
    case .removeStaff(let person): try removeStaff(person)
    case .takeOver: try takeOver()
    case .createInvite(let draft): try createInvite(draft)
    case .createInvites(let drafts): try createInvites(drafts)
    case .revokeInvite(let id): try revokeInvite(id)
    case .rotateInvite(let id): try rotateInvite(id)
    case .resendInvite(let id): try resendInvite(id)
    case .noteInvite(let id): try noteInvite(id)
    case .settleMessage(let id, let outcome): try settle(id, outcome)
    case .startCall(let call, let participant): try startCall(call, as: participant)
    case .requestCall(let request, let person): try requestCall(request, person)
    case .withdrawRequest(let request): try withdraw(request)
    case .answerRequest(let request, let accepted): try answer(request, accepted: accepted)
    case .join(let participant): try join(as: participant)
    case .leave: try leave()
    case .endCall: try endCall()
    case .admit(let id, let agreed): try admit(id, agreedWithPatient: agreed)
    case .admitAll(let agreed): try admitAll(agreedWithPatient: agreed)
    case .deny(let id): try deny(id)
    case .hold(let id): try hold(id)
    case .remove(let id): try remove(id)
    case .mute(let id, let muted): try mute(id, muted)
    case .updateSelf(let update): try updateSelf(update)
    case .startSharing(let device, let audio): try startSharing(on: device, audio: audio)
    case .stopSharing: try stopSharing()
    case .chat(let id, let text): try chat(id, text)
    case .submitFeedback(let feedback): try submit(feedback)
    case .disconnect(let id): try disconnect(id)
    case .reconnect(let id): try reconnect(id)
    case .expire: expire()
    }
  }

  /// Takes a change down and makes it true in the copy.
  mutating func record(_ change: Change) {
    let event = VisitEvent(.visit(visit.id), at: moment, by: author, change)
    visit.apply(event)
    events.append(event)
  }

  /// The rest of the events are the act of whoever the session's person turns out to be here.
  mutating func act(as person: PersonID) { author = .person(person) }

  /// The session behind the command; the permission table lets only sessions come this far.
  func identity() throws(Refusal) -> Identity {
    guard case .session(let identity) = actor else { throw Refusal(.notPermitted) }
    return identity
  }

  /// The participant that the session holds.
  func own() throws(Refusal) -> Participant {
    guard let participant = visit.participant(of: try identity()) else {
      throw Refusal(.notJoined)
    }
    return participant
  }

  /// The participant that the command is about.
  func participant(_ id: ParticipantID) throws(Refusal) -> Participant {
    guard let participant = visit.participant(id) else { throw Refusal(.participantNotFound) }
    return participant
  }

  /// Takes down what is new about a person; an absent field leaves the known one as it is.
  mutating func note(_ person: PersonRecord) throws(Refusal) {
    for (field, text) in [
      ("name", person.name), ("title", person.title), ("phone", person.phone),
      ("email", person.email),
    ] {
      guard text?.value.fits(Limits.nameBytes) != false else {
        throw Refusal(.badArgument, field: field)
      }
    }
    if let phone = person.phone, PhoneNumber(e164: phone.value) == nil {
      throw Refusal(.badPhoneNumber, field: "phone")
    }
    if let email = person.email, EmailAddress(email.value) == nil {
      throw Refusal(.badEmail, field: "email")
    }
    let known = visit.people[person.id]
    guard known != nil || visit.people.count < Limits.peoplePerVisit else {
      throw Refusal(.tooMany, field: "people")
    }
    var merged = known ?? PersonRecord(id: person.id)
    merged.name = person.name ?? merged.name
    merged.title = person.title ?? merged.title
    merged.phone = person.phone ?? merged.phone
    merged.email = person.email ?? merged.email
    if merged != known { record(.personRecorded(merged)) }
  }
}
