import Primitives

@testable import Visits

/// Sessions of all roles around three visits in two clinics, that draw their next act from a seed:
/// an adult's visit, a child's with two proxies, and one of another clinic.
struct Crowd {
  /// One session, and the visit that it is mostly about.
  private struct Member {
    var identity: Identity
    let visit: VisitID
  }

  private(set) var scene: Scene
  private(set) var witness = Witness()
  /// How many commands have been given.
  private(set) var count = 0
  /// Why commands were refused.
  private(set) var reasons: Set<Refusal.Reason> = []
  /// The methods of commands that were carried out and changed something.
  private(set) var methods: Set<Method> = []

  private var random: RandomSource
  private var members: [Member] = []
  private var seen = 0

  let child: VisitID = named("vis_child")
  let foreign: VisitID = named("vis_foreign")
  private let foreignClinic: ClinicID = named("cli_foreign")
  private let kim: PersonID = named("per_kim")

  init(seed: UInt64) throws {
    random = RandomSource(seed: seed)
    // Requests count under one policy alone, and take several steps.
    let policies: [LobbyPolicy] = [.links, .everyone, .links, .generalLink, .links, .off]
    var settings = ClinicSettings(
      lobby: policies[Int(seed % 6)], sameUnitMayJoin: seed % 3 == 0)
    settings.sharing = seed % 2 == 0 ? [.patient, .guest] : []
    settings.shareReplacesCamera = seed % 7 == 0
    settings.patientsRate = seed % 2 == 0
    scene = try Scene(settings: settings, scheduled: seed % 2 == 0)
    try book()
    gather()
    try summonGuests()
    settings.consentRequired = seed % 5 == 0
    try scene.perform(.changeSettings(scene.clinic, settings), by: .system)
    witness.see(
      scene.trace, after: .createClinic(scene.clinic, name: "", settings: settings), by: .system)
    seen = scene.trace.count
  }

  private mutating func book() throws {
    let unit: UnitID = named("uni_skin")
    let other = DirectoryPerson(
      id: named("per_other"), givenName: Redacted("Ove"), familyName: Redacted("Olsson"),
      unit: unit, role: "läkare")
    try scene.perform(
      .changeDirectory(
        scene.clinic,
        [.setUnit(DirectoryUnit(id: unit, name: "Hud")), .setPerson(other)]), by: .system)
    let mother = PersonRecord(id: named("per_mother"), name: Redacted("Moa Moder"))
    let father = PersonRecord(id: named("per_father"), name: Redacted("Fred Fader"))
    try scene.perform(
      .createVisit(
        VisitDraft(
          id: child, clinic: scene.clinic, type: "videomöte",
          attendees: [
            .init(
              PersonRecord(id: kim, name: Redacted("Kim Barn")), role: .patient,
              patient: Patient(profile: .throughProxy, ageBand: .child)),
            .init(mother, role: .proxy), .init(father, role: .proxy),
            .init(PersonRecord(id: scene.berit, name: Redacted("Berit Berg")), role: .staff),
          ],
          invites: [
            InviteDraft(
              id: named("inv_mother"), recipient: .person(mother, role: .proxy, kind: nil)),
            InviteDraft(id: named("inv_open"), recipient: .anybody),
          ])), by: scene.staff(scene.anna))
    try scene.perform(
      .createClinic(foreignClinic, name: "Annan klinik", settings: ClinicSettings(lobby: .off)),
      by: .system)
    try scene.perform(
      .createVisit(
        VisitDraft(
          id: foreign, clinic: foreignClinic, type: "videobesök",
          attendees: [.init(PersonRecord(id: scene.pia), role: .patient)],
          invites: [InviteDraft(id: named("inv_foreign"), recipient: .anybody)])),
      by: .session(staff(named("per_frida"), of: foreignClinic)))
  }

  private mutating func gather() {
    for person in [scene.anna, scene.berit, named("per_mate"), named("per_other")] {
      var identity = staff(person, of: scene.clinic)
      if person == named("per_mate") { identity.units = [named("uni_skin")] }
      members.append(Member(identity: identity, visit: scene.visit))
    }
    members.append(Member(identity: staff(scene.anna, of: scene.clinic), visit: child))
    members.append(Member(identity: staff(scene.berit, of: scene.clinic), visit: child))
    members.append(Member(identity: staff(named("per_frida"), of: foreignClinic), visit: foreign))
    for (person, role, visit) in [
      (scene.pia, Role.patient, scene.visit), (kim, .patient, child),
      (named("per_mother"), .proxy, child), (named("per_father"), .proxy, child),
      (scene.pia, .patient, foreign),
    ] {
      let clinic = visit == foreign ? foreignClinic : scene.clinic
      for entry in [Identity.Entry.direct, .direct, .lobby] {
        let identity = Identity(
          clinic: clinic, visit: visit, role: role, person: person, identifiedBy: .eID,
          entry: entry, name: Redacted("Name \(person)"))
        members.append(Member(identity: identity, visit: visit))
      }
    }
  }

  private mutating func summonGuests() throws {
    let links: [(InviteID, VisitID)] = [
      (scene.personalLink, scene.visit), (scene.generalLink, scene.visit),
      (named("inv_mother"), child), (named("inv_open"), child), (named("inv_foreign"), foreign),
    ]
    for (link, visit) in links {
      for number in 0..<2 {
        let identity = try scene.ledger.identity(
          ofLink: link, version: 1, stranger: named("per_\(link.text.dropFirst(4))-\(number)"),
          name: Redacted("Somebody"), at: scene.now.wall)
        members.append(Member(identity: identity, visit: visit))
      }
    }
  }

  private func staff(_ person: PersonID, of clinic: ClinicID) -> Identity {
    Identity(
      clinic: clinic, role: .staff, person: person, identifiedBy: .staff,
      name: Redacted("Staff \(person)"))
  }

  // MARK: What changes it

  /// One command of somebody or of the daemon, sometimes after a while. Mostly it is one that the
  /// person may give, so that things happen.
  mutating func act() throws {
    if chance(1, in: 12) { try pass(.seconds(1 + draw(chance(1, in: 3) ? 400 : 40))) }
    count += 1
    let visit = [scene.visit, child, scene.visit, child, foreign][draw(5)]
    let command = draw(in: visit)
    let index = drawMember(for: command, in: visit)
    let actor = author(of: command, for: members[index].identity)
    do {
      let events = try scene.carryOut(command, by: actor)
      if !events.isEmpty { methods.insert(method(of: command)) }
      look(after: command, by: actor)
    } catch {
      reasons.insert(error.reason)
      return
    }
    switch command {
    case .visit(_, .join(let id)), .visit(_, .startCall(_, let id)):
      members[index].identity.participant = id
    default: break
    }
  }

  private mutating func look(after command: Command, by actor: Actor) {
    witness.see(Array(scene.trace[seen...]), after: command, by: actor)
    seen = scene.trace.count
  }

  private mutating func pass(_ span: Duration) throws {
    scene.now = Moment(instant: scene.now.instant + span, wall: scene.now.wall + span)
    for due in scene.ledger.dueVisits(at: scene.now.instant) {
      if try !scene.perform(.visit(due, .expire), by: .system).isEmpty {
        methods.insert(.deadline)
      }
      look(after: .visit(due, .expire), by: .system)
    }
  }

  /// Somebody whom the table does not keep from it; now and then anybody at all.
  private mutating func drawMember(for command: Command, in visit: VisitID) -> Int {
    if case .visit(_, .answerRequest(let id, _)) = command, chance(3, in: 4),
      let index = recipient(of: id, in: visit)
    {
      return index
    }
    let method = method(of: command)
    for _ in 0..<12 {
      let index = draw(members.count)
      do {
        try scene.ledger.require(method, in: visit, by: members[index].identity)
        return index
      } catch {
        if chance(1, in: 40) { return index }
      }
    }
    return draw(members.count)
  }

  private mutating func draw(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

  /// A session of the one who is rung.
  private mutating func recipient(of id: CallRequestID, in visit: VisitID) -> Int? {
    let request = scene.ledger.visits[visit]?.call?.requests.first { $0.id == id }
    let called = members.indices.filter {
      members[$0].identity.person == request?.person && members[$0].visit == visit
    }
    return called.randomElement(using: &random)
  }

  /// Whether a draw out of `all` is among the first `some`.
  mutating func chance(_ some: Int, in all: Int) -> Bool {
    Int.random(in: 0..<all, using: &random) < some
  }

  /// The daemon does what only it may; a back end takes staff's place now and then.
  private mutating func author(of command: Command, for identity: Identity) -> Actor {
    let permission = method(of: command).permission
    if permission.system && permission.staff.isEmpty && permission.others.isEmpty {
      return .system
    }
    if permission.backEnd && chance(1, in: 4) { return .backEnd(identity.clinic, key: "key") }
    return .session(identity)
  }

  private func method(of command: Command) -> Method {
    switch command {
    case .createClinic: .clinicCreate
    case .changeSettings: .clinicUpdate
    case .changeDirectory: .directoryUpdate
    case .createVisit: .visitCreate
    // Never drawn: a visit that is forgotten is there no more.
    case .forgetVisits: .deadline
    case .visit(_, let command): command.method
    }
  }

  // MARK: What they draw

  private mutating func draw(in id: VisitID) -> Command {
    let visit = scene.ledger.visits[id] ?? scene.current
    if chance(1, in: 50) { return .changeSettings(visit.clinic, drawSettings(visit.clinic)) }
    if chance(1, in: 50) { return .changeDirectory(visit.clinic, [drawDirectoryChange()]) }
    // Where nobody is, somebody comes first, mostly.
    if chance(visit.roster.count < 3 ? 40 : 10, in: 100) { return .visit(id, drawEntry(visit)) }
    switch draw(100) {
    case 0..<40: return .visit(id, drawConduct(visit))
    case 40..<65: return .visit(id, drawOwn())
    case 65..<82: return .visit(id, drawRequest(visit))
    default: return .visit(id, drawBooking(visit))
    }
  }

  private mutating func drawSettings(_ clinic: ClinicID) -> ClinicSettings {
    var settings = scene.ledger.clinics[clinic]?.settings ?? ClinicSettings()
    settings.consentRequired = chance(1, in: 4)
    if chance(1, in: 3) { settings.lobby = LobbyPolicy.allCases[draw(4)] }
    return settings
  }

  private mutating func drawDirectoryChange() -> DirectoryChange {
    let unit: UnitID = named("uni_new-\(draw(3))")
    let person: PersonID = named("per_new-\(draw(3))")
    return switch draw(4) {
    case 0: .setUnit(DirectoryUnit(id: unit, name: "Enhet \(count)"))
    case 1: .removeUnit(unit)
    case 2:
      .setPerson(
        DirectoryPerson(
          id: person, givenName: Redacted("Nina"), familyName: Redacted("Ny"),
          unit: chance(1, in: 2) ? named("uni_skin") : unit,
          role: "sköterska"))
    default: .removePerson(person)
    }
  }

  private mutating func drawEntry(_ visit: Visit) -> VisitCommand {
    let fresh: ParticipantID = named("par_\(count)")
    let starts = chance(visit.call == nil ? 5 : 1, in: 10)
    return starts ? .startCall(named("cal_\(count)"), as: fresh) : .join(as: fresh)
  }

  private mutating func drawConduct(_ visit: Visit) -> VisitCommand {
    let participant = visit.participants.randomElement(using: &random)?.id ?? named("par_nobody")
    switch draw(22) {
    case 0..<8: return .admit(participant, agreedWithPatient: chance(1, in: 2))
    case 8..<10: return .admitAll(agreedWithPatient: chance(1, in: 2))
    case 10, 11: return .deny(participant)
    case 12..<14: return .hold(participant)
    case 14: return .remove(participant)
    case 15..<18: return .mute(participant, chance(2, in: 3))
    case 18, 19: return .disconnect(participant)
    case 20: return .reconnect(participant)
    default: return chance(1, in: 3) ? .endCall : .expire
    }
  }

  private mutating func drawOwn() -> VisitCommand {
    switch draw(14) {
    case 0, 1: return .startSharing(chance(3, in: 4) ? .computer : .phone, audio: chance(1, in: 2))
    case 2: return .stopSharing
    case 3, 4: return .chat(named("cht_\(count)"), Redacted("Hej \(count)"))
    case 5, 6: return .submitFeedback(Feedback(.hadProblems(chance(1, in: 2))))
    case 7, 8: return .leave
    case 9: return .takeOver
    default:
      return .updateSelf(
        SelfUpdate(
          microphone: chance(1, in: 2), camera: chance(1, in: 2), handRaised: chance(1, in: 5),
          name: chance(1, in: 3) ? Redacted("Name \(count)") : nil))
    }
  }

  private mutating func drawRequest(_ visit: Visit) -> VisitCommand {
    let rung = visit.booked.keys.filter { visit.booked[$0] != .staff }
    let booked = rung.sorted().randomElement(using: &random) ?? kim
    let ringing = visit.call?.requests.filter { $0.state == .sent }.randomElement(using: &random)
    let request = ringing?.id ?? named("req_none")
    switch draw(9) {
    case 0..<(ringing == nil ? 7 : 1): return .requestCall(named("req_\(count)"), booked)
    case 7: return .withdrawRequest(request)
    default: return .answerRequest(request, accepted: chance(2, in: 3))
    }
  }

  private mutating func drawBooking(_ visit: Visit) -> VisitCommand {
    let invite = visit.invites.randomElement(using: &random)?.id ?? named("inv_none")
    let staff: PersonID = chance(1, in: 2) ? named("per_other") : scene.berit
    switch draw(32) {
    case 0: return chance(1, in: 4) ? .close : .start
    case 1: return chance(1, in: 3) ? .cancel : .start
    case 2..<6 where visit.state == .booked: return .start
    case 2..<6: return .addStaff(staff)
    case 6..<9: return .removeStaff(staff)
    case 9: return .revokeInvite(invite)
    case 10..<14: return drawInvite()
    case 14, 15: return .rotateInvite(invite)
    case 16..<18: return .resendInvite(invite)
    case 18..<21: return .noteInvite(invite)
    case 21..<26:
      let message = visit.messages.randomElement(using: &random)?.id ?? named("msg_none")
      return .settleMessage(message, chance(1, in: 2) ? .sent : .failed(.unavailable))
    default: return .update(drawChanges(visit))
    }
  }

  private mutating func drawInvite() -> VisitCommand {
    let guest = PersonRecord(
      id: named("per_guest-\(count)"), name: Redacted("Guest \(count)"),
      phone: Redacted("+46701234567"))
    let draft = InviteDraft(
      id: named("inv_\(count)"),
      recipient: chance(1, in: 4) ? .anybody : .person(guest, role: .guest, kind: .relative),
      agreedWithPatient: chance(3, in: 4))
    return chance(1, in: 3) ? .createInvites([draft]) : .createInvite(draft)
  }

  private mutating func drawChanges(_ visit: Visit) -> VisitChanges {
    var changes = VisitChanges()
    switch draw(5) {
    case 0: changes.description = Redacted("Text \(count)")
    case 1: changes.scheduled = scene.now.wall + .hours(Int.random(in: 1...48, using: &random))
    case 2: changes.type = chance(1, in: 2) ? "videosamtal" : "videomöte"
    case 3: changes.proxies = []
    default:
      let mother = PersonRecord(id: named("per_mother"), name: Redacted("Moa Moder"))
      changes.proxies = visit.id == child ? [.init(mother, role: .proxy)] : nil
      changes.description = Redacted("Text \(count)")
    }
    return changes
  }
}
