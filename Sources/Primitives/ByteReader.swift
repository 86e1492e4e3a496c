/// Why bytes could not be read: there were fewer than the format says.
public struct TruncatedError: Error, Equatable {
  /// Makes the error.
  public init() {}
}

/// Reads big-endian fields from bytes that it borrows, front to back.
///
/// It never reads past the end: a field that does not fit throws and leaves the position where it
/// was. It cannot outlive the bytes.
public struct ByteReader: ~Escapable {
  @usableFromInline let bytes: RawSpan
  /// Offset of the next byte from the start of the bytes.
  public private(set) var offset = 0

  /// Starts reading at the first of `bytes`.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) { self.bytes = bytes }

  /// How many bytes are left.
  public var remaining: Int { bytes.byteCount - offset }

  /// Reads one byte.
  @_lifetime(self: copy self)
  public mutating func readUInt8() throws(TruncatedError) -> UInt8 {
    try read(UInt8.self)
  }
  /// Reads a 16-bit field.
  @_lifetime(self: copy self)
  public mutating func readUInt16() throws(TruncatedError) -> UInt16 {
    try read(UInt16.self)
  }
  /// Reads a 24-bit field into the low bits.
  @_lifetime(self: copy self)
  public mutating func readUInt24() throws(TruncatedError) -> UInt32 {
    guard remaining >= 3 else { throw TruncatedError() }
    return UInt32(try readUInt8()) << 16 | UInt32(try readUInt16())
  }
  /// Reads a 32-bit field.
  @_lifetime(self: copy self)
  public mutating func readUInt32() throws(TruncatedError) -> UInt32 {
    try read(UInt32.self)
  }
  /// Reads a 64-bit field.
  @_lifetime(self: copy self)
  public mutating func readUInt64() throws(TruncatedError) -> UInt64 {
    try read(UInt64.self)
  }

  /// Steps over `count` bytes.
  @_lifetime(self: copy self)
  public mutating func skip(_ count: Int) throws(TruncatedError) {
    guard count >= 0, remaining >= count else { throw TruncatedError() }
    offset += count
  }

  /// Copies `count` bytes out.
  @_lifetime(self: copy self)
  public mutating func readBytes(_ count: Int) throws(TruncatedError) -> [UInt8] {
    guard count >= 0, remaining >= count else { throw TruncatedError() }
    defer { offset += count }
    return bytes.extracting(offset..<offset + count).copied()
  }

  @_lifetime(self: copy self)
  private mutating func read<Field: FixedWidthInteger & BitwiseCopyable>(
    _ type: Field.Type
  ) throws(TruncatedError) -> Field {
    guard remaining >= MemoryLayout<Field>.size else { throw TruncatedError() }
    defer { offset += MemoryLayout<Field>.size }
    return bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: type).bigEndian
  }
}

extension RawSpan {
  /// The byte at `offset`, which must be inside: checked.
  @inlinable
  public subscript(offset: Int) -> UInt8 {
    unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// The big-endian 16-bit field at `offset`; it must lie inside: checked.
  @inlinable
  public func uint16(at offset: Int) -> UInt16 {
    unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self).bigEndian
  }

  /// The big-endian 32-bit field at `offset`; it must lie inside: checked.
  @inlinable
  public func uint32(at offset: Int) -> UInt32 {
    unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self).bigEndian
  }

  /// The bytes as an array of their own.
  public func copied() -> [UInt8] {
    withUnsafeBytes { Array($0) }
  }
}

extension MutableRawSpan {
  /// Stores a byte at `offset`, which must be inside: checked.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func store(_ value: UInt8, at offset: Int) {
    storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
  }

  /// Stores a big-endian 16-bit field at `offset`; it must lie inside: checked.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func store(_ value: UInt16, at offset: Int) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
  }

  /// Stores a big-endian 32-bit field at `offset`; it must lie inside: checked.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func store(_ value: UInt32, at offset: Int) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
  }
}
