import Load
import Primitives
import Runtime

/// One measurement of one server under one load.
struct PeerRun {
  /// Rooms in which media was sent.
  var rooms: Int
  var tally: SinkTally
  /// From the first packet sent to the last one that came.
  var span: Duration
  /// Time that the server used for it, and its memory then.
  var processor: Duration
  var residentBytes: Int
  /// The part of its processor that the tester used, 0...1.
  var testerLoad: Double
  /// Time for a fixed piece of work on the server's processor, before and after.
  var speed: Duration

  /// Bounds within which a server is said to carry a load.
  private static let lossBound = 0.001
  private static let delayBound = Duration.milliseconds(50)
  /// The part of its processor that the tester may use.
  private static let testerBound = 0.9

  /// Packets a second that came.
  var rate: Double { Double(tally.received) / max(1e-9, span.seconds) }
  /// The server's time for each packet that came, in nanoseconds, as if the fixed piece of work
  /// took `reference`.
  func cost(reference: Duration) -> Double {
    let factor = reference.seconds / max(1e-9, speed.seconds)
    return Double(processor.nanoseconds) / Double(max(1, tally.received)) * factor
  }
  /// Why the run says nothing about the server; nil where it does.
  var voidReason: String? {
    if testerLoad > Self.testerBound { return "tester at \(Int(testerLoad * 100)) %" }
    if tally.droppedHere > 0 { return "\(tally.droppedHere) dropped by the tester" }
    return nil
  }
  /// Whether the server carried the load.
  var isCarried: Bool {
    tally.received > 0 && tally.loss < Self.lossBound && tally.delay(0.99) < Self.delayBound
  }
}

/// A server with rooms, of which any number can be sent in.
final class PeerStage<Server: PeerServer> {
  let server: Server
  private let scenario: PeerScenario
  private let spacing: PeerScenario.Spacing
  private(set) var rooms: [PeerRoom] = []

  /// Nothing is on its way after so long a pause.
  private static var drainTime: Duration { .milliseconds(300) }
  private static var settleTime: Duration { .milliseconds(500) }

  init(server: Server, scenario: PeerScenario, spacing: PeerScenario.Spacing) {
    self.server = server
    self.scenario = scenario
    self.spacing = spacing
  }

  /// Opens rooms until there are so many.
  func open(_ count: Int) throws {
    while rooms.count < count { rooms.append(try server.openRoom(scenario, spacing)) }
  }

  /// Sends in the first `count` rooms for a while, and measures; once all of them flow.
  func measure(rooms count: Int, for span: Duration) throws -> PeerRun {
    try open(count)
    try warm(count)
    let speedBefore = CoreSpeed.measure(
      onProcessor: PeerBenchmark.serverProcessor, home: PeerBenchmark.testerProcessor)
    let sink = server.sink
    sink.beginMeasuring()
    let processorBefore = server.process.processorTime
    let testerBefore = CoreSpeed.threadTime()
    let start = MonotonicClock.now()
    setSending(true, rooms: count)
    _ = try server.run(until: start + span)
    setSending(false, rooms: count)
    let wall = MonotonicClock.now() - start
    let testerUsed = CoreSpeed.threadTime() - testerBefore
    _ = try server.run(until: MonotonicClock.now() + Self.drainTime)
    let used = server.process.processorTime - processorBefore
    let tally = sink.measured()
    let speedAfter = CoreSpeed.measure(
      onProcessor: PeerBenchmark.serverProcessor, home: PeerBenchmark.testerProcessor)
    return PeerRun(
      rooms: count, tally: tally, span: wall, processor: used,
      residentBytes: server.process.residentBytes,
      testerLoad: testerUsed.seconds / wall.seconds,
      speed: (speedBefore + speedAfter) / 2)
  }

  /// Lets media flow until every stream has brought some, and then die down.
  private func warm(_ count: Int) throws {
    let receivers = rooms.prefix(count).flatMap(\.receivers)
    let everybody = rooms.prefix(count).flatMap(\.publishers) + receivers
    let sink = server.sink
    try server.wait(for: "connection") { everybody.allSatisfy(sink.isConnected) }
    setSending(true, rooms: count)
    let wanted = scenario.streams * count
    var flowing = 0
    let deadline = MonotonicClock.now() + .seconds(10)
    _ = try server.run(until: deadline) {
      flowing = receivers.reduce(0) { $0 + sink.streams(of: $1).flowing }
      return flowing >= wanted
    }
    guard flowing >= wanted else {
      throw BenchmarkFailure("\(Server.name): \(flowing) of \(wanted) streams flow")
    }
    _ = try server.run(until: MonotonicClock.now() + Self.settleTime)
    setSending(false, rooms: count)
    _ = try server.run(until: MonotonicClock.now() + Self.drainTime)
  }

  private func setSending(_ isSending: Bool, rooms count: Int) {
    for peer in rooms.prefix(count).flatMap(\.publishers) {
      server.sink.setSending(isSending, of: peer)
    }
  }

  // MARK: The highest load

  /// Measurements that a search takes at most.
  private static var searchSteps: Int { 10 }

  /// The largest number of rooms that is carried, from `first` on. Where the tester gives up
  /// before the server does, `limit` says so.
  func findHighest(
    from first: Int, most: Int, span: Duration
  ) throws -> (rooms: Int, limit: String?) {
    var carried = 0
    var refused = most + 1
    var next = first
    var limit: String?
    for _ in 0..<Self.searchSteps where next > carried && next < refused {
      let run = try measure(rooms: next, for: span)
      PeerBenchmark.progress("\(Server.name) \(scenario.name) \(spacing): \(run.summary)")
      if run.isCarried, run.voidReason == nil { carried = next } else { refused = next }
      if refused == next { limit = run.voidReason }
      next = refused > most ? min(most, max(next + 1, next * 8 / 5)) : (carried + refused) / 2
    }
    return (carried, carried == most ? "all rooms that fit" : limit)
  }
}

extension PeerRun {
  /// In one line, for those who wait.
  var summary: String {
    let load = Int(testerLoad * 100)
    let cost = tally.received == 0 ? 0 : Int(processor.nanoseconds) / tally.received
    return "\(rooms) rooms, \(Int(rate)) packets/s, \(cost) ns each, lost "
      + "\(tally.expected - tally.received) of \(tally.expected) (\(tally.gaps) between others), "
      + "p50 \(tally.delay(0.5).text), p99 \(tally.delay(0.99).text), tester \(load) %"
      + (tally.unreadable > 0 ? ", \(tally.unreadable) unreadable" : "")
      + (tally.duplicates > 0 ? ", \(tally.duplicates) twice" : "")
      + (tally.late > 0 ? ", \(tally.late) late" : "")
      + (tally.misstamped > 0 ? ", \(tally.misstamped) misstamped" : "")
      + (voidReason.map { ", void: \($0)" } ?? "")
  }
}
