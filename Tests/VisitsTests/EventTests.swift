import Primitives
import Testing

@testable import Visits

@Suite struct EventTests {
  @Test func everyDurableEventIsReadBackAsItWasWritten() throws {
    for change in Self.durable {
      let event = Self.event(change)
      let stored = event.stored(at: 1)
      let text = stored.payload.description
      var read = stored
      read.payload = try JSON(parsing: text)
      #expect(try VisitEvent(read, instant: event.at.instant) == event, "\(text)")
    }
  }

  @Test func payloadsHoldNoPersonalField() {
    for change in Self.durable {
      let stored = Self.event(change).stored(at: 1)
      #expect(!stored.payload.description.contains("PLANTED"))
      #expect(!"\(stored)".contains("PLANTED"))
    }
  }

  @Test func aPersonWhoseFieldsRetentionHasDeletedIsStillSomebody() throws {
    var stored = Self.event(
      .personRecorded(PersonRecord(id: named("per_a"), name: Redacted("PLANTED")))
    ).stored(at: 1)
    stored.personal = nil
    let read = try VisitEvent(stored, instant: .origin)
    #expect(read.change == .personRecorded(PersonRecord(id: named("per_a"))))
  }

  @Test func aVisitThatWasWrittenBeforeChildrenWereKnownHasAnAdultAsPatient() throws {
    let text = #"""
      {"version":1,"type":"visit.created","by":"per_a","clinic":"cli_a","visit_type":"videobesök",
      "responsible":"per_a","booked":[{"person":"per_a","role":"staff"},
      {"person":"per_b","role":"patient"}]}
      """#
    let stored = StoredEvent(
      position: 1, at: WallTime(milliseconds: 0), visit: named("vis_a"),
      payload: try JSON(parsing: text))
    guard case .visitCreated(let record) = try VisitEvent(stored, instant: .origin).change else {
      Issue.record("another event")
      return
    }
    #expect(record.patients == [named("per_b"): Patient(profile: .own, ageBand: .adult)])
    #expect(record.ends == nil)
  }

  @Test(arguments: [
    (#"{"version":2,"type":"visit.started","by":"system"}"#, "version 2 is not known, 1 is"),
    (#"{"type":"visit.started","by":"system"}"#, "no whole number `version`"),
    (
      #"{"version":1,"type":"visit.vanished","by":"system"}"#,
      "an event of a type that is not known"
    ),
    (#"{"version":1,"type":"x","by":"system"}"#, "an event of a type that is not known"),
    (#"{"version":1,"type":"visit.started","by":"somebody"}"#, "`by` names nobody"),
    (#"{"version":1,"type":"call.started","by":"system"}"#, "no text `call`"),
    (
      #"{"version":1,"type":"call.started","by":"system","call":"par_x"}"#,
      "`call` is no identifier of its kind"
    ),
    (
      #"{"version":1,"type":"call.ended","by":"system","reason":"boredom"}"#,
      "`reason` is not one of the known words"
    ),
    (#"{"version":1,"type":"invite.created","by":"system"}"#, "no object `invite`"),
    ("[]", "no whole number `version`"),
  ])
  func whatIsNoEventIsRefusedWithTheReason(text: String, reason: String) throws {
    let stored = StoredEvent(
      position: 1, at: WallTime(milliseconds: 0), visit: named("vis_a"),
      payload: try JSON(parsing: text))
    #expect(throws: EventError(reason: reason)) { try VisitEvent(stored, instant: .origin) }
  }

  @Test func ephemeralEventsGiveNoAccessAndTakingIsNeverGiving() {
    let ephemeral: [Change] = [
      .devicesChanged(named("par_a"), Devices()),
      .sharingStarted(named("par_a"), Sharing(audio: true)), .sharingStopped(named("par_a")),
      .disconnected(named("par_a")), .reconnected(named("par_a")),
      .chatSent(
        ChatMessage(
          id: named("cht_a"), sender: named("par_a"), role: .guest, name: nil,
          text: Redacted("PLANTED"), at: WallTime(milliseconds: 0), readers: [])),
    ]
    for change in ephemeral {
      #expect(!change.isDurable && !change.givesAccess)
    }
    let taking = Set(Self.durable.filter { !$0.givesAccess }.map(\.name))
    #expect(
      taking == [
        "visit.cancelled", "visit.closed", "visit.forgotten", "visit.attendee_released",
        "invite.revoked",
        "invite.rotated", "invite.opened", "message.queued", "message.settled", "call.staff_lost",
        "call.ended", "call.answered", "call.rated", "participant.held", "participant.departed",
        "participant.muted",
      ])
  }

  @Test func aLogThatContradictsItselfIsRefusedWhole() throws {
    var scene = try Scene()
    try scene.annaStarts()
    let end = scene.log.count
    func reason(_ change: (inout [StoredEvent]) -> Void) -> RestoreError? {
      var log = scene.log
      change(&log)
      do {
        _ = try VisitLedger(restoring: log, at: scene.now)
        return nil
      } catch {
        return error
      }
    }
    #expect(reason { _ in } == nil)
    #expect(reason { $0.swapAt(2, 3) } == RestoreError(position: 3, reason: "is out of order"))
    #expect(
      reason { log in
        log.append(log[end - 1])
        log[end].position += 1
      } == RestoreError(position: UInt64(end + 1), reason: "par_anna cannot be admitted"))
    #expect(
      reason { log in
        log.removeFirst()
        for index in log.indices { log[index].position -= 1 }
      }
        == RestoreError(position: 1, reason: "no cli_clinic"))
    #expect(
      reason { $0[end - 1].payload = [:] }
        == RestoreError(position: UInt64(end), reason: "no whole number `version`"))
    // Staff that was started but never let in: each event can be, the whole cannot.
    #expect(reason { $0.removeLast() } != nil)
  }

  @Test func afterARestartEverybodyHasTheTimeToComeBackAndNobodyIsLetInMeanwhile() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    try scene.linkJoins(as: "par_ivan")
    try scene.perform(.admit(named("par_pia")), by: anna)
    let restart = Moment(
      instant: Instant(nanoseconds: 5), wall: WallTime(milliseconds: 1_900_000_000_000))
    scene.ledger = try VisitLedger(restoring: scene.log, at: restart)
    scene.now = restart
    #expect(scene.place(named("par_pia")) == .call)
    #expect(scene.place(named("par_ivan")) == .lobby)
    #expect(scene.ledger.nextDeadline == restart.instant + Limits.resumeWindow)
    try scene.perform(.reconnect(named("par_pia")), by: .system)
    try scene.wait(.seconds(30))
    #expect(scene.current.participants.map(\.id) == [named("par_pia")])
    #expect(
      scene.current.call?.state
        == .waitingForStaff(
          until: scene.now.instant + .minutes(10), endsAt: scene.now.wall + .minutes(10)))
  }

  // MARK: One of each

  static func event(_ change: Change) -> VisitEvent {
    let subject: VisitEvent.Subject =
      change.name.hasPrefix("clinic.") || change.name.hasPrefix("directory.")
      ? .clinic(named("cli_a")) : .visit(named("vis_a"))
    return VisitEvent(
      subject,
      at: Moment(instant: Instant(nanoseconds: 7), wall: WallTime(milliseconds: 1_234)),
      by: .person(named("per_by")), change)
  }

  static let durable: [Change] = {
    let planted = Redacted("PLANTED")
    let by = Author.person(named("per_by"))
    let settings = SettingsTests.unusual
    let visit = VisitRecord(
      clinic: named("cli_a"), unit: named("uni_a"), type: "videobesök",
      scheduled: WallTime(milliseconds: 9), responsible: named("per_a"),
      booked: [named("per_a"): .staff, named("per_b"): .patient],
      patients: [named("per_b"): Patient(profile: .throughProxy, ageBand: .child)])
    var ongoing = visit
    ongoing.scheduled = nil
    ongoing.unit = nil
    var measured = MeasuredQuality()
    measured.roundTrip = .milliseconds(31)
    measured.lossReceiving = 12
    measured.lossSending = 0
    measured.frozen = .seconds(2)
    measured.concealed = .milliseconds(40)
    let arrival = Arrival(
      participant: named("par_a"), person: named("per_a"), role: .guest, kind: .interpreter,
      identifiedBy: .unverified, invite: named("inv_a"), mustWait: true)
    var patient = arrival
    patient.role = .patient
    patient.kind = nil
    patient.invite = nil
    return [
      .clinicCreated(name: "Vårdcentralen \"Nord\"", settings: settings),
      .settingsChanged(settings), .visitCreated(visit), .visitCreated(ongoing),
      .directoryChanged(
        .setUnit(DirectoryUnit(id: named("uni_a"), name: "Hud", parent: named("uni_b")))),
      .directoryChanged(.setUnit(DirectoryUnit(id: named("uni_b"), name: "Kliniken"))),
      .directoryChanged(.removeUnit(named("uni_a"))),
      .directoryChanged(
        .setPerson(
          DirectoryPerson(
            id: named("per_a"), givenName: planted, familyName: planted, title: planted,
            unit: named("uni_a"), role: "läkare"))),
      .directoryChanged(.removePerson(named("per_a"))),
      .visitReclassified(type: "videomöte", unit: named("uni_a")),
      .visitReclassified(type: "videomöte", unit: nil),
      .visitRescheduled(WallTime(milliseconds: 5), ends: WallTime(milliseconds: 6)),
      .visitRescheduled(nil, ends: nil), .attendeeBooked(named("per_a"), .proxy, nil),
      .attendeeBooked(named("per_a"), .patient, Patient(profile: .own, ageBand: .youth)),
      .attendeeReleased(named("per_a")), .patientAgreed(to: named("per_a")),
      .inviteMoved(
        named("inv_a"), notBefore: WallTime(milliseconds: 1), expires: WallTime(milliseconds: 2)),
      .inviteMoved(named("inv_a"), notBefore: nil, expires: nil), .inviteRotated(named("inv_a")),
      .inviteOpened(named("inv_a")),
      .messageQueued(
        OutgoingMessage(
          id: named("msg_a"), kind: .changed, invite: named("inv_a"), person: named("per_a"),
          channel: .email, queuedAt: WallTime(milliseconds: 1_234))),
      .messageQueued(
        OutgoingMessage(
          id: named("msg_a"), kind: .cancelled, invite: nil, person: named("per_a"),
          channel: .sms, queuedAt: WallTime(milliseconds: 1_234))),
      .messageSettled(named("msg_a"), .sent),
      .messageSettled(named("msg_a"), .failed(.unavailable)),
      .detailsRecorded(VisitDetails(heading: planted, description: planted)),
      .personRecorded(
        PersonRecord(
          id: named("per_a"), name: planted, title: planted, phone: planted, email: planted)),
      .visitStarted, .visitCancelled, .visitClosed, .visitForgotten,
      .responsibleChanged(named("per_a")),
      .inviteCreated(Invite(id: named("inv_a"), recipient: .anybody, createdBy: by)),
      .inviteCreated(
        Invite(
          id: named("inv_b"),
          recipient: .person(named("per_a"), role: .guest, kind: .relative),
          notBefore: WallTime(milliseconds: 1), expires: WallTime(milliseconds: 2),
          language: "en", createdBy: by, version: 3)),
      .inviteRevoked(named("inv_a")), .callStarted(named("cal_a")),
      .staffLost(waits: .minutes(10)), .staffReturned, .callEnded(.noStaff),
      .requestSent(named("req_a"), named("per_a"), rings: .seconds(60)),
      .requestAnswered(named("req_a"), .timedOut),
      .feedbackGiven(named("cal_a"), named("per_a"), Feedback(.hadProblems(false))),
      .feedbackGiven(
        named("cal_a"), named("per_a"),
        Feedback(
          .grade(.medium), details: [.echo, .badSound],
          measured: measured)),
      .arrived(arrival), .arrived(patient),
      .admitted(named("par_a"), ground: .booked, act: .system), .patientAgreed(to: named("per_a")),
      .held(named("par_a"), because: .noProxy), .held(named("par_a"), because: .staff),
      .departed(named("par_a"), .revoked), .muted(named("par_a")), .unmuted(named("par_a")),
    ]
  }()
}
