import Primitives
import Testing

@testable import Visits

/// Many people doing anything at all, in any order: whatever they try, the rules hold.
@Suite struct RandomCommandTests {
  @Test(arguments: 0..<300)
  func theRulesHoldWhateverPeopleDo(seed: Int) throws {
    var crowd = try Crowd(seed: UInt64(seed))
    for step in 0..<120 {
      try crowd.act()
      let faults = crowd.faults()
      #expect(faults == [], "seed \(seed), step \(step)")
      if !faults.isEmpty { return }
    }
    let restored = try VisitLedger(restoring: crowd.scene.log, at: crowd.scene.now)
    #expect(restored.kept == crowd.scene.ledger.kept, "seed \(seed)")
  }

  @Test func theSameSeedGivesTheSameTrace() throws {
    var one = try Crowd(seed: 7)
    var two = try Crowd(seed: 7)
    for _ in 0..<200 {
      try one.act()
      try two.act()
    }
    #expect(one.scene.trace == two.scene.trace)
    #expect(one.scene.trace.count > 50)
  }

  /// What is about bookings and settings, which the crowd leaves as they are.
  private static let ofBookings: Set = [
    "clinic.settings_changed", "visit.reclassified", "visit.rescheduled", "visit.attendee_booked",
    "visit.attendee_released", "visit.forgotten", "invite.moved", "invite.rotated",
    "invite.opened", "message.settled",
  ]

  @Test func theCrowdDoesEverything() throws {
    var seen: Set<String> = []
    var reasons: Set<Refusal.Reason> = []
    for seed in 0..<300 {
      var crowd = try Crowd(seed: UInt64(seed))
      for _ in 0..<120 { try crowd.act() }
      seen.formUnion(crowd.scene.trace.map(\.change.name))
      reasons.formUnion(crowd.reasons)
    }
    let all = Set(EventTests.durable.map(\.name))
    let beside = all.subtracting(seen).filter { !$0.hasPrefix("directory.") }
    #expect(beside == Self.ofBookings)
    #expect(reasons.count > 15)
  }
}

/// Sessions of all roles in one visit, that draw their next act from a seed.
private struct Crowd {
  var scene: Scene
  var random: RandomSource
  var sessions: [Identity] = []
  var reasons: Set<Refusal.Reason> = []
  var drawn = 0

  init(seed: UInt64) throws {
    random = RandomSource(seed: seed)
    let policy = LobbyPolicy.allCases[Int(seed % 4)]
    scene = try Scene(
      settings: ClinicSettings(lobby: policy, sameUnitMayJoin: seed % 3 == 0),
      scheduled: seed % 2 == 0)
    for person in [scene.anna, scene.berit, named("per_mate"), named("per_other")] {
      let isMate = person == named("per_mate")
      sessions.append(
        identity(of: scene.staff(person, units: isMate ? [named("uni_skin")] : [])))
    }
    sessions.append(identity(of: scene.patient(scene.pia)))
    sessions.append(identity(of: scene.patient(scene.pia, entry: .lobby)))
    for number in 0..<3 {
      sessions.append(identity(of: try scene.link(scene.personalLink, session: "p\(number)")))
      sessions.append(identity(of: try scene.link(scene.generalLink, session: "g\(number)")))
    }
  }

  /// One act of somebody, of the daemon, or of time.
  mutating func act() throws {
    if Int.random(in: 0..<12, using: &random) == 0 {
      return try scene.wait(.seconds(Int.random(in: 1...400, using: &random)))
    }
    let index = Int.random(in: 0..<sessions.count, using: &random)
    let command = draw()
    let isOfTheDaemon = command.method.permission.system && command.method.permission.staff.isEmpty
    do {
      try scene.perform(command, by: isOfTheDaemon ? .system : .session(sessions[index]))
    } catch let refusal as Refusal {
      reasons.insert(refusal.reason)
      return
    }
    switch command {
    case .join(let id), .startCall(_, let id): sessions[index].participant = id
    default: break
    }
  }

  private mutating func draw() -> VisitCommand {
    drawn += 1
    let participant =
      scene.current.participants.randomElement(using: &random)?.id ?? named("par_nobody")
    let request = scene.current.call?.requests.last?.id ?? named("req_none")
    switch Int.random(in: 0..<66, using: &random) {
    case 0..<16: return .join(as: named("par_\(drawn)"))
    case 16..<24: return .startCall(named("cal_\(drawn)"), as: named("par_\(drawn)"))
    case 24..<30: return .admit(participant, agreedWithPatient: drawn % 2 == 0)
    case 30: return .admitAll()
    case 31, 32: return .deny(participant)
    case 33, 34: return .hold(participant)
    case 35: return .remove(participant)
    case 36, 37: return .leave
    case 38: return .endCall
    case 39..<43: return .mute(participant, Bool.random(using: &random))
    case 43..<46: return .requestCall(named("req_\(drawn)"), scene.pia)
    case 46: return .withdrawRequest(request)
    case 47..<50: return .answerRequest(request, accepted: Bool.random(using: &random))
    case 50, 51: return .disconnect(participant)
    case 52, 53: return .reconnect(participant)
    case 54: return .expire
    case 55: return Int.random(in: 0..<25, using: &random) == 0 ? .close : .leave
    case 56: return Int.random(in: 0..<25, using: &random) == 0 ? .cancel : .leave
    case 57:
      return .revokeInvite(Bool.random(using: &random) ? scene.personalLink : scene.generalLink)
    case 58: return .createInvite(InviteDraft(id: named("inv_\(drawn)"), recipient: .anybody))
    case 59, 60: return .startSharing(.computer, audio: Bool.random(using: &random))
    case 61: return .stopSharing
    case 62: return .chat(named("cht_\(drawn)"), Redacted("Hej \(drawn)"))
    case 63, 64: return .submitFeedback(Feedback(.hadProblems(Bool.random(using: &random))))
    default:
      let update = SelfUpdate(
        microphone: Bool.random(using: &random), camera: Bool.random(using: &random),
        name: drawn % 3 == 0 ? Redacted("Name \(drawn)") : nil)
      return .updateSelf(update)
    }
  }

  /// What is wrong, judged from the events alone and not by the reducer's own checks.
  func faults() -> [String] {
    var roles: [ParticipantID: Role] = [:]
    var inCall: Set<ParticipantID> = []
    var live = 0
    var found: [String] = []
    for event in scene.trace {
      switch event.change {
      case .arrived(let arrival): roles[arrival.participant] = arrival.role
      case .admitted(let id, .admitted, let act):
        // By a member of staff who is in the call at that moment.
        let isStaff = inCall.contains {
          roles[$0] == .staff && Author.person(person(of: $0)) == act
        }
        if !isStaff { found.append("\(id) was admitted by one who is not in the call") }
        inCall.insert(id)
      case .admitted(let id, let ground, _):
        if ground == .staff && roles[id] != .staff { found.append("\(id) came in as staff") }
        let hasStaff = inCall.contains { roles[$0] == .staff }
        if ground != .staff && !hasStaff { found.append("\(id) came in without staff") }
        inCall.insert(id)
      case .held(let id, _), .departed(let id, _): inCall.remove(id)
      case .callStarted: live += 1
      case .callEnded: live -= 1
      default: break
      }
      if live > 1 { found.append("two calls in one visit") }
    }
    let roster = Set(scene.current.roster.map(\.id))
    if roster != inCall { found.append("in the call without a record: \(roster)") }
    if live == 0 && !roster.isEmpty { found.append("in a call that is not there") }
    return found
  }

  private func person(of id: ParticipantID) -> PersonID {
    for case .arrived(let arrival) in scene.trace.map(\.change) where arrival.participant == id {
      return arrival.person
    }
    return named("per_nobody")
  }
}
