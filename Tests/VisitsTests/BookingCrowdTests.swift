import Primitives
import Testing

@testable import Visits

/// Staff, back ends and the daemon doing anything at all with bookings, in two clinics: the rules
/// hold after each event (`Scene.perform` looks), and the log gives the same state again.
@Suite struct BookingCrowdTests {
  @Test(arguments: 0..<150)
  func theRulesHoldWhateverIsDoneToBookings(seed: Int) throws {
    var crowd = try BookingCrowd(seed: UInt64(seed))
    for step in 0..<100 {
      try crowd.act()
      #expect(crowd.faults() == [], "seed \(seed), step \(step)")
    }
    let restored = try VisitLedger(restoring: crowd.scene.log, at: crowd.scene.now)
    #expect(restored.kept == crowd.scene.ledger.kept, "seed \(seed)")
  }

  @Test func theCrowdDoesEverythingWithBookings() throws {
    var seen: Set<String> = []
    var reasons: Set<Refusal.Reason> = []
    for seed in 0..<150 {
      var crowd = try BookingCrowd(seed: UInt64(seed))
      for _ in 0..<100 { try crowd.act() }
      seen.formUnion(crowd.scene.trace.map(\.change.name))
      reasons.formUnion(crowd.reasons)
    }
    let families = ["clinic.", "directory.", "visit.", "person.", "invite.", "message."]
    let all = Set(EventTests.durable.map(\.name)).filter { name in
      families.contains { name.hasPrefix($0) }
    }
    // No crowd is at it for so long that retention has anything to do.
    #expect(all.subtracting(seen) == ["visit.forgotten"])
    let expected: Set<Refusal.Reason> = [
      .notPermitted, .visitNotFound, .visitCancelled, .callOpen, .severalPatients,
      .proxyRequired, .personPresent, .personIsResponsible, .inviteRevoked, .alreadyExists,
      .addressRequired, .nameRequired, .consentRequired, .unitNotEmpty, .messageNotFound,
    ]
    #expect(expected.subtracting(reasons) == [])
  }
}

private struct BookingCrowd {
  var scene: Scene
  var random: RandomSource
  var reasons: Set<Refusal.Reason> = []
  private var drawn = 0
  private let people = (0..<6).map { number -> PersonID in named("per_\(number)") }

  init(seed: UInt64) throws {
    random = RandomSource(seed: seed)
    var settings = ClinicSettings()
    settings.consentRequired = seed % 3 == 0
    settings.sameUnitMayJoin = seed % 2 == 0
    scene = try Scene(scheduled: true)
    try scene.perform(.changeSettings(scene.clinic, settings), by: .system)
    try scene.perform(
      .createClinic(named("cli_other"), name: "Andra", settings: ClinicSettings()), by: .system)
  }

  mutating func act() throws {
    drawn += 1
    if chance(8) { return try scene.wait(.minutes(Int.random(in: 1...40, using: &random))) }
    let command = draw()
    do {
      try scene.perform(command, by: actor(for: command))
    } catch let refusal as Refusal {
      reasons.insert(refusal.reason)
    }
  }

  /// What is wrong, judged from the events alone.
  func faults() -> [String] {
    var found: [String] = []
    var cancelled: Set<VisitID> = []
    for event in scene.trace {
      guard let visit = event.visit else { continue }
      if case .visitCancelled = event.change { cancelled.insert(visit) }
      if case .inviteCreated = event.change, cancelled.contains(visit) {
        found.append("a link into a cancelled visit")
      }
      if case .messageQueued(let message) = event.change, cancelled.contains(visit) {
        found.append("\(message.id) tells of a cancelled visit")
      }
    }
    for visit in scene.ledger.visits.values {
      for message in visit.messages where visit.people[message.person]?.channels.isEmpty != false {
        found.append("\(message.id) goes to nobody's address")
      }
    }
    return found
  }

  // MARK: Drawing

  private mutating func chance(_ count: Int) -> Bool {
    Int.random(in: 0..<count, using: &random) == 0
  }

  private mutating func pick<Value>(_ values: [Value], else last: Value) -> Value {
    values.randomElement(using: &random) ?? last
  }

  private mutating func actor(for command: Command) -> Actor {
    if case .visit(_, let command) = command, command.method == .messageSettled {
      return .system
    }
    switch Int.random(in: 0..<10, using: &random) {
    case 0: return .system
    case 1: return .backEnd(named("cli_other"), key: "k")
    case 2, 3: return .backEnd(scene.clinic, key: "k")
    case 4: return scene.patient(scene.pia)
    case 5: return scene.staff(named("per_mate"), units: [named("uni_0")])
    case 6: return scene.staff(pick(scene.current.booked.keys.sorted(), else: scene.anna))
    default:
      let visit = scene.ledger.visits[scene.visit]
      let inCall = visit?.roster.first { $0.role == .staff }
      return scene.staff(inCall?.person ?? scene.anna, as: inCall?.id.text)
    }
  }

  private mutating func draw() -> Command {
    switch Int.random(in: 0..<24, using: &random) {
    case 0: return .createVisit(draft())
    case 1..<5: return .changeDirectory(scene.clinic, [directoryChange()])
    default:
      let visit = pick(scene.ledger.visits.keys.sorted(), else: scene.visit)
      return .visit(chance(3) ? visit : scene.visit, drawVisitCommand())
    }
  }

  private mutating func drawVisitCommand() -> VisitCommand {
    let invite = pick(scene.current.invites.map(\.id), else: scene.generalLink)
    let message: MessageID = pick(scene.current.messages.map(\.id), else: named("msg_none"))
    let person = pick(people, else: scene.anna)
    switch Int.random(in: 0..<40, using: &random) {
    case 0..<8: return .update(changes())
    case 8: return .start
    case 9: return chance(12) ? .cancel : .start
    case 10: return chance(12) ? .close : .start
    case 11..<14: return .addStaff(person)
    case 14, 15: return .removeStaff(person)
    case 16, 17: return .takeOver
    case 18..<22: return .createInvite(inviteDraft())
    case 22, 23: return .createInvites([inviteDraft(), inviteDraft()])
    case 24: return .revokeInvite(invite)
    case 25: return .rotateInvite(invite)
    case 26, 27: return .resendInvite(invite)
    case 28: return .noteInvite(invite)
    case 29..<34:
      return .settleMessage(
        chance(9) ? named("msg_none") : message, chance(2) ? .sent : .failed(.unavailable))
    case 34, 35: return .startCall(named("cal_\(drawn)"), as: named("par_\(drawn)"))
    case 36, 37: return .join(as: named("par_\(drawn)"))
    case 38: return .leave
    default: return .endCall
    }
  }

  private mutating func directoryChange() -> DirectoryChange {
    let unit: UnitID = named("uni_\(Int.random(in: 0..<3, using: &random))")
    let person = pick(people, else: scene.anna)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return .removeUnit(unit)
    case 1, 2: return .removePerson(person)
    case 3, 4: return .setUnit(DirectoryUnit(id: unit, name: "Enhet \(drawn)"))
    default:
      return .setPerson(
        DirectoryPerson(
          id: person, givenName: Redacted("Namn"), familyName: Redacted("Nr \(drawn)"),
          unit: unit, role: "läkare"))
    }
  }

  private mutating func record(_ id: PersonID) -> PersonRecord {
    PersonRecord(
      id: id, name: chance(5) ? nil : Redacted("Namn \(drawn)"),
      phone: chance(2) ? Redacted("+4670\(1_000_000 + drawn)") : nil,
      email: chance(2) ? Redacted("a\(drawn)@example.com") : nil)
  }

  private mutating func inviteDraft() -> InviteDraft {
    drawn += 1
    var draft = InviteDraft(id: named("inv_\(drawn)"), recipient: .anybody)
    draft.agreedWithPatient = chance(2)
    if !chance(6) {
      draft.recipient = .person(record(named("per_g\(drawn)")), role: .guest, kind: .other)
    }
    return draft
  }

  private mutating func attendees(_ role: Role) -> [VisitDraft.Attendee] {
    let bands = Patient.AgeBand.allCases
    return (0..<Int.random(in: 0..<3, using: &random)).map { _ in
      let patient = Patient(
        profile: chance(2) ? .own : .throughProxy, ageBand: pick(bands, else: .adult))
      return .init(
        record(pick(people, else: scene.pia)), role: role,
        patient: role == .patient ? patient : nil)
    }
  }

  private mutating func changes() -> VisitChanges {
    var changes = VisitChanges()
    switch Int.random(in: 0..<7, using: &random) {
    case 0: changes.scheduled = scene.now.wall + .minutes(Int.random(in: 1...900, using: &random))
    case 1: changes.ends = scene.now.wall + .minutes(Int.random(in: 1...900, using: &random))
    case 2: changes.type = pick(["videomöte", "schemalagt", "hembesök"], else: "videomöte")
    case 3: changes.patients = attendees(.patient)
    case 4: changes.proxies = attendees(.proxy)
    case 5: changes.staff = attendees(.staff)
    default: changes.heading = Redacted(chance(2) ? "" : "Rubrik \(drawn)")
    }
    if chance(3) { changes.addCustomaryLinks(in: scene.current, random: &random) }
    if chance(6) { changes.invites.append(inviteDraft()) }
    return changes
  }

  private mutating func draft() -> VisitDraft {
    drawn += 1
    var draft = VisitDraft(
      id: named("vis_\(drawn)"), clinic: scene.clinic, type: "videobesök",
      scheduled: chance(4) ? nil : scene.now.wall + .hours(1),
      responsible: chance(2) ? record(scene.anna) : nil,
      attendees: attendees(.patient) + attendees(.proxy))
    draft.addCustomaryLinks(random: &random)
    return draft
  }
}
