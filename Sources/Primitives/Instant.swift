/// A point on the monotonic clock: nanoseconds since an origin that has no meaning of its own.
///
/// Protocol code never reads a clock; it is handed an instant with every input. The daemon takes
/// it from `CLOCK_MONOTONIC`, the simulator from its virtual clock.
public struct Instant: Hashable, Comparable, Sendable {
  /// Nanoseconds since the origin.
  public let nanoseconds: Int64

  /// Makes the instant `nanoseconds` after the origin.
  @inlinable
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The origin.
  public static let origin = Instant(nanoseconds: 0)
  /// Later than every instant that a clock can show.
  public static let distantFuture = Instant(nanoseconds: .max)

  /// The instant a span later, saturating.
  @inlinable
  public static func + (instant: Instant, span: Duration) -> Instant {
    Instant(nanoseconds: instant.nanoseconds.addingSaturating(span.nanoseconds))
  }
  /// The instant a span earlier, saturating.
  @inlinable
  public static func - (instant: Instant, span: Duration) -> Instant {
    Instant(nanoseconds: instant.nanoseconds.subtractingSaturating(span.nanoseconds))
  }
  /// The span from `right` to `left`.
  @inlinable
  public static func - (left: Instant, right: Instant) -> Duration {
    Duration(nanoseconds: left.nanoseconds.subtractingSaturating(right.nanoseconds))
  }
  /// Moves the instant by a span.
  @inlinable
  public static func += (instant: inout Instant, span: Duration) { instant = instant + span }
  /// Whether `left` comes first.
  @inlinable
  public static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

extension Instant: CustomStringConvertible {
  /// Seconds since the origin with microseconds, as traces show it.
  public var description: String {
    let micros = nanoseconds / 1_000
    let rest = String(micros % 1_000_000)
    return "\(micros / 1_000_000)." + String(repeating: "0", count: max(0, 6 - rest.count)) + rest
  }
}

/// The earlier of two optional deadlines; nil stands for "never".
@inlinable
public func earliest(_ left: Instant?, _ right: Instant?) -> Instant? {
  guard let left else { return right }
  guard let right else { return left }
  return min(left, right)
}

/// A point in civil time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Tokens, invites and stored events follow it; timers and media never do.
public struct WallTime: Hashable, Comparable, Sendable {
  /// Milliseconds since the epoch.
  public let milliseconds: Int64

  /// Makes the time `milliseconds` after the epoch.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Whole seconds since the epoch, as JWT claims carry them (RFC 7519 section 2, NumericDate).
  public var seconds: Int64 { milliseconds / 1_000 }

  /// The time a span later, saturating.
  public static func + (time: WallTime, span: Duration) -> WallTime {
    WallTime(milliseconds: time.milliseconds.addingSaturating(span.milliseconds))
  }
  /// The span from `right` to `left`, saturating.
  public static func - (left: WallTime, right: WallTime) -> Duration {
    Duration(nanoseconds: 1_000_000)
      * Int(left.milliseconds.subtractingSaturating(right.milliseconds))
  }
  /// Whether `left` comes first.
  public static func < (left: WallTime, right: WallTime) -> Bool {
    left.milliseconds < right.milliseconds
  }
}

/// Both clocks, read at the same moment: what a command of the control plane is stamped with.
public struct Moment: Hashable, Sendable {
  /// The monotonic clock, for deadlines and order.
  public var instant: Instant
  /// The civil clock, for tokens, invites and records.
  public var wall: WallTime

  /// Joins two readings.
  public init(instant: Instant, wall: WallTime) {
    self.instant = instant
    self.wall = wall
  }
}
