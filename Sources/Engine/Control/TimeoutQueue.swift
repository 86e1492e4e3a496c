import Primitives

/// Timers that all run for the same span, and so come due in the order in which they were set.
/// A timer is not taken out when it has become idle: whoever gets it looks again.
struct TimeoutQueue<Holder: Sendable>: Sendable {
  private let span: Duration
  private var entries: [(holder: Holder, due: Instant)] = []
  private var head = 0

  init(span: Duration) { self.span = span }

  /// When the first timer is due.
  var nextDeadline: Instant? { head < entries.count ? entries[head].due : nil }

  /// Sets a timer.
  mutating func start(_ holder: Holder, now: Instant) {
    entries.append((holder, now + span))
  }

  /// Takes out the first timer that is due.
  mutating func popDue(now: Instant) -> Holder? {
    guard head < entries.count, entries[head].due <= now else { return nil }
    defer {
      head += 1
      if head * 2 > entries.count {
        entries.removeFirst(head)
        head = 0
      }
    }
    return entries[head].holder
  }
}
