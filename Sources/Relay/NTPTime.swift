import Primitives

/// A 64-bit NTP timestamp as sender reports carry it: seconds in the high 32 bits, fractions of
/// 2^-32 s in the low (RFC 3550 section 4).
struct NTPTime: Equatable {
  /// The bits on the wire.
  let value: UInt64

  /// Seconds that the relay's own epoch lies behind NTP's. Its reports only have to be in step
  /// with each other, so any constant will do; this one looks like the year 2020 to a reader.
  private static let epochSeconds: UInt64 = 3_786_825_600

  /// A timestamp from the wire.
  init(value: UInt64) { self.value = value }

  /// The relay's NTP time at an instant of its clock.
  init(at instant: Instant) {
    let nanoseconds = UInt64(bitPattern: max(0, instant.nanoseconds))
    let fraction = ((nanoseconds % 1_000_000_000) << 32) / 1_000_000_000
    value = (Self.epochSeconds &+ nanoseconds / 1_000_000_000) << 32 | fraction
  }

  /// The span since NTP's epoch.
  var sinceEpoch: Duration {
    .ticks(Int64(value >> 32), at: 1)
      + Duration(nanoseconds: Int64(((value & 0xFFFF_FFFF) * 1_000_000_000) >> 32))
  }

  /// The middle 32 bits, in units of 2^-16 s: what LSR carries and DLSR is measured in.
  var middle: UInt32 { UInt32(truncatingIfNeeded: value >> 16) }
}
