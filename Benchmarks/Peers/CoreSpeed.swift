import CLinux
import Glibc
import Primitives

/// How fast the servers' processor is at the moment: on a shared machine that changes from minute
/// to minute, and figures are only comparable when it has been divided out.
enum CoreSpeed {
  private static let rounds = 8_000_000

  /// Time that the calling thread needs for a fixed piece of work on a processor, between being
  /// scheduled away; afterwards it is bound to `home`.
  static func measure(onProcessor processor: Int, home: Int) -> Duration {
    _ = linux_bind_to_processor(Int32(processor))
    defer { _ = linux_bind_to_processor(Int32(home)) }
    var best = Duration.seconds(1_000)
    for _ in 0..<3 {
      let start = threadTime()
      var value: UInt64 = 0x9E37_79B9_7F4A_7C15
      for round in 0..<rounds {
        value = (value ^ value >> 27) &* 0x3C79_AC49_2BA7_B653 &+ UInt64(round)
      }
      // The result is looked at, so that the work cannot be left out.
      let span = threadTime() - start
      if value != 0 { best = min(best, span) }
    }
    return best
  }

  /// Time that the calling thread has used so far.
  static func threadTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
