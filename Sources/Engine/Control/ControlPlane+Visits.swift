import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Carries out what is asked for about visits.
  mutating func carry(
    _ action: VisitAction, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    var reply = reply
    switch action {
    case .list(let query): sendResult(try listVisits(query, for: session), to: reply)
    case .get(let visit):
      let visit = try require(.visitGet, in: try choose(visit, for: session), by: session)
      let described = sessions[session].flatMap { describe(visit, for: $0) }
      sendResult(["visit": described ?? .null], to: reply)
    case .create(let parameters): try createVisit(parameters, from: session, reply: reply)
    case .update(let visit, let parameters):
      try update(
        try choose(visit, for: session), parameters, from: session, reply: reply)
    case .start(let visit): try request(.start, on: visit, from: session, as: reply)
    case .cancel(let visit): try request(.cancel, on: visit, from: session, as: reply)
    case .close(let visit): try request(.close, on: visit, from: session, as: reply)
    case .addStaff(let visit, let person):
      try request(.addStaff(person), on: visit, from: session, as: reply)
    case .removeStaff(let visit, let person):
      try request(.removeStaff(person), on: visit, from: session, as: reply)
    case .takeOver(let visit):
      reply.answer = .responsible(try choose(visit, for: session))
      try request(.takeOver, on: visit, from: session, as: reply)
    }
  }

  /// A command whose answer is the visit as it is then, unless the reply says otherwise.
  private mutating func request(
    _ command: VisitCommand, on visit: VisitID?, from session: SessionID, as reply: PendingReply
  ) throws(SignalingError) {
    let visit = try choose(visit, for: session)
    var reply = reply
    if case .done = reply.answer { reply.answer = .visit(visit) }
    try request(command, in: visit, from: session, as: reply)
  }

  // MARK: Booking

  private mutating func createVisit(
    _ parameters: VisitParameters, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    guard let identity = sessions[session]?.identity else { return }
    let draft = try draft(parameters, in: identity.clinic)
    var reply = reply
    reply.answer = .booked(draft.id)
    try request(.createVisit(draft), about: draft.id, from: session, as: reply)
  }

  private mutating func update(
    _ visit: VisitID, _ parameters: VisitParameters, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    let changes = try changes(parameters, of: visit)
    var reply = reply
    reply.answer = .booked(visit)
    try request(.update(changes), in: visit, from: session, as: reply)
  }

  /// A visit as a client asks for it, with the links that go with one.
  mutating func draft(
    _ parameters: VisitParameters, in clinic: ClinicID
  ) throws(SignalingError) -> VisitDraft {
    let people =
      try patients(parameters.patients ?? []) + (try proxies(parameters.proxies ?? []))
      + (parameters.staff ?? []).map { .init(PersonRecord(id: $0), role: .staff) }
    var draft = VisitDraft(
      id: VisitID(random: &random), clinic: clinic, unit: parameters.unit,
      type: parameters.type ?? "", details: VisitDetails(parameters),
      scheduled: parameters.scheduled, ends: parameters.ends, attendees: people,
      invites: try invites(parameters))
    draft.addCustomaryLinks(random: &random)
    return draft
  }

  /// What a client asks to be different about a visit.
  mutating func changes(
    _ parameters: VisitParameters, of visit: VisitID
  ) throws(SignalingError) -> VisitChanges {
    var changes = VisitChanges()
    changes.type = parameters.type
    changes.unit = parameters.unit
    changes.heading = parameters.heading
    changes.description = parameters.description
    changes.scheduled = parameters.scheduled
    changes.ends = parameters.ends
    if let named = parameters.patients { changes.patients = try patients(named) }
    if let named = parameters.proxies { changes.proxies = try proxies(named) }
    changes.staff = parameters.staff?.map { .init(PersonRecord(id: $0), role: .staff) }
    changes.invites = try invites(parameters)
    if let visit = journal.decided.visits[visit] {
      changes.addCustomaryLinks(in: visit, random: &random)
    }
    return changes
  }

  private mutating func patients(
    _ named: [PatientParameters]
  ) throws(SignalingError) -> [VisitDraft.Attendee] {
    var attendees: [VisitDraft.Attendee] = []
    for patient in named {
      let record = try person(patient.person)
      attendees.append(.init(record, role: .patient, patient: patient.patient))
    }
    return attendees
  }

  private mutating func proxies(
    _ named: [PersonParameters]
  ) throws(SignalingError) -> [VisitDraft.Attendee] {
    var attendees: [VisitDraft.Attendee] = []
    for proxy in named { attendees.append(.init(try person(proxy), role: .proxy)) }
    return attendees
  }

  private mutating func person(
    _ parameters: PersonParameters
  ) throws(SignalingError) -> PersonRecord {
    do {
      return try PersonRecord(parameters, random: &random)
    } catch {
      throw SignalingError(error, in: parameters.path)
    }
  }

  private mutating func invites(
    _ parameters: VisitParameters
  ) throws(SignalingError) -> [InviteDraft] {
    var invites: [InviteDraft] = []
    for guest in parameters.guests ?? [] {
      do {
        invites.append(
          try InviteDraft(
            guest, agreedWithPatient: parameters.agreedWithPatient ?? false, random: &random))
      } catch {
        throw SignalingError(error, in: guest.path)
      }
    }
    return invites
  }
}

extension SignalingError {
  /// A refusal of a part of the arguments.
  init(_ refusal: Refusal, in path: String) {
    self.init(
      Refusal(refusal.reason, field: refusal.field.map { "\(path).\($0)" } ?? path))
  }
}

extension VisitDetails {
  /// What a client says that a new visit is about.
  init(_ parameters: VisitParameters) {
    self.init(
      heading: parameters.heading.flatMap { $0.value.isEmpty ? nil : $0 },
      description: parameters.description.flatMap { $0.value.isEmpty ? nil : $0 })
  }
}
