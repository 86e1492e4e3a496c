import Primitives

extension VisitEvent {
  /// Reads an event from the log. Its deadlines count from `instant`, since the monotonic clock
  /// of the process that wrote it is gone.
  public init(_ stored: StoredEvent, instant: Instant) throws(EventError) {
    let reader = EventReader(payload: stored.payload)
    let version = try reader.integer("version")
    guard version == Self.version else {
      throw EventError(reason: "version \(version) is not known, \(Self.version) is")
    }
    let subject: Subject =
      if let visit = stored.visit { .visit(visit) } else {
        .clinic(try reader.identifier("clinic"))
      }
    let by = try reader.author("by")
    self.init(
      subject, at: Moment(instant: instant, wall: stored.at), by: by,
      try Change(reader, personal: stored.personal, by: by, at: stored.at))
  }
}

extension Change {
  fileprivate init(_ reader: EventReader, personal: PersonalRecord?, by: Author, at: WallTime)
    throws(EventError)
  {
    let type = try reader.text("type")
    let family = type.prefix { $0 != "." }
    let change: Change? =
      switch family {
      case "clinic": try Self.ofClinic(type, reader)
      case "directory": try Self.ofDirectory(type, reader, personal)
      case "visit", "person": try Self.ofVisit(type, reader, personal)
      case "invite": try Self.ofInvite(type, reader, by)
      case "message": try Self.ofMessage(type, reader, at)
      case "call": try Self.ofCall(type, reader)
      case "participant": try Self.ofParticipant(type, reader)
      default: nil
      }
    guard let change else { throw EventError(reason: "an event of a type that is not known") }
    self = change
  }

  private static func ofClinic(_ type: String, _ reader: EventReader) throws(EventError)
    -> Change?
  {
    switch type {
    case "clinic.created":
      .clinicCreated(
        name: try reader.text("name"), settings: try ClinicSettings(stored: reader))
    case "clinic.settings_changed": .settingsChanged(try ClinicSettings(stored: reader))
    default: nil
    }
  }

  private static func ofVisit(
    _ type: String, _ reader: EventReader, _ personal: PersonalRecord?
  ) throws(EventError) -> Change? {
    func field(_ name: String) -> Redacted<String>? {
      personal?.fields.value[name]?.string.map { Redacted($0) }
    }
    return switch type {
    case "visit.created": .visitCreated(try VisitRecord(reader))
    case "visit.details_recorded":
      .detailsRecorded(VisitDetails(heading: field("heading"), description: field("description")))
    case "person.recorded":
      .personRecorded(
        PersonRecord(
          id: try reader.identifier("person"), name: field("name"), title: field("title"),
          phone: field("phone"), email: field("email")))
    case "visit.reclassified":
      .visitReclassified(
        type: try reader.text("visit_type"), unit: try reader.optional("unit", reader.identifier))
    case "visit.rescheduled":
      .visitRescheduled(
        try reader.optional("scheduled", reader.time),
        ends: try reader.optional("ends", reader.time))
    case "visit.attendee_booked":
      .attendeeBooked(
        try reader.identifier("person"), try reader.word("role"), try Patient(reader))
    case "visit.attendee_released": .attendeeReleased(try reader.identifier("person"))
    case "visit.started": .visitStarted
    case "visit.cancelled": .visitCancelled
    case "visit.closed": .visitClosed
    case "visit.forgotten": .visitForgotten
    case "visit.patient_agreed": .patientAgreed(to: try reader.identifier("person"))
    case "visit.responsible_changed": .responsibleChanged(try reader.identifier("person"))
    default: nil
    }
  }

  private static func ofInvite(_ type: String, _ reader: EventReader, _ by: Author)
    throws(EventError) -> Change?
  {
    switch type {
    case "invite.created": .inviteCreated(try Invite(reader.object("invite"), createdBy: by))
    case "invite.revoked": .inviteRevoked(try reader.identifier("invite"))
    case "invite.moved":
      .inviteMoved(
        try reader.identifier("invite"), notBefore: try reader.optional("not_before", reader.time),
        expires: try reader.optional("expires", reader.time))
    case "invite.rotated": .inviteRotated(try reader.identifier("invite"))
    case "invite.opened": .inviteOpened(try reader.identifier("invite"))
    default: nil
    }
  }

  private static func ofCall(_ type: String, _ reader: EventReader) throws(EventError) -> Change? {
    switch type {
    case "call.started": .callStarted(try reader.identifier("call"))
    case "call.staff_lost": .staffLost(waits: try reader.span("waits_ms"))
    case "call.staff_returned": .staffReturned
    case "call.ended": .callEnded(try reader.word("reason"))
    case "call.rated":
      .feedbackGiven(
        try reader.identifier("call"), try reader.identifier("person"),
        try Feedback(reader.object("feedback")))
    case "call.requested":
      .requestSent(
        try reader.identifier("request"), try reader.identifier("person"),
        rings: try reader.span("rings_ms"))
    case "call.answered":
      .requestAnswered(try reader.identifier("request"), try reader.word("outcome"))
    default: nil
    }
  }

  private static func ofParticipant(_ type: String, _ reader: EventReader) throws(EventError)
    -> Change?
  {
    switch type {
    case "participant.arrived": .arrived(try Arrival(reader))
    case "participant.admitted":
      .admitted(
        try reader.identifier("participant"), ground: try reader.word("ground"),
        act: try reader.author("act"))
    case "participant.held":
      .held(try reader.identifier("participant"), because: try reader.word("because"))
    case "participant.departed":
      .departed(try reader.identifier("participant"), try reader.word("reason"))
    case "participant.muted": .muted(try reader.identifier("participant"))
    case "participant.unmuted": .unmuted(try reader.identifier("participant"))
    default: nil
    }
  }
}

extension Patient {
  /// Of an attendee; nil unless a patient. One of whom nothing was written has an own profile.
  fileprivate init?(_ reader: EventReader) throws(EventError) {
    guard try reader.word("role") == Role.patient else { return nil }
    self.init(
      profile: try reader.optional("profile", reader.word) ?? .own,
      ageBand: try reader.optional("age_band", reader.word) ?? .adult)
  }
}

extension VisitRecord {
  fileprivate init(_ reader: EventReader) throws(EventError) {
    var booked: [PersonID: Role] = [:]
    var patients: [PersonID: Patient] = [:]
    for attendee in try reader.objects("booked") {
      let person: PersonID = try attendee.identifier("person")
      booked[person] = try attendee.word("role")
      patients[person] = try Patient(attendee)
    }
    self.init(
      clinic: try reader.identifier("clinic"),
      unit: try reader.optional("unit", reader.identifier), type: try reader.text("visit_type"),
      scheduled: try reader.optional("scheduled", reader.time),
      ends: try reader.optional("ends", reader.time),
      responsible: try reader.identifier("responsible"), booked: booked, patients: patients)
  }
}

extension Arrival {
  fileprivate init(_ reader: EventReader) throws(EventError) {
    self.init(
      participant: try reader.identifier("participant"), person: try reader.identifier("person"),
      role: try reader.word("role"), kind: try reader.optional("kind", reader.word),
      identifiedBy: try reader.word("identified_by"),
      invite: try reader.optional("invite", reader.identifier),
      mustWait: try reader.bool("must_wait"))
  }
}

extension Invite {
  fileprivate init(_ reader: EventReader, createdBy: Author) throws(EventError) {
    let person: PersonID? = try reader.optional("person", reader.identifier)
    var recipient = Recipient.anybody
    if let person {
      recipient = .person(
        person, role: try reader.word("role"), kind: try reader.optional("kind", reader.word))
    }
    self.init(
      id: try reader.identifier("id"), recipient: recipient,
      notBefore: try reader.optional("not_before", reader.time),
      expires: try reader.optional("expires", reader.time),
      language: try reader.optional("language", reader.text),
      isNamed: try reader.optional("named", reader.bool) ?? true, createdBy: createdBy,
      version: try reader.integer("version"))
  }
}
