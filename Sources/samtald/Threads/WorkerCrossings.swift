import Engine
import Primitives
import Runtime

/// The ways from each media thread to each other one, and the bell of each.
final class WorkerCrossings: Sendable {
  private let workers: Int
  /// From worker to worker, in rows by the one that sends.
  private let rings: [PacketRing<Crossing>]
  private let bells: [Wakeup]

  /// Ways between so many workers. Memory is taken as it is first used.
  init(workers: Int) throws(SystemError) {
    self.workers = workers
    rings = (0..<workers * workers).map { _ in PacketRing(capacity: Limits.crossingPackets) }
    var bells: [Wakeup] = []
    for _ in 0..<workers { bells.append(try Wakeup()) }
    self.bells = bells
  }

  /// The bell that rings when something has come for a worker.
  func bell(of worker: Int) -> Wakeup { bells[worker] }

  /// Hands something to another worker; false where that has no room. The sender's thread alone.
  func send(
    _ crossing: Crossing, _ bytes: UnsafeRawBufferPointer, from sender: Int, to worker: Int
  ) -> Bool {
    guard rings[sender * workers + worker].push(crossing, bytes) else { return false }
    bells[worker].ring()
    return true
  }

  /// What has come for a worker from each of the others; its own thread alone takes it.
  func arrivals(for worker: Int) -> [PacketRing<Crossing>] {
    (0..<workers).filter { $0 != worker }.map { rings[$0 * workers + worker] }
  }
}
