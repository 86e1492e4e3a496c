import CLinux
import Glibc
import Primitives

/// The clock that timers and media follow: it never jumps.
public enum MonotonicClock {
  /// The present instant.
  public static func now() -> Instant { Instant(nanoseconds: read(CLOCK_MONOTONIC)) }
}

/// Processor time of the calling thread, for those who account for their own work.
public enum ThreadClock {
  /// The time that the thread has used so far.
  public static func now() -> Duration { Duration(nanoseconds: linux_thread_time()) }
}

/// The clock that tokens, invites and records follow: an operator may set it.
public enum WallClock {
  /// The present time.
  public static func now() -> WallTime { WallTime(milliseconds: read(CLOCK_REALTIME) / 1_000_000) }
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
