import Engine
import Primitives

/// Turns of a worker that carries ten rooms of three, each with sound and pictures: with the
/// reports that fall due, and those of the clients.
final class TurnWorkload: Workload {
  private static let gathering = Gathering(rooms: 10, publishers: 3)
  private static let interval = Duration.milliseconds(10)

  /// Everybody's picture goes to two, and every second turn everybody's sound.
  let operations = 90
  /// A second: each report falls due once.
  let countedRuns = 100
  private let rig: WorkerRig
  private var driver: WorkerDriver
  private let sockets: [LoopbackSocket]
  private var pictures: [SyntheticStream]
  private var sounds: [SyntheticStream]
  private var turn = 0
  private var sentBefore: UInt64 = 0

  init() throws {
    let people = Self.gathering.people.indices
    let sockets = try people.map { _ in try LoopbackSocket(coalescing: true) }
    self.sockets = sockets
    pictures = people.map {
      SyntheticStream(.video, of: $0 + 1, size: SyntheticStream.videoBytes, burst: 1)
    }
    sounds = people.map {
      SyntheticStream(.audio, of: $0 + 1, size: SyntheticStream.audioBytes, burst: 1)
    }
    driver = try WorkerDriver()
    rig = try WorkerRig(
      Self.gathering, worker: driver.address, addresses: sockets.map(\.address))
    // The key frames and the first sounds.
    for _ in 0..<2 {
      try prepare()
      run()
    }
  }

  func prepare() throws {
    turn += 1
    rig.now += Self.interval
    rig.keepAlive()
    let address = driver.address
    for (index, socket) in sockets.enumerated() {
      socket.drain()
      try rig.writeFrame(of: &pictures[index], from: index) { try socket.send($0, to: address) }
      if (index + turn) % 2 == 0 {
        try rig.writeFrame(of: &sounds[index], from: index) { try socket.send($0, to: address) }
      }
      if turn % 100 == index * 3 {
        let report = try rig.writeReport(from: index)
        try report.withUnsafeBytes { try socket.send($0, to: address) }
      }
    }
    sentBefore = rig.sentPackets
  }

  func run() { driver.turn(&rig.worker, now: rig.now) }

  func check() throws {
    guard rig.sentPackets - sentBefore == UInt64(operations) else {
      throw BenchmarkFailure("\(rig.sentPackets - sentBefore) packets of \(operations) went out")
    }
  }
}
