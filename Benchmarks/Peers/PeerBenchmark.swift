import CLinux
import Glibc
import Load
import Primitives
import Runtime

/// Janus and samtald side by side: the same load from the same client, each on the same processor
/// in turn.
struct PeerBenchmark {
  static let testerProcessor = 1
  /// Participants with which a search for the highest load ends.
  private static let participants = 3_000
  /// How long each step of a search takes.
  private static let searchSpan = Duration.seconds(3)

  private let options: PeerOptions
  private let network: PeerNetwork
  private var table: PeerTable
  /// The fastest that the servers' processor was seen to be.
  private var reference = Duration.seconds(1_000)

  /// One scenario in one form.
  private struct Form {
    let scenario: PeerScenario
    let profile: PeerProfile
    let spacing: PeerScenario.Spacing
  }

  /// Senders at the default load and at the highest that each server carries.
  private struct Loads {
    var eventLoops: Int
    var normal: Int
    var janus: (senders: Int, limit: String?) = (0, nil)
    var samtald: (senders: Int, limit: String?) = (0, nil)

    /// Senders at a load, for a server whose own highest is `own`.
    func senders(_ load: PeerLoad, own: Int) -> Int {
      switch load {
      case .default: normal
      // Its limit lies between the senders that were found and one more: half of that, to the
      // nearest.
      case .half: max(1, (janus.senders + 1) / 2)
      case .highest: max(1, own)
      }
    }
  }

  private init(_ options: PeerOptions) throws {
    self.options = options
    network = try PeerNetwork(receivingOn: Self.testerProcessor)
    table = PeerTable(options: options)
  }

  /// Runs what the arguments ask for, and prints the table.
  static func run(_ arguments: [String]) throws {
    let options = try PeerOptions(arguments)
    guard WorkerThread.processors >= 2 else {
      throw BenchmarkFailure("two processors are needed: one for the server, one for the load")
    }
    allowDescriptors()
    _ = linux_bind_to_processor(Int32(testerProcessor))
    var benchmark = try PeerBenchmark(options)
    for profile in options.profiles {
      for scenario in PeerScenario.all(receivers: options.receivers)
      where options.scenarios.contains(scenario.name) {
        for spacing in options.spacings {
          benchmark.note("\(scenario.name) \(profile) \(spacing)") { benchmark throws in
            try benchmark.compare(Form(scenario: scenario, profile: profile, spacing: spacing))
          }
        }
      }
      if options.joins > 0 {
        benchmark.note("joins \(profile)") { benchmark throws in
          try benchmark.timeJoins(profile)
        }
      }
    }
    print(benchmark.table.markdown)
    if let path = options.json {
      try WholeFile.write(benchmark.table.json.description + "\n", to: path)
    }
    if let path = options.table { try WholeFile.write(benchmark.table.markdown, to: path) }
  }

  /// Does one part, whose failure is told and keeps nothing else from being measured.
  private mutating func note(_ part: String, _ body: (inout PeerBenchmark) throws -> Void) {
    do {
      try body(&self)
    } catch {
      Self.progress("\(part): \(error)")
      table.failures.append("\(part): \(error)")
    }
  }

  /// Tells those who wait what is going on.
  static func progress(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }

  /// Each participant takes a descriptor here and one in the server, which inherits the limit.
  private static func allowDescriptors() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  // MARK: Stages

  /// The client, on its end of the cable.
  private func sink(_ profile: PeerProfile) throws -> Sink {
    let sink = try Sink(
      profiles: [profile.profile], firstHost: PeerNetwork.client, hosts: PeerNetwork.clients)
    sink.isSleepless = true
    return sink
  }

  private func janus(_ form: Form, eventLoops: Int) throws -> PeerStage<JanusServer> {
    let server = try JanusServer(eventLoops: eventLoops, sink: sink(form.profile), in: network)
    return PeerStage(server: server, scenario: form.scenario, spacing: form.spacing)
  }

  private func samtald(_ form: Form) throws -> PeerStage<SamtaldServer> {
    let server = try SamtaldServer(
      program: Self.programFolder + "/samtald", profile: form.profile, sink: sink(form.profile),
      in: network)
    return PeerStage(server: server, scenario: form.scenario, spacing: form.spacing)
  }

  /// Where this program is; the daemon was built beside it.
  private static var programFolder: String {
    let path = CommandLine.arguments[0]
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  // MARK: Comparing

  private mutating func compare(_ form: Form) throws {
    let loads = try findLoads(form)
    var runs: [PeerLoad: (janus: [PeerRun], samtald: [PeerRun])] = [:]
    for load in options.loads { runs[load] = ([], []) }
    for _ in 0..<options.runs {
      let janus = try janus(form, eventLoops: loads.eventLoops)
      for load in options.loads {
        let senders = loads.senders(load, own: loads.janus.senders)
        runs[load]?.janus.append(try measure(janus, senders))
      }
      janus.server.stop()
      let samtald = try samtald(form)
      for load in options.loads {
        let senders = loads.senders(load, own: loads.samtald.senders)
        runs[load]?.samtald.append(try measure(samtald, senders))
      }
      samtald.server.stop()
    }
    for load in options.loads {
      guard let (janus, samtald) = runs[load] else { continue }
      add(janus, of: JanusServer.name, form, load, limit: loads.janus.limit)
      add(samtald, of: SamtaldServer.name, form, load, limit: loads.samtald.limit)
    }
  }

  private mutating func measure<Server>(
    _ stage: PeerStage<Server>, _ senders: Int
  ) throws -> PeerRun {
    let run = try stage.measure(senders: senders, for: .seconds(options.seconds))
    reference = min(reference, run.speed)
    Self.progress("\(Server.name): \(run.summary)")
    return run
  }

  private mutating func add(
    _ runs: [PeerRun], of server: String, _ form: Form, _ load: PeerLoad, limit: String?
  ) {
    table.figures.append(
      PeerFigures(
        runs, scenario: form.scenario.name, profile: form.profile, spacing: form.spacing,
        load: load, server: server, reference: reference,
        remark: load == .highest ? limit : nil))
  }

  private func findLoads(_ form: Form) throws -> Loads {
    let scenario = form.scenario
    let normal = (options.rooms ?? scenario.rooms) * scenario.publishers
    var loads = Loads(
      eventLoops: try options.eventLoops ?? bestEventLoops(form, senders: normal),
      normal: normal)
    guard options.loads.contains(where: { $0 != .default }) else { return loads }
    let rooms = Self.participants / (scenario.publishers + scenario.viewers)
    let most = max(normal, rooms * scenario.publishers)
    let janus = try janus(form, eventLoops: loads.eventLoops)
    loads.janus = try janus.findHighest(from: normal, most: most, span: Self.searchSpan)
    janus.server.stop()
    guard options.loads.contains(.highest) else { return loads }
    let samtald = try samtald(form)
    loads.samtald = try samtald.findHighest(
      from: max(normal, loads.janus.senders), most: most, span: Self.searchSpan)
    samtald.server.stop()
    return loads
  }

  /// The number of event loops with which Janus needs the least time.
  private func bestEventLoops(_ form: Form, senders: Int) throws -> Int {
    var best = (loops: 1, cost: Double.infinity)
    for loops in 0...2 {
      let stage = try janus(form, eventLoops: loops)
      let run = try stage.measure(senders: senders, for: Self.searchSpan)
      stage.server.stop()
      Self.progress("Janus with event_loops \(loops): \(run.summary)")
      if run.cost(reference: run.speed) < best.cost {
        best = (loops, run.cost(reference: run.speed))
      }
    }
    return best.loops
  }

  // MARK: Joins

  private mutating func timeJoins(_ profile: PeerProfile) throws {
    guard let scenario = PeerScenario.all(receivers: 0).first(where: { !$0.isAllToAll }) else {
      return
    }
    let form = Form(scenario: scenario, profile: profile, spacing: .even)
    let janus = try janus(form, eventLoops: options.eventLoops ?? 1)
    try timeJoins(janus, profile)
    let samtald = try samtald(form)
    try timeJoins(samtald, profile)
  }

  private mutating func timeJoins<Server>(
    _ stage: PeerStage<Server>, _ profile: PeerProfile
  ) throws {
    try stage.openRooms(1)
    let server = stage.server
    let room = stage.rooms[0]
    for peer in room.publishers { server.sink.setSending(true, of: peer) }
    var times = Figures()
    for _ in 0..<options.joins {
      let (peer, began) = try server.join(room)
      try server.wait(for: "media") { server.sink.firstMedia(of: peer) != nil }
      if let came = server.sink.firstMedia(of: peer) { times.add(came - began) }
      try server.leave(room, peer: peer)
      _ = try server.run(until: MonotonicClock.now() + .milliseconds(options.joinPause))
    }
    server.stop()
    table.joins.append(PeerJoins(profile: profile, server: Server.name, times: times))
  }
}
