import Load
import Primitives
import Runtime

/// A media server under comparison: a process of its own, whose rooms are filled by a sink.
protocol PeerServer: AnyObject {
  /// Its name in tables.
  static var name: String { get }
  /// The process, for its time and memory.
  var process: ServerProcess { get }
  /// The client of all participants.
  var sink: Sink { get }
  /// Opens a room and lets everybody in; media is not sent yet.
  func openRoom(_ scenario: PeerScenario, _ spacing: PeerScenario.Spacing) throws -> PeerRoom
  /// Lets one more viewer into a room, and returns when negotiation began; `leave` takes them out.
  func join(_ room: PeerRoom) throws -> (peer: Int, began: Instant)
  /// Takes out the viewer who joined last.
  func leave(_ room: PeerRoom, peer: Int) throws
  /// Reads what signaling has brought on the connections with these tokens.
  func read(_ tokens: [Int]) throws
  /// Sends what keeps signaling alive, when it is due.
  func keepAlive(now: Instant) throws
}

extension PeerServer {
  /// Lets the sink work until a condition holds; false where it does not by then.
  func run(until deadline: Instant, or isDone: () throws -> Bool = { false }) throws -> Bool {
    while try !isDone() {
      let now = MonotonicClock.now()
      guard now < deadline else { return false }
      try keepAlive(now: now)
      let ready = sink.turn(until: min(deadline, now + .milliseconds(50)))
      if !ready.isEmpty { try read(ready) }
    }
    return true
  }

  /// Lets the sink work until a condition holds, which is a failure of the server otherwise.
  func wait(
    for what: String, within span: Duration = .seconds(20), until isDone: () throws -> Bool
  ) throws {
    guard try run(until: MonotonicClock.now() + span, or: isDone) else {
      throw BenchmarkFailure("\(Self.name): no \(what) within \(span)")
    }
  }

  func stop() { process.stop() }
}

/// A room with everybody in it.
struct PeerRoom {
  /// The server's own number of the room.
  let number: Int
  /// Peer connections of the sink that publish.
  var publishers: [Int] = []
  /// Peer connections of the sink that receive.
  var receivers: [Int] = []
}
