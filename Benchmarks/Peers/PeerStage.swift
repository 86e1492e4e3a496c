import Load
import Primitives
import Runtime

/// A server with rooms, in which any number of people can be made to send.
///
/// A load is a number of senders: rooms are filled one after the other, and the last one may be
/// filled in part.
final class PeerStage<Server: PeerServer> {
  let server: Server
  private(set) var rooms: [PeerRoom] = []
  private let scenario: PeerScenario
  private let spacing: PeerScenario.Spacing

  /// Nothing is on its way any more where nothing has come for so long.
  private static var quietTime: Duration { .milliseconds(300) }
  /// The longest that a server may go on sending what it has lined up.
  private static var drainTime: Duration { .seconds(20) }
  /// How long media flows before it is measured.
  private static var leadTime: Duration { .seconds(1) }

  init(server: Server, scenario: PeerScenario, spacing: PeerScenario.Spacing) {
    self.server = server
    self.scenario = scenario
    self.spacing = spacing
  }

  /// Lets so many people send for a while, and measures.
  func measure(senders count: Int, for span: Duration) throws -> PeerRun {
    try openRooms((count + scenario.publishers - 1) / scenario.publishers)
    let senders = Array(rooms.flatMap(\.publishers).prefix(count))
    try send(from: senders, for: Self.leadTime)
    let speedBefore = speed()
    server.sink.beginMeasuring()
    let processorBefore = server.process.processorTime
    let testerBefore = testerTime
    let (sending, tester) = try send(from: senders, for: span, testerSince: testerBefore)
    let used = server.process.processorTime - processorBefore
    let tally = server.sink.measured()
    return PeerRun(
      rooms: Double(count) / Double(scenario.publishers), tally: tally, span: sending,
      processor: used, residentBytes: server.process.residentBytes,
      testerLoad: tester.seconds / sending.seconds, speed: (speedBefore + speed()) / 2)
  }

  /// Opens rooms until there are so many; each is known to work when media has come on every
  /// stream in it.
  func openRooms(_ count: Int) throws {
    let first = rooms.count
    while rooms.count < count { rooms.append(try server.openRoom(scenario, spacing)) }
    guard first < count else { return }
    let fresh = rooms[first...]
    let senders = fresh.flatMap(\.publishers)
    let receivers = fresh.flatMap(\.receivers)
    let sink = server.sink
    try server.wait(for: "connection") { (senders + receivers).allSatisfy(sink.isConnected) }
    for peer in senders { sink.setSending(true, of: peer) }
    let wanted = scenario.streams * fresh.count
    try server.wait(for: "media on all \(wanted) streams") {
      receivers.reduce(0) { $0 + sink.streams(of: $1).flowing } >= wanted
    }
    for peer in senders { sink.setSending(false, of: peer) }
  }

  /// Sends for a while, and waits until all has come; for how long was sent, and the tester's time
  /// meanwhile.
  @discardableResult
  private func send(
    from senders: [Int], for span: Duration, testerSince testerBefore: Duration = .zero
  ) throws -> (span: Duration, tester: Duration) {
    let start = MonotonicClock.now()
    for peer in senders { server.sink.setSending(true, of: peer) }
    _ = try server.run(until: start + span)
    for peer in senders { server.sink.setSending(false, of: peer) }
    let result = (MonotonicClock.now() - start, testerTime - testerBefore)
    try drain()
    return result
  }

  /// The time since any instant in which the tester has worked: not that in which it only looked
  /// whether there is anything. What the kernel does on its processor to receive counts, which is
  /// no thread's.
  private var testerTime: Duration {
    MonotonicClock.now() - .origin - server.sink.idle
  }

  private func drain() throws {
    let deadline = MonotonicClock.now() + Self.drainTime
    var received = -1
    while received != server.sink.received, MonotonicClock.now() < deadline {
      received = server.sink.received
      _ = try server.run(until: MonotonicClock.now() + Self.quietTime)
    }
  }

  private func speed() -> Duration {
    CoreSpeed.measure(
      onProcessor: ServerProcess.processor, home: PeerBenchmark.testerProcessor)
  }
}

extension PeerStage {
  /// Loads that a search tries at most.
  private static var searchSteps: Int { 12 }
  /// Times that a load is tried before it counts as too much: somebody else may have disturbed.
  private static var attempts: Int { 2 }

  /// The largest number of senders that is carried, searched from `first` on, and what limits it
  /// where that is not the server.
  func findHighest(
    from first: Int, most: Int, span: Duration
  ) throws -> (senders: Int, limit: String?) {
    var carried = 0
    var refused = most + 1
    var next = min(first, most)
    var limit: String?
    for _ in 0..<Self.searchSteps where next > carried && next < refused {
      let reason = try refusal(of: next, span: span)
      if reason == nil { carried = next } else { refused = next }
      limit = reason ?? limit
      next = refused > most ? min(most, next * 8 / 5 + 1) : (carried + refused) / 2
      // A difference of a twentieth is not worth another step.
      if (refused - carried) * 20 < refused { break }
    }
    if carried == most { return (carried, "as many as fit") }
    return (carried, limit == Self.overload ? nil : limit)
  }

  private static var overload: String { "overload" }

  /// Why a load is not carried: by the server, or because of the tester; nil where it is.
  private func refusal(of senders: Int, span: Duration) throws -> String? {
    var reason: String?
    for _ in 0..<Self.attempts {
      let run = try measure(senders: senders, for: span)
      PeerBenchmark.progress("\(Server.name) \(scenario.name) \(spacing): \(run.summary)")
      if run.isCarried, run.voidReason == nil { return nil }
      reason = run.voidReason ?? Self.overload
    }
    return reason
  }
}
