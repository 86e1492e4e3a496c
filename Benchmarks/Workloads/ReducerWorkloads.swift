import Primitives
import Signaling
import Visits

/// A visit with a call, in which staff lets a guest in and sends them back, over and over.
struct AdmissionScene {
  private(set) var ledger = VisitLedger()
  let staff: Actor
  private let guest: ParticipantID
  private let visit: VisitID
  private let now = Moment(
    instant: .origin + .seconds(100), wall: WallTime(milliseconds: 1_800_000_000_000))

  init() throws {
    var random = RandomSource(seed: 1)
    let clinic = ClinicID(random: &random)
    let (doctor, patient) = (PersonID(random: &random), PersonID(random: &random))
    let (chair, guest) = (ParticipantID(random: &random), ParticipantID(random: &random))
    let (visit, call) = (VisitID(random: &random), CallID(random: &random))
    var identity = Identity(
      clinic: clinic, role: .staff, person: doctor, identifiedBy: .staff, name: Redacted("Ek"))
    let draft = VisitDraft(
      id: visit, clinic: clinic, type: "videobesök",
      attendees: [.init(PersonRecord(id: patient, name: Redacted("Berg")), role: .patient)])
    try ledger.perform(
      .createClinic(clinic, name: "Kliniken", settings: ClinicSettings()), by: .system, at: now)
    try ledger.perform(.createVisit(draft), by: .session(identity), at: now)
    try ledger.perform(
      .visit(visit, .startCall(call, as: chair)), by: .session(identity), at: now)
    identity.participant = chair
    let patientIdentity = Identity(
      clinic: clinic, visit: visit, role: .patient, person: patient, identifiedBy: .eID)
    try ledger.perform(.visit(visit, .join(as: guest)), by: .session(patientIdentity), at: now)
    staff = .session(identity)
    self.guest = guest
    self.visit = visit
  }

  /// What lets the guest in.
  var admission: Command { .visit(visit, .admit(guest)) }
  /// What sends the guest back.
  var homecoming: Command { .visit(visit, .hold(guest)) }

  /// The events of a command; none where it is refused.
  func decide(_ command: Command) -> [VisitEvent] {
    (try? ledger.decide(command, by: staff, at: now)) ?? []
  }

  mutating func apply(_ events: [VisitEvent]) {
    for event in events { ledger.apply(event) }
  }
}

extension VisitLedger {
  fileprivate mutating func perform(_ command: Command, by actor: Actor, at now: Moment) throws {
    for event in try decide(command, by: actor, at: now) { apply(event) }
  }
}

/// Decides that the guest comes in.
final class DecideWorkload: Workload {
  let operations = 100
  private let scene: AdmissionScene
  private var events = 0

  init() throws { scene = try AdmissionScene() }

  func run() {
    events = 0
    for _ in 0..<operations { events += scene.decide(scene.admission).count }
  }

  func check() throws {
    guard events >= operations else { throw BenchmarkFailure("nothing was decided") }
  }
}

/// Applies that the guest comes in, and goes back.
final class ApplyWorkload: Workload {
  let operations = 100
  private var scene: AdmissionScene
  private let coming: [VisitEvent]
  private let going: [VisitEvent]

  init() throws {
    scene = try AdmissionScene()
    coming = scene.decide(scene.admission)
    scene.apply(coming)
    going = scene.decide(scene.homecoming)
    scene.apply(going)
    guard !coming.isEmpty, !going.isEmpty else { throw BenchmarkFailure("nothing was decided") }
  }

  func run() { Self.run(&scene, coming, going, times: operations / 2) }

  private static func run(
    _ scene: inout AdmissionScene, _ coming: [VisitEvent], _ going: [VisitEvent], times: Int
  ) {
    for _ in 0..<times {
      scene.apply(coming)
      scene.apply(going)
    }
  }

  func check() throws {
    guard !scene.decide(scene.admission).isEmpty else {
      throw BenchmarkFailure("the guest did not come and go")
    }
  }
}

/// Writes notifications as a session does, which keeps the newest.
final class NotificationWorkload: Workload {
  let operations = 500
  private var session: SignalingSession
  private var bytes = 0
  private let params: JSON = [
    "visit": "vis_0123456789abcdefghjk",
    "participant": [
      "id": "par_0123456789abcdefghjk", "name": "Kim Berg", "role": "patient", "place": "call",
      "microphone": true, "camera": true, "hand_raised": false,
    ],
  ]

  init() {
    var random = RandomSource(seed: 1)
    session = SignalingSession(id: SessionID(random: &random), connection: ConnectionID(1))
  }

  func run() {
    bytes = 0
    for _ in 0..<operations {
      bytes += session.notify("participant.changed", params).utf8.count
    }
  }

  func check() throws {
    guard bytes > operations * 100 else { throw BenchmarkFailure("a notification is empty") }
  }
}

extension Benchmark {
  /// Decisions about visits, and the messages around them.
  static let control: [Benchmark] = [
    Benchmark("reducer/decide", of: "lobby.admit") { try DecideWorkload() },
    Benchmark("reducer/apply", of: "admission or return") { try ApplyWorkload() },
    Benchmark("rpc/request", of: "lobby.admit", isLimited: true) {
      let bytes = Array(
        """
        {"jsonrpc":"2.0","id":4711,"method":"lobby.admit",\
        "params":{"participant":"par_0123456789abcdefghjk"}}
        """.utf8)
      return try ParsingWorkload {
        guard let message = try? JSONRPCMessage(parsing: bytes),
          let method = SignalingMethod(rawValue: message.method)
        else { return false }
        return (try? Request(method, params: message.params)) != nil
      }
    },
    Benchmark("rpc/notification", of: "participant.changed", isLimited: true) {
      NotificationWorkload()
    },
    Benchmark("crowd/8", of: "hand raised among 8", isLimited: true) {
      try CrowdWorkload(people: 8)
    },
    Benchmark("crowd/32", of: "hand raised among 32", isLimited: true) {
      try CrowdWorkload(people: 32)
    },
    Benchmark("join", of: "join: session.open, call.join, media.negotiate") {
      try JoinWorkload()
    },
  ]
}
