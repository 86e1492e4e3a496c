/// Comparison of 16-bit sequence numbers that wrap (RFC 3550 section 5.1, RFC 1982).
public enum SequenceNumber {
  /// How far `number` is ahead of `reference`: -32,768...32,767, negative when it is behind.
  @inlinable
  public static func distance(from reference: UInt16, to number: UInt16) -> Int {
    Int(Int16(bitPattern: number &- reference))
  }

  /// Whether `number` comes after `reference`, by less than half of the number space.
  @inlinable
  public static func isNewer(_ number: UInt16, than reference: UInt16) -> Bool {
    distance(from: reference, to: number) > 0
  }
}

/// A sequence number that has been extended beyond 16 bits and no longer wraps.
///
/// The low 16 bits are the number on the wire, the rest counts the times it has rolled over; for
/// SRTP it is the packet index (RFC 3711 section 3.3.1).
public struct ExtendedSequenceNumber: Hashable, Comparable, Sendable {
  /// The roll-over counter times 65,536, plus the number on the wire.
  public var value: UInt64

  /// Wraps an extended number.
  @inlinable
  public init(_ value: UInt64) { self.value = value }

  /// The first number of a stream: it has not rolled over yet.
  @inlinable
  public init(first number: UInt16) { value = UInt64(number) }

  /// The number on the wire.
  @inlinable
  public var number: UInt16 { UInt16(truncatingIfNeeded: value) }

  /// How often the number on the wire has rolled over.
  @inlinable
  public var rollOverCounter: UInt64 { value >> 16 }

  /// The extended number nearest to this one that has `number` on the wire, or nil if that would
  /// be below zero: a packet from before the stream's first.
  @inlinable
  public func nearest(_ number: UInt16) -> ExtendedSequenceNumber? {
    let distance = SequenceNumber.distance(from: self.number, to: number)
    let (sum, overflow) =
      distance < 0
      ? value.subtractingReportingOverflow(UInt64(-distance))
      : value.addingReportingOverflow(UInt64(distance))
    return overflow ? nil : ExtendedSequenceNumber(sum)
  }

  /// The number that follows.
  @inlinable
  public func next() -> ExtendedSequenceNumber { ExtendedSequenceNumber(value &+ 1) }

  /// Whether `left` comes before `right`.
  @inlinable
  public static func < (left: ExtendedSequenceNumber, right: ExtendedSequenceNumber) -> Bool {
    left.value < right.value
  }
}
