import Glibc
import Primitives

/// The clock that timers and media follow: it never jumps.
public enum MonotonicClock {
  /// The present instant.
  public static func now() -> Instant { Instant(nanoseconds: read(CLOCK_MONOTONIC)) }

  /// Has the calling thread rest until an instant has come, or a signal.
  public static func rest(until instant: Instant) {
    let time = max(0, instant.nanoseconds)
    var until = timespec(
      tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nil)
  }
}

/// How long the calling thread has been on a processor.
public enum ThreadClock {
  /// The time so far.
  public static func now() -> Duration { Duration(nanoseconds: read(CLOCK_THREAD_CPUTIME_ID)) }
}

/// The clock that tokens, invites and records follow: an operator may set it.
public enum WallClock {
  /// The present time.
  public static func now() -> WallTime { WallTime(milliseconds: nanoseconds() / 1_000_000) }

  static func nanoseconds() -> Int64 { read(CLOCK_REALTIME) }
}

extension Moment {
  /// Both clocks, read one right after the other.
  public static func now() -> Moment {
    Moment(instant: MonotonicClock.now(), wall: WallClock.now())
  }
}

private func read(_ clock: clockid_t) -> Int64 {
  var time = timespec()
  let result = clock_gettime(clock, &time)
  precondition(result == 0, "Linux always has this clock")
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
