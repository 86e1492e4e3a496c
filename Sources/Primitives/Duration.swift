/// A span of time in whole nanoseconds; about 292 years either way.
///
/// Protocol code computes with this 64-bit type rather than with the standard library's 128-bit
/// one, because it stands on the packet path. Arithmetic saturates: a duration made from peer
/// input can be absurd, but it cannot trap.
public struct Duration: Hashable, Comparable, Sendable {
  /// The span in nanoseconds; may be negative.
  public let nanoseconds: Int64

  /// Makes a span of `nanoseconds` nanoseconds.
  @inlinable
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// No time at all.
  public static let zero = Duration(nanoseconds: 0)

  /// A span of whole nanoseconds.
  @inlinable
  public static func nanoseconds(_ count: Int) -> Duration { Duration(nanoseconds: Int64(count)) }
  /// A span of whole microseconds.
  @inlinable
  public static func microseconds(_ count: Int) -> Duration { .nanoseconds(1_000) * count }
  /// A span of whole milliseconds.
  @inlinable
  public static func milliseconds(_ count: Int) -> Duration { .nanoseconds(1_000_000) * count }
  /// A span of whole seconds.
  @inlinable
  public static func seconds(_ count: Int) -> Duration { .nanoseconds(1_000_000_000) * count }
  /// A span of whole minutes.
  @inlinable
  public static func minutes(_ count: Int) -> Duration { .seconds(60) * count }
  /// A span of whole hours.
  @inlinable
  public static func hours(_ count: Int) -> Duration { .minutes(60) * count }

  /// The span in whole milliseconds, rounded towards zero.
  @inlinable
  public var milliseconds: Int64 { nanoseconds / 1_000_000 }
  /// The span in whole microseconds, rounded towards zero.
  @inlinable
  public var microseconds: Int64 { nanoseconds / 1_000 }
  /// The span in seconds.
  @inlinable
  public var seconds: Double { Double(nanoseconds) / 1e9 }

  /// How many periods of a clock that runs at `rate` hertz fit, rounded towards zero.
  @inlinable
  public func ticks(at rate: Int) -> Int64 {
    let whole = nanoseconds / 1_000_000_000
    let rest = nanoseconds % 1_000_000_000
    return whole &* Int64(rate) &+ rest &* Int64(rate) / 1_000_000_000
  }

  /// The time that `ticks` periods of a clock at `rate` hertz take.
  @inlinable
  public static func ticks(_ ticks: Int64, at rate: Int) -> Duration {
    let whole = ticks / Int64(rate)
    let rest = ticks % Int64(rate)
    return Duration(nanoseconds: whole &* 1_000_000_000 &+ rest &* 1_000_000_000 / Int64(rate))
  }

  /// The sum, saturating.
  @inlinable
  public static func + (left: Duration, right: Duration) -> Duration {
    Duration(nanoseconds: left.nanoseconds.addingSaturating(right.nanoseconds))
  }
  /// The difference, saturating.
  @inlinable
  public static func - (left: Duration, right: Duration) -> Duration {
    Duration(nanoseconds: left.nanoseconds.subtractingSaturating(right.nanoseconds))
  }
  /// The product, saturating.
  @inlinable
  public static func * (left: Duration, right: Int) -> Duration {
    let (product, overflow) = left.nanoseconds.multipliedReportingOverflow(by: Int64(right))
    if !overflow { return Duration(nanoseconds: product) }
    return Duration(nanoseconds: (left.nanoseconds < 0) == (right < 0) ? .max : .min)
  }
  /// The quotient, rounded towards zero; `right` must not be 0.
  @inlinable
  public static func / (left: Duration, right: Int) -> Duration {
    Duration(nanoseconds: left.nanoseconds / Int64(right))
  }
  /// Whether `left` is the shorter one.
  @inlinable
  public static func < (left: Duration, right: Duration) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

extension Duration: CustomStringConvertible {
  /// The span in the largest unit that loses nothing a reader of a log would miss.
  public var description: String {
    if nanoseconds % 1_000_000_000 == 0 { return "\(nanoseconds / 1_000_000_000) s" }
    if nanoseconds % 1_000_000 == 0 { return "\(nanoseconds / 1_000_000) ms" }
    return "\(nanoseconds / 1_000) µs"
  }
}

extension Int64 {
  @inlinable
  func addingSaturating(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other > 0 ? .max : .min) : sum
  }

  @inlinable
  func subtractingSaturating(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other > 0 ? .min : .max) : difference
  }
}
