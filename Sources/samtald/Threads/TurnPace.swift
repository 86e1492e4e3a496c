import Primitives

/// When a media thread begins its next turn.
///
/// Waking up costs as much as several packets do, and what comes in together leaves together. So
/// where many datagrams come, turns begin a period apart, and what comes meanwhile gathers. Where
/// fewer come, so it is after each turn that had something to do. Packets that wait for the rest of
/// their frame go out when they are due. Where few come, or somebody waits for answers, none waits.
struct TurnPace {
  /// What has come on a worker's sockets so far.
  struct Received {
    /// All datagrams.
    var datagrams: UInt64 = 0
    /// Bunches of them, which came at about the same time: each is a reason to wake up.
    var bunches: UInt64 = 0
    private var latest = Instant.origin

    /// Counts the bunches: something came at an instant.
    mutating func note(at instant: Instant) {
      if instant - latest > TurnPace.bunch { bunches += 1 }
      latest = instant
    }
  }

  /// What comes within this time of another is of one bunch.
  private static let bunch = Duration.microseconds(500)

  /// The time from one turn's beginning to the next one's, and so the longest that a datagram waits:
  /// short against the 20 ms of sound in a packet.
  static let period = Duration.milliseconds(4)
  /// The shortest such time, where many datagrams come: what is due within it goes out together.
  static let shortestPeriod = Duration.microseconds(500)
  /// Datagrams a second from which on they gather, and up to which they cease to.
  static let rates = 1_000.0...1_500.0
  /// Bunches a second from which on datagrams wait after a turn that had something to do.
  static let busyRate = 400.0
  /// The time over which rates are taken.
  private static let span = Duration.milliseconds(50)

  /// Whether turns are a period apart.
  private(set) var isResting = false
  private var isBusy = false
  private var spanStart: Instant?
  private var before = Received()
  private var last = Received()

  /// Until when to rest after a turn that began at `start`; nil for not at all. `due` is when packets
  /// that wait for their frame go out; `isAwaited` is whether somebody is connecting.
  mutating func rest(
    afterTurnBegunAt start: Instant, received: Received, gatheringUntil due: Instant?,
    isAwaited: Bool = false
  ) -> Instant? {
    defer { last = received }
    guard let spanStart else {
      spanStart = start
      before = received
      return nil
    }
    let elapsed = start - spanStart
    if elapsed >= Self.span {
      let second = 1e9 / Double(elapsed.nanoseconds)
      let datagrams = Double(received.datagrams - before.datagrams) * second
      isResting = datagrams >= (isResting ? Self.rates.lowerBound : Self.rates.upperBound)
      isBusy = Double(received.bunches - before.bunches) * second >= Self.busyRate
      self.spanStart = start
      before = received
    }
    let end = min(start + Self.period, due ?? start + Self.period)
    if isResting { return max(start + Self.shortestPeriod, end) }
    guard isBusy, !isAwaited, due != nil || received.bunches != last.bunches else { return nil }
    return end
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
