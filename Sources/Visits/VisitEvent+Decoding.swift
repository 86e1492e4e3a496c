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
      try Change(reader, personal: stored.personal, by: by))
  }
}

extension Change {
  fileprivate init(_ reader: EventReader, personal: PersonalRecord?, by: Author)
    throws(EventError)
  {
    let type = try reader.text("type")
    let family = type.prefix { $0 != "." }
    let change: Change? =
      switch family {
      case "clinic": try Self.ofClinic(type, reader)
      case "visit", "person": try Self.ofVisit(type, reader, personal)
      case "invite": try Self.ofInvite(type, reader, by)
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
        name: try reader.text("name"), settings: try ClinicSettings(reader.object("settings")))
    case "clinic.settings_changed": .settingsChanged(try ClinicSettings(reader.object("settings")))
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
    case "visit.started": .visitStarted
    case "visit.cancelled": .visitCancelled
    case "visit.closed": .visitClosed
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

extension ClinicSettings {
  fileprivate init(_ reader: EventReader) throws(EventError) {
    self.init(
      lobby: try reader.word("lobby"), waitsForStaff: try reader.span("waits_for_staff_ms"),
      rings: try reader.span("rings_ms"),
      sameUnitMayJoin: try reader.bool("same_unit_may_join"),
      guestsSeePatientName: try reader.bool("guests_see_patient_name"),
      sharing: Set(try reader.words("sharing")),
      shareReplacesCamera: try reader.bool("share_replaces_camera"),
      consentRequired: try reader.bool("consent_required"),
      ratingScale: try reader.word("rating_scale"),
      patientsRate: try reader.bool("patients_rate"))
  }
}

extension VisitRecord {
  fileprivate init(_ reader: EventReader) throws(EventError) {
    var booked: [PersonID: Role] = [:]
    for person in try reader.objects("booked") {
      booked[try person.identifier("person")] = try person.word("role")
    }
    self.init(
      clinic: try reader.identifier("clinic"),
      unit: try reader.optional("unit", reader.identifier), type: try reader.text("visit_type"),
      scheduled: try reader.optional("scheduled", reader.time),
      responsible: try reader.identifier("responsible"), booked: booked)
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
      expires: try reader.optional("expires", reader.time), createdBy: createdBy,
      version: try reader.integer("version"))
  }
}
