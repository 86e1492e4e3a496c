import Engine
import Primitives

/// A worker's way from socket to socket: one publisher's frame comes in, and goes out to all, each
/// frame in a turn of its own.
///
/// No report and no check is due while it runs: what is measured is the packets' path alone.
final class ForwardWorkload: Workload {
  /// Packets that go out in a run.
  private(set) var operations = 0
  /// Says so where the worker takes fewer receivers than asked for.
  private(set) var note: String?
  private let rig: WorkerRig
  private var driver: WorkerDriver
  private let sink: LoopbackSocket
  private let publisher: LoopbackSocket
  private var stream: SyntheticStream
  private var turns: [Instant] = []
  private var turnsPerRun = 1
  private var sentBefore: UInt64 = 0
  /// Packets that go out in a run at least, so that looking at the clock weighs nothing.
  private static let target = 64

  init(to viewers: Int, size: Int, coalescing: Bool) throws {
    let sink = try LoopbackSocket(coalescing: coalescing)
    let publisher = try LoopbackSocket(coalescing: coalescing)
    (self.sink, self.publisher) = (sink, publisher)
    stream = .of(size: size)
    driver = try WorkerDriver()
    rig = try WorkerRig(
      Gathering(viewers: viewers), worker: driver.address,
      addresses: [publisher.address] + (0..<viewers).map { sink.address($0) })
    // The key frame.
    try prepare()
    run()
    let receivers = Int(rig.sentPackets - sentBefore) / stream.burst
    if !sink.isRoomy { note = LoopbackSocket.warning }
    if receivers < viewers { note = "\(receivers) receivers are taken" }
    guard receivers > 0 else { throw BenchmarkFailure("nothing is forwarded") }
    turnsPerRun = max(1, Self.target / (receivers * stream.burst))
    operations = turnsPerRun * receivers * stream.burst
  }

  func prepare() throws {
    sink.drain()
    publisher.drain()
    try rig.calm(for: SyntheticStream.frameInterval * (turnsPerRun + 1))
    let (publisher, address) = (publisher, driver.address)
    turns.removeAll(keepingCapacity: true)
    for _ in 0..<turnsPerRun {
      rig.now += SyntheticStream.frameInterval
      try rig.writeFrame(of: &stream, from: 0) { try publisher.send($0, to: address) }
      turns.append(rig.now)
    }
    sentBefore = rig.sentPackets
  }

  func run() {
    for now in turns { driver.turn(&rig.worker, now: now) }
  }

  func check() throws {
    guard rig.sentPackets - sentBefore == UInt64(operations) else {
      throw BenchmarkFailure("\(rig.sentPackets - sentBefore) packets of \(operations) went out")
    }
  }
}
