import Primitives

extension Decision {
  /// Makes a visit with its people and first links. The draft names the responsible.
  static func booking(
    _ draft: VisitDraft, in clinic: Clinic, by actor: Actor, at moment: Moment
  ) throws(Refusal) -> [VisitEvent] {
    try clinic.require(type: draft.type, unit: draft.unit, details: draft.details)
    try requireTime(draft.scheduled, draft.ends)
    guard let responsible = draft.responsible else {
      throw Refusal(.badArgument, field: "responsible")
    }
    guard draft.attendees.count <= Limits.peopleBooked else {
      throw Refusal(.tooMany, field: "attendees")
    }
    var booked = [responsible.id: Role.staff]
    var patients: [PersonID: Patient] = [:]
    // Who answers for the visit may be named among its staff too.
    let others = draft.attendees.filter { $0.person.id != responsible.id || $0.role != .staff }
    for attendee in others {
      let isNew = booked.updateValue(attendee.role, forKey: attendee.person.id) == nil
      guard isNew, attendee.role != .guest else {
        throw Refusal(.badArgument, field: attendee.role.listName)
      }
      patients[attendee.person.id] = attendee.patient
    }
    let record = VisitRecord(
      clinic: clinic.id, unit: draft.unit, type: draft.type, scheduled: draft.scheduled,
      ends: draft.ends, responsible: responsible.id, booked: booked, patients: patients)
    var decision = Decision(record, id: draft.id, clinic: clinic, actor: actor, moment: moment)
    try decision.requireOneFamily()
    if draft.details != VisitDetails() { decision.record(.detailsRecorded(draft.details)) }
    for attendee in [.init(responsible, role: .staff)] + others {
      try decision.note(attendee)
    }
    for invite in draft.invites { try decision.createInvite(invite) }
    decision.confirm(others.map(\.person.id))
    return decision.events
  }

  /// Makes a booked or ongoing visit different.
  mutating func update(_ changes: VisitChanges) throws(Refusal) {
    try visit.requireOpen()
    try reclassify(changes)
    try describe(changes)
    try reschedule(changes)
    var added: [PersonID] = []
    for (role, attendees) in [
      (Role.patient, changes.patients), (.proxy, changes.proxies), (.staff, changes.staff),
    ] {
      guard let attendees else { continue }
      added += try replace(role, with: attendees)
    }
    try requireOneFamily()
    for invite in changes.invites { try createInvite(invite) }
    confirm(added)
  }

  /// A booked visit is ongoing; the member of staff who starts it becomes responsible.
  mutating func start() throws(Refusal) {
    try visit.requireOpen()
    guard visit.state == .booked else { return }
    record(.visitStarted)
    guard case .session(let identity) = actor else { return }
    try appoint(identity)
  }

  /// Closes or cancels the visit; whoever waits in the lobby goes. Who had been told of a visit
  /// that is cancelled is told of that.
  mutating func finish(_ change: Change) throws(Refusal) {
    let wanted: Visit.State = change == .visitClosed ? .closed : .cancelled
    if visit.state == wanted { return }
    try visit.requireOpen()
    guard visit.call == nil else { throw Refusal(.callOpen) }
    for participant in visit.participants { record(.departed(participant.id, .visitClosed)) }
    if change == .visitCancelled { tell(visit.told, .cancelled) }
    record(change)
  }

  // MARK: What is different

  private mutating func reclassify(_ changes: VisitChanges) throws(Refusal) {
    let (type, unit) = (changes.type ?? visit.type, changes.unit ?? visit.unit)
    guard type != visit.type || unit != visit.unit else { return }
    if type != visit.type { try clinic.require(type: type) }
    if unit != visit.unit { try clinic.require(unit: unit) }
    record(.visitReclassified(type: type, unit: unit))
  }

  private mutating func describe(_ changes: VisitChanges) throws(Refusal) {
    var details = visit.details
    if let heading = changes.heading { details.heading = heading.value.isEmpty ? nil : heading }
    if let text = changes.description { details.description = text.value.isEmpty ? nil : text }
    guard details != visit.details else { return }
    // A heading that was chosen stays, even where the clinic does not offer it any more.
    if details.heading != visit.details.heading { try clinic.require(heading: details.heading) }
    try clinic.require(description: details.description)
    record(.detailsRecorded(details))
  }

  /// Moves the visit: links move with it, and who had been told is told of that.
  private mutating func reschedule(_ changes: VisitChanges) throws(Refusal) {
    let start = changes.scheduled ?? visit.scheduled
    var end = changes.ends ?? visit.ends
    if changes.ends == nil, let start, let former = visit.scheduled, let formerEnd = visit.ends {
      end = start + (formerEnd - former)
    }
    guard start != visit.scheduled || end != visit.ends else { return }
    guard start == visit.scheduled || visit.state == .booked else {
      throw Refusal(.badArgument, field: "scheduled")
    }
    try Self.requireTime(start, end)
    let former = visit.ends ?? visit.scheduled
    record(.visitRescheduled(start, ends: end))
    if let former, let moved = end ?? start { moveInvites(by: moved - former) }
    tell(visit.told, .changed)
  }

  private static func requireTime(_ start: WallTime?, _ end: WallTime?) throws(Refusal) {
    guard let end else { return }
    guard let start, start < end else { throw Refusal(.badArgument, field: "ends") }
  }

  /// The people of one role are these from now on; returns who is new.
  private mutating func replace(
    _ role: Role, with attendees: [VisitDraft.Attendee]
  ) throws(Refusal) -> [PersonID] {
    let named = Set(attendees.map(\.person.id))
    guard named.count == attendees.count, attendees.allSatisfy({ $0.role == role }) else {
      throw Refusal(.badArgument, field: role.listName)
    }
    let former = visit.booked.filter { $0.value == role && $0.key != visit.responsible }.keys
    for person in former.sorted() where !named.contains(person) { try release(person) }
    var added: [PersonID] = []
    for attendee in attendees where try book(attendee) { added.append(attendee.person.id) }
    guard visit.booked.count <= Limits.peopleBooked else {
      throw Refusal(.tooMany, field: role.listName)
    }
    return added
  }

  /// Takes somebody in, or what is new about them; returns whether they are new.
  mutating func book(_ attendee: VisitDraft.Attendee) throws(Refusal) -> Bool {
    let person = attendee.person.id
    let former = visit.booked[person]
    guard former == nil || former == attendee.role else {
      throw Refusal(.alreadyExists, field: attendee.role.listName)
    }
    if former == nil && attendee.role == .proxy, visit.childActsAlone {
      throw Refusal(.childHasOwnProfile, field: "proxies")
    }
    guard !visit.invites.contains(where: { $0.isForGuest && $0.person == person }) else {
      throw Refusal(.alreadyExists, field: attendee.role.listName)
    }
    let known = visit.people[person]
    try note(attendee)
    if former == nil || visit.patients[person] != attendee.patient
      || visit.people[person] != known
    {
      record(.attendeeBooked(person, attendee.role, attendee.patient))
    }
    return former == nil
  }

  /// Lets somebody go who is not here; their links go with them, and who had been told is told.
  mutating func release(_ person: PersonID) throws(Refusal) {
    let field = visit.booked[person]?.listName
    guard person != visit.responsible else { throw Refusal(.personIsResponsible, field: field) }
    guard !visit.participants.contains(where: { $0.person == person }) else {
      throw Refusal(.personPresent, field: field)
    }
    tell(visit.told.filter { $0.person == person }, .cancelled)
    record(.attendeeReleased(person))
    for invite in visit.invites where invite.person == person { try revokeInvite(invite.id) }
  }

  /// A visit is for one patient, or for one child with several profiles; and a child whose
  /// profile was made through a proxy has one.
  private func requireOneFamily() throws(Refusal) {
    let patients = visit.patients.values
    guard patients.count <= 1 || patients.allSatisfy(\.isUnderAge) else {
      throw Refusal(.severalPatients, field: "patient")
    }
    let profiles = patients.count { $0.profile == .own }
    guard profiles <= 1, Set(patients.map(\.ageBand)).count <= 1 else {
      throw Refusal(.severalPatients, field: "patient")
    }
    let proxies = visit.booked.values.count { $0 == .proxy }
    guard proxies <= Limits.proxiesPerVisit else { throw Refusal(.tooMany, field: "proxies") }
    guard proxies > 0 || !patients.contains(where: \.needsProxy) else {
      throw Refusal(.proxyRequired, field: "proxies")
    }
  }

  /// Takes down who somebody is that is booked; of staff, what the directory says.
  private mutating func note(_ attendee: VisitDraft.Attendee) throws(Refusal) {
    var person = attendee.person
    if attendee.role == .staff, let known = clinic.directory.people[person.id] {
      person.name = known.name ?? person.name
      person.title = known.title ?? person.title
    }
    if attendee.role == .staff, person.name == nil, visit.people[person.id]?.name == nil {
      // The one who acts is known by their token; anybody else by name.
      guard person.id == visit.responsible else {
        throw Refusal(.personNotFound, field: attendee.role.listName)
      }
    }
    try note(person)
  }
}

extension Role {
  /// The name of the argument in which people of the role are listed.
  fileprivate var listName: String {
    switch self {
    case .staff: "staff"
    case .patient: "patient"
    case .proxy: "proxies"
    case .guest: "guests"
    }
  }
}

extension Clinic {
  /// Throws where a visit cannot be like this here.
  fileprivate func require(type: String, unit: UnitID?, details: VisitDetails) throws(Refusal) {
    try require(type: type)
    try require(unit: unit)
    try require(heading: details.heading)
    try require(description: details.description)
  }

  fileprivate func require(type: String) throws(Refusal) {
    guard settings.visitType(type) != nil else { throw Refusal(.badArgument, field: "type") }
  }

  /// A clinic that has told us its units has no others.
  fileprivate func require(unit: UnitID?) throws(Refusal) {
    guard let unit, !directory.units.isEmpty else { return }
    guard directory.units[unit] != nil else { throw Refusal(.unitNotFound, field: "unit") }
  }

  fileprivate func require(heading: Redacted<String>?) throws(Refusal) {
    guard let text = heading?.value else { return }
    let isOffered = settings.freeTextHeading || settings.reasons.contains(text)
    guard isOffered, text.fits(Limits.headingBytes) else {
      throw Refusal(.badArgument, field: "heading")
    }
  }

  fileprivate func require(description: Redacted<String>?) throws(Refusal) {
    guard description?.value.fits(Limits.descriptionBytes) != false else {
      throw Refusal(.badArgument, field: "description")
    }
  }
}
