import CLinux
import Primitives
import Runtime

extension ThreadClock {
  /// The processor time that `work` takes.
  static func time(_ work: () -> Void) -> Duration {
    let start = now()
    work()
    return now() - start
  }
}

/// How fast a core is at present: it changes with its clock, and with what others do beside it.
enum CoreSpeed {
  private static let steps = 200_000
  /// What the chain comes to; kept, so that it is not left out.
  nonisolated(unsafe) private static var last: UInt64 = 1

  /// Steps in a microsecond of a chain in which each waits for the one before: a multiplication,
  /// an addition, a shift, an exclusive or.
  static func measure() -> Double {
    Double(steps) * 1_000 / Double(max(1, chain(steps).nanoseconds))
  }

  /// Time that the calling thread needs for a fixed piece of work on a processor, the least of
  /// three; afterwards it is bound to `home`.
  static func measure(onProcessor processor: Int, home: Int) -> Duration {
    _ = linux_bind_to_processor(Int32(processor))
    defer { _ = linux_bind_to_processor(Int32(home)) }
    return (0..<3).map { _ in chain(40 * steps) }.min() ?? .zero
  }

  private static func chain(_ steps: Int) -> Duration {
    var value = last
    let time = ThreadClock.time {
      for _ in 0..<steps {
        value = value &* 0x5851_F42D_4C95_7F2D &+ 0x1405_7B7E_F767_814F
        value ^= value >> 29
      }
    }
    last = value
    return time
  }
}
