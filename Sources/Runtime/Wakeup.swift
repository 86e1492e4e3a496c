import CLinux
import Glibc
import Synchronization

/// A bell that any thread can ring and one thread's event loop hears.
///
/// Rings between two looks are one: the descriptor is written only by the first of them, so that
/// a busy sender costs its receiver one system call a turn.
public final class Wakeup: Sendable {
  /// Watch this for reading.
  public let descriptor: Int32
  private let isRung = Atomic<Bool>(false)

  /// A silent bell.
  public init() throws(SystemError) {
    descriptor = linux_event_create()
    if descriptor < 0 { throw .last("create a wake-up") }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Rings. From any thread.
  public func ring() {
    guard !isRung.exchange(true, ordering: .acquiringAndReleasing) else { return }
    var one: UInt64 = 1
    // It fails only when the counter is full, and then the bell rings already.
    _ = retryingInterrupts { write(descriptor, &one, 8) }
  }

  /// Silences the bell: whatever is rung for after this rings it again. The listener alone calls
  /// it, and before it looks for what has come.
  public func silence() {
    var count: UInt64 = 0
    _ = retryingInterrupts { read(descriptor, &count, 8) }
    _ = isRung.exchange(false, ordering: .acquiringAndReleasing)
  }
}
