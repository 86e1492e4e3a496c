import Glibc
import Primitives

/// Processor time that the calling thread has used.
enum ThreadClock {
  static func now() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .origin + .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// The processor time that `work` takes.
  static func time(_ work: () -> Void) -> Duration {
    let start = now()
    work()
    return now() - start
  }
}

/// How fast the core is at present: it changes with its clock, and with what others do beside it.
enum CoreSpeed {
  private static let steps = 200_000
  /// What the chain comes to; kept, so that it is not left out.
  nonisolated(unsafe) private static var last: UInt64 = 1

  /// Steps in a microsecond of a chain in which each waits for the one before: a multiplication,
  /// an addition, a shift, an exclusive or.
  static func measure() -> Double {
    var value = last
    let time = ThreadClock.time {
      for _ in 0..<steps {
        value = value &* 0x5851_F42D_4C95_7F2D &+ 0x1405_7B7E_F767_814F
        value ^= value >> 29
      }
    }
    last = value
    return Double(steps) * 1_000 / Double(max(1, time.nanoseconds))
  }
}
