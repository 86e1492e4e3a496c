import Primitives

/// What a one-way path does to datagrams.
public struct NetworkConditions: Equatable, Sendable {
  /// Time that every datagram takes at least.
  public var delay: Duration
  /// Time added to it, drawn evenly from zero to this.
  public var jitter: Duration
  /// Share of datagrams lost while the path is well, 0...1.
  public var loss: Double
  /// Share of datagrams after which a burst begins, 0...1.
  public var burstStart: Double
  /// Share of datagrams within a burst after which it ends, 0...1; all within are lost.
  public var burstEnd: Double
  /// Share of datagrams that arrive twice, 0...1.
  public var duplication: Double
  /// Share of datagrams that are held back behind later ones, 0...1.
  public var reordering: Double
  /// What the path carries; nil for no bound. Half a second of it may wait in its queue.
  public var rate: Bitrate?

  /// A path with a delay and no fault.
  public init(delay: Duration = .milliseconds(20), jitter: Duration = .zero) {
    self.delay = delay
    self.jitter = jitter
    loss = 0
    burstStart = 0
    burstEnd = 1
    duplication = 0
    reordering = 0
    rate = nil
  }

  /// A path with faults that a mobile network has on a bad day, drawn at random.
  public static func faulty(_ random: inout RandomSource) -> NetworkConditions {
    var path = NetworkConditions(
      delay: .milliseconds(Int.random(in: 1...150, using: &random)),
      jitter: .milliseconds(Int.random(in: 0...40, using: &random)))
    path.loss = Double.random(in: 0...0.1, using: &random)
    if Bool.random(using: &random) {
      path.burstStart = 0.005
      path.burstEnd = Double.random(in: 0.1...0.5, using: &random)
    }
    path.duplication = Double.random(in: 0...0.05, using: &random)
    path.reordering = Double.random(in: 0...0.05, using: &random)
    if Int.random(in: 0..<4, using: &random) == 0 {
      path.rate = .kilobitsPerSecond(Int.random(in: 800...4_000, using: &random))
    }
    return path
  }
}

/// One direction of a path, with what it remembers between datagrams.
public struct NetworkLink: Sendable {
  /// How the path behaves from now on; may be changed at any time.
  public var conditions: NetworkConditions
  private var isInBurst = false
  private var busyUntil = Instant.origin

  /// A path that has carried nothing yet.
  public init(_ conditions: NetworkConditions) { self.conditions = conditions }

  /// Sends a datagram of `bytes` bytes: when it arrives, once for each copy; never, when lost.
  public mutating func transmit(
    bytes: Int, now: Instant, random: inout RandomSource
  ) -> [Instant] {
    guard let departure = queue(bytes: bytes, now: now), !isLost(&random) else { return [] }
    var arrivals = [departure + transit(&random)]
    if chance(conditions.duplication, &random) { arrivals.append(departure + transit(&random)) }
    return arrivals
  }

  /// When the datagram has left a queue that drains at the path's rate; nil when it is full.
  private mutating func queue(bytes: Int, now: Instant) -> Instant? {
    guard let rate = conditions.rate, rate.bitsPerSecond > 0 else { return now }
    let start = max(now, busyUntil)
    guard start - now < .milliseconds(500) else { return nil }
    busyUntil = start + .ticks(Int64(bytes * 8), at: Int(rate.bitsPerSecond))
    return busyUntil
  }

  private mutating func isLost(_ random: inout RandomSource) -> Bool {
    isInBurst =
      isInBurst
      ? !chance(conditions.burstEnd, &random) : chance(conditions.burstStart, &random)
    return isInBurst || chance(conditions.loss, &random)
  }

  private func transit(_ random: inout RandomSource) -> Duration {
    var span = conditions.delay
    if conditions.jitter > .zero {
      let jitter = Int64.random(in: 0...conditions.jitter.nanoseconds, using: &random)
      span = span + Duration(nanoseconds: jitter)
    }
    if chance(conditions.reordering, &random) { span = span + .milliseconds(30) }
    return span
  }

  private func chance(_ share: Double, _ random: inout RandomSource) -> Bool {
    share > 0 && Double.random(in: 0..<1, using: &random) < share
  }
}
