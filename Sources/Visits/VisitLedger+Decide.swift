import Primitives

extension VisitLedger {
  /// What follows from a command: the events to store and apply, none where what is asked for
  /// holds already. Changes nothing.
  public func decide(_ command: Command, by actor: Actor, at moment: Moment) throws(Refusal)
    -> [VisitEvent]
  {
    switch command {
    case .createClinic(let id, let name, let settings):
      try requireSystem(.clinicCreate, actor)
      guard clinics[id] == nil else { throw Refusal(.alreadyExists, field: "clinic") }
      guard name.fits(Limits.nameBytes) else { throw Refusal(.badArgument, field: "name") }
      try requireValid(settings)
      return [
        VisitEvent(
          .clinic(id), at: moment, by: actor.author,
          .clinicCreated(name: name, settings: settings))
      ]
    case .changeSettings(let id, let settings):
      try requireSystem(.clinicUpdate, actor)
      guard let clinic = clinics[id] else { throw Refusal(.clinicNotFound) }
      try requireValid(settings)
      guard clinic.settings != settings else { return [] }
      return [VisitEvent(.clinic(id), at: moment, by: actor.author, .settingsChanged(settings))]
    case .createVisit(let draft):
      return try decideBooking(draft, by: actor, at: moment)
    case .visit(let id, let command):
      return try decide(command, in: id, by: actor, at: moment)
    }
  }

  /// Throws unless the session may do this in this visit: for what is answered without a command.
  /// Throws `visit_not_found` where the session may not even know that the visit exists.
  public func require(_ method: Method, in id: VisitID, by identity: Identity) throws(Refusal) {
    guard let visit = visits[id], visit.isKnown(to: identity), let clinic = clinics[visit.clinic]
    else { throw Refusal(.visitNotFound) }
    var relation = relation(of: identity, to: visit)
    // Where the clinic does not let the unit in, its staff is like any other.
    if relation == .sameUnit && !clinic.settings.sameUnitMayJoin { relation = .none }
    let place = visit.participant(of: identity)?.place ?? .out
    try method.permission.require(role: identity.role, relation: relation, place: place)
  }

  private func decide(
    _ command: VisitCommand, in id: VisitID, by actor: Actor, at moment: Moment
  ) throws(Refusal) -> [VisitEvent] {
    switch actor {
    case .system: try requireSystem(command.method, actor)
    case .session(let identity): try require(command.method, in: id, by: identity)
    }
    guard let visit = visits[id], let clinic = clinics[visit.clinic] else {
      throw Refusal(.visitNotFound)
    }
    if case .createInvite(let draft) = command, inviteVisits[draft.id] != nil {
      throw Refusal(.alreadyExists, field: "invite")
    }
    var decision = Decision(visit: visit, clinic: clinic, actor: actor, moment: moment)
    try decision.carryOut(command)
    return decision.events
  }

  private func decideBooking(_ draft: VisitDraft, by actor: Actor, at moment: Moment)
    throws(Refusal) -> [VisitEvent]
  {
    guard let clinic = clinics[draft.clinic] else { throw Refusal(.clinicNotFound) }
    var draft = draft
    switch actor {
    case .system: try requireSystem(.visitCreate, actor)
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

  private func requireSystem(_ method: Method, _ actor: Actor) throws(Refusal) {
    guard actor == .system, method.permission.system else { throw Refusal(.notPermitted) }
  }

  private func requireValid(_ settings: ClinicSettings) throws(Refusal) {
    guard settings.waitsForStaff >= .zero, settings.waitsForStaff <= .hours(24) else {
      throw Refusal(.badArgument, field: "waits_for_staff")
    }
    guard settings.rings > .zero, settings.rings <= .hours(1) else {
      throw Refusal(.badArgument, field: "rings")
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
    case .patient, .proxy: booked[identity.person] == identity.role
    case .guest: identity.visit == id
    }
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
