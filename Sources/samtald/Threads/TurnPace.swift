import Primitives

/// How long a media thread rests between two turns.
///
/// Waking up costs as much as several packets do, and what comes in together leaves together. So
/// where many datagrams come, the thread lets them gather for a moment; where few come, none waits.
struct TurnPace {
  /// The longest rest: short against the 20 ms of sound in a packet.
  static let longestRest = Duration.milliseconds(2)
  /// Datagrams a second up to which there is no rest, and from which on it is the longest.
  static let rates = 500.0...1_500.0
  /// The time over which the rate is taken.
  private static let span = Duration.milliseconds(50)

  private var rest = Duration.zero
  private var spanStart: Instant?
  private var receivedBefore: UInt64 = 0

  /// Until when to rest after a turn that ended at `now`; nil for not at all. `received` counts all
  /// datagrams so far.
  mutating func rest(afterTurnAt now: Instant, received: UInt64) -> Instant? {
    guard let start = spanStart else {
      (spanStart, receivedBefore) = (now, received)
      return nil
    }
    let elapsed = now - start
    if elapsed >= Self.span {
      let rate =
        Double(received - receivedBefore) * 1e9 / Double(elapsed.nanoseconds)
      let part = (rate - Self.rates.lowerBound) / (Self.rates.upperBound - Self.rates.lowerBound)
      rest = Duration(
        nanoseconds: Int64(min(max(part, 0), 1) * Double(Self.longestRest.nanoseconds)))
      (spanStart, receivedBefore) = (now, received)
    }
    return rest > .zero ? now + rest : nil
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
