import Primitives

extension VisitLedger {
  /// What follows from a command: the events to store and apply, none where what is asked for
  /// holds already. Changes nothing.
  public func decide(_ command: Command, by actor: Actor, at moment: Moment) throws(Refusal)
    -> [VisitEvent]
  {
    switch command {
    case .createClinic(let id, let name, let settings):
      try require(.clinicCreate, in: id, by: actor)
      guard clinics[id] == nil else { throw Refusal(.alreadyExists, field: "clinic") }
      guard name.fits(Limits.nameBytes) else { throw Refusal(.badArgument, field: "name") }
      try settings.requireValid()
      return [
        VisitEvent(
          .clinic(id), at: moment, by: actor.author,
          .clinicCreated(name: name, settings: settings))
      ]
    case .changeSettings(let id, let settings):
      try require(.clinicUpdate, in: id, by: actor)
      guard let clinic = clinics[id] else { throw Refusal(.clinicNotFound) }
      try settings.requireValid()
      guard clinic.settings != settings else { return [] }
      let change = VisitEvent(
        .clinic(id), at: moment, by: actor.author, .settingsChanged(settings))
      return [change] + sharingEnds(in: id, with: settings, by: actor, at: moment)
    case .changeDirectory(let id, let changes):
      return try decide(changes, of: id, by: actor, at: moment)
    case .createVisit(let draft):
      return try decideBooking(draft, by: actor, at: moment)
    case .forgetVisits:
      guard actor == .system else { throw Refusal(.notPermitted) }
      return visitsToForget(at: moment.wall).map {
        VisitEvent(.visit($0), at: moment, by: actor.author, .visitForgotten)
      }
    case .visit(let id, let command):
      return try decide(command, in: id, by: actor, at: moment)
    }
  }

  /// Throws unless the session may do this in this visit: for what is answered without a command.
  /// Throws `visit_not_found` where the session may not even know that the visit exists.
  public func require(_ method: Method, in id: VisitID, by identity: Identity) throws(Refusal) {
    guard let visit = visits[id], visit.isKnown(to: identity), let clinic = clinics[visit.clinic]
    else { throw Refusal(.visitNotFound) }
    let relation = effectiveRelation(of: identity, to: visit)
    let place = visit.participant(of: identity)?.place ?? .out
    let role = visit.role(of: identity)
    try method.permission.require(role: role, relation: relation, place: place)
    let isPatients = role == .patient || role == .proxy
    if method == .inviteLink, isPatients, !clinic.settings.generalLinkForPatients {
      throw Refusal(.notPermitted)
    }
  }

  /// Throws unless a clinic's back end may do this in this visit.
  public func require(_ method: Method, in id: VisitID, byBackEndOf clinic: ClinicID)
    throws(Refusal)
  {
    guard visits[id]?.clinic == clinic else { throw Refusal(.visitNotFound) }
    guard method.permission.backEnd else { throw Refusal(.notPermitted) }
  }

  /// Which of several new links cannot be made, and why, by their places in the list: what the
  /// command `createInvites` leaves out. Throws where none can be, for want of a right to it.
  public func refusals(
    of drafts: [InviteDraft], in id: VisitID, by actor: Actor, at moment: Moment
  ) throws(Refusal) -> [Int: Refusal] {
    _ = try decide(.createInvites([]), in: id, by: actor, at: moment)
    guard let visit = visits[id], let clinic = clinics[visit.clinic] else {
      throw Refusal(.visitNotFound)
    }
    var decision = Decision(visit: visit, clinic: clinic, actor: actor, moment: moment)
    return decision.makePossible(drafts)
  }

  private func decide(
    _ command: VisitCommand, in id: VisitID, by actor: Actor, at moment: Moment
  ) throws(Refusal) -> [VisitEvent] {
    switch actor {
    case .system: guard command.method.permission.system else { throw Refusal(.notPermitted) }
    case .backEnd(let clinic, _): try require(command.method, in: id, byBackEndOf: clinic)
    case .session(let identity): try require(command.method, in: id, by: identity)
    }
    guard let visit = visits[id], let clinic = clinics[visit.clinic] else {
      throw Refusal(.visitNotFound)
    }
    for invite in command.newInvites where inviteVisits[invite] != nil {
      throw Refusal(.alreadyExists, field: "invite")
    }
    var decision = Decision(visit: visit, clinic: clinic, actor: actor, moment: moment)
    try decision.carryOut(command)
    return decision.events
  }

  /// The screens that are no longer to be shared, where a clinic lets a role share no more.
  private func sharingEnds(
    in clinic: ClinicID, with settings: ClinicSettings, by actor: Actor, at moment: Moment
  ) -> [VisitEvent] {
    lively.sorted().compactMap { visits[$0] }.filter { $0.clinic == clinic }.flatMap { visit in
      visit.participants.filter { $0.sharing != nil && !settings.letsShare($0.role) }.map {
        VisitEvent(.visit(visit.id), at: moment, by: actor.author, .sharingStopped($0.id))
      }
    }
  }

  private func decideBooking(_ draft: VisitDraft, by actor: Actor, at moment: Moment)
    throws(Refusal) -> [VisitEvent]
  {
    guard let clinic = clinics[draft.clinic] else { throw Refusal(.clinicNotFound) }
    var draft = draft
    switch actor {
    case .system, .backEnd: try require(.visitCreate, in: clinic.id, by: actor)
    case .session(let identity):
      guard identity.clinic == clinic.id else { throw Refusal(.clinicNotFound) }
      guard identity.visit == nil else { throw Refusal(.notPermitted) }
      try Method.visitCreate.permission.require(role: identity.role, relation: .none, place: .out)
      guard draft.responsible == nil else { throw Refusal(.badArgument, field: "responsible") }
      draft.responsible = PersonRecord(
        id: identity.person, name: identity.name, title: identity.title)
    }
    guard visits[draft.id] == nil else { throw Refusal(.alreadyExists, field: "visit") }
    for invite in draft.invites where inviteVisits[invite.id] != nil {
      throw Refusal(.alreadyExists, field: "invite")
    }
    return try Decision.booking(draft, in: clinic, by: actor, at: moment)
  }

  private func decide(
    _ changes: [DirectoryChange], of id: ClinicID, by actor: Actor, at moment: Moment
  ) throws(Refusal) -> [VisitEvent] {
    try require(.directoryUpdate, in: id, by: actor)
    guard var directory = clinics[id]?.directory else { throw Refusal(.clinicNotFound) }
    guard changes.count <= Limits.directoryChanges else {
      throw Refusal(.tooMany, field: "changes")
    }
    var events: [VisitEvent] = []
    for change in changes {
      try directory.check(change)
      guard directory.isChanged(by: change) else { continue }
      directory.apply(change)
      events.append(
        VisitEvent(.clinic(id), at: moment, by: actor.author, .directoryChanged(change)))
    }
    return events
  }

  /// Throws unless the daemon or the clinic's own back end may do this in a clinic.
  private func require(_ method: Method, in id: ClinicID, by actor: Actor) throws(Refusal) {
    switch actor {
    case .system: guard method.permission.system else { throw Refusal(.notPermitted) }
    case .backEnd(let clinic, _):
      guard method.permission.backEnd else { throw Refusal(.notPermitted) }
      guard clinic == id else { throw Refusal(.clinicNotFound) }
    case .session: throw Refusal(.notPermitted)
    }
  }
}

extension VisitCommand {
  /// The identifiers that the command makes invites of.
  fileprivate var newInvites: [InviteID] {
    switch self {
    case .createInvite(let draft): [draft.id]
    case .createInvites(let drafts): drafts.map(\.id)
    case .update(let changes): changes.invites.map(\.id)
    default: []
    }
  }
}

extension Visit {
  /// Whether a session may know that the visit exists: staff of the clinic, and whoever takes
  /// part in it.
  func isKnown(to identity: Identity) -> Bool {
    guard identity.clinic == clinic, identity.visit == nil || identity.visit == id else {
      return false
    }
    if let link = identity.link { return invite(link.invite) != nil }
    return switch identity.role {
    case .staff: true
    case .patient: booked[identity.person] == .patient
    case .proxy: booked[identity.person] == .proxy && isFor(identity.proxyFor)
    case .guest: identity.visit == id
    }
  }

  /// Whether one of these is the visit's patient; of everybody where nobody is named.
  private func isFor(_ patients: Set<PersonID>?) -> Bool {
    patients?.contains { booked[$0] == .patient } ?? true
  }

  /// What a session's person is here: whoever opens a link that is in use is not its recipient,
  /// and comes as a guest.
  func role(of identity: Identity) -> Role {
    if let participant = participant(of: identity) { return participant.role }
    return isStranger(identity) ? .guest : identity.role
  }

  /// Whether a session's link is somebody else's: who is here by it now, or was when the session
  /// opened or joined. The session's person is then not its recipient, and learns nothing of what
  /// is that one's.
  public func isStranger(_ identity: Identity) -> Bool {
    guard let link = identity.link else { return false }
    return link.isSecond
      || participants.contains {
        $0.person == identity.person && $0.id != identity.participant
      }
  }

  /// Who a session's person is here.
  func person(of identity: Identity) -> PersonID {
    if let participant = participant(of: identity) { return participant.person }
    guard let link = identity.link, isStranger(identity) else { return identity.person }
    return link.stranger
  }

  /// The participant that a session holds here.
  public func participant(of identity: Identity) -> Participant? {
    guard let participant = identity.participant.flatMap(participant) else { return nil }
    return identity.names.contains(participant.person) ? participant : nil
  }
}

extension String {
  /// Whether the text says something and is at most so many bytes of UTF-8.
  func fits(_ bytes: Int) -> Bool { !isEmpty && utf8.count <= bytes }
}
