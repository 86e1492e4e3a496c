import Primitives

/// When a media thread begins its next turn.
///
/// Waking up costs as much as several packets do, and what comes in together leaves together. So
/// where many datagrams come, turns begin a period apart, and what comes meanwhile gathers; where
/// few come, none waits.
struct TurnPace {
  /// The time from one turn's beginning to the next one's, and so the longest that a datagram waits:
  /// short against the 20 ms of sound in a packet.
  static let period = Duration.milliseconds(4)
  /// Datagrams a second from which on they gather, and up to which they cease to.
  static let rates = 1_000.0...1_500.0
  /// The time over which the rate is taken.
  private static let span = Duration.milliseconds(50)

  /// Whether turns are a period apart.
  private(set) var isResting = false
  private var spanStart: Instant?
  private var receivedBefore: UInt64 = 0

  /// Until when to rest after a turn that began at `start`; nil for not at all. `received` counts
  /// all datagrams so far.
  mutating func rest(afterTurnBegunAt start: Instant, received: UInt64) -> Instant? {
    guard let before = spanStart else {
      (spanStart, receivedBefore) = (start, received)
      return nil
    }
    let elapsed = start - before
    if elapsed >= Self.span {
      let rate = Double(received - receivedBefore) * 1e9 / Double(elapsed.nanoseconds)
      isResting = rate >= (isResting ? Self.rates.lowerBound : Self.rates.upperBound)
      (spanStart, receivedBefore) = (start, received)
    }
    return isResting ? start + Self.period : nil
  }
}

/// How much of its time a thread is at work.
struct ThreadLoad {
  private var before: (now: Instant, processorTime: Duration)?

  /// The share of the time since the last call, 0...100.
  mutating func percent(now: Instant, processorTime: Duration) -> Int {
    defer { before = (now, processorTime) }
    guard let before, now > before.now else { return 0 }
    let used = (processorTime - before.processorTime).nanoseconds
    return min(100, max(0, Int(used * 100 / (now - before.now).nanoseconds)))
  }
}
