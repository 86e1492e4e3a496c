/// Builds a message of big-endian fields in an array that grows.
///
/// For control messages (STUN, RTCP, records); media packets are patched in place instead.
public struct ByteWriter: Sendable {
  /// What has been written.
  public private(set) var bytes: [UInt8] = []

  /// Starts empty, with room for `capacity` bytes.
  public init(capacity: Int = 64) { bytes.reserveCapacity(capacity) }

  /// How many bytes have been written.
  public var count: Int { bytes.count }

  /// Appends one byte.
  public mutating func write(_ value: UInt8) { bytes.append(value) }
  /// Appends a 16-bit field.
  public mutating func write(_ value: UInt16) { append(value) }
  /// Appends a 32-bit field.
  public mutating func write(_ value: UInt32) { append(value) }
  /// Appends a 64-bit field.
  public mutating func write(_ value: UInt64) { append(value) }
  /// Appends the low 24 bits of `value`.
  public mutating func writeUInt24(_ value: UInt32) {
    write(UInt8(truncatingIfNeeded: value >> 16))
    write(UInt16(truncatingIfNeeded: value))
  }
  /// Appends bytes as they are.
  public mutating func write(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// Appends zeros until the length is a multiple of `boundary` bytes.
  public mutating func pad(to boundary: Int) {
    while bytes.count % boundary != 0 { bytes.append(0) }
  }

  /// Overwrites the 16-bit field at `offset`, which must have been written before.
  public mutating func overwrite(_ value: UInt16, at offset: Int) {
    bytes[offset] = UInt8(truncatingIfNeeded: value >> 8)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: value)
  }

  private mutating func append<Field: FixedWidthInteger>(_ value: Field) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
