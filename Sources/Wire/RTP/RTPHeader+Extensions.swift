import Primitives

extension RTPHeader {
  /// Where the data of the extension element `id` is, or nil if the packet has none.
  ///
  /// `bytes` are those that the header was parsed from. `id` is 1...14 in the one-byte form,
  /// 1...255 in the two-byte form (RFC 8285 section 4); 0 stands for an extension that was not
  /// negotiated and finds nothing. An element that would run over the end of the block ends the
  /// search, as do the one-byte form's id 15 and id 0 with a length.
  @inlinable
  public func findExtension(id: UInt8, in bytes: RawSpan) -> Range<Int>? {
    guard id != 0 else { return nil }
    if extensionProfile == Self.oneByteProfile {
      return findOneByteElement(id, in: bytes)
    }
    if extensionProfile & 0xFFF0 == Self.twoByteProfile {
      return findTwoByteElement(id, in: bytes)
    }
    return nil
  }

  /// The one-byte form: id in the high four bits, length minus one in the low four.
  ///
  ///      0 1 2 3 4 5 6 7
  ///     +-+-+-+-+-+-+-+-+
  ///     |  ID   |  len  | then len + 1 bytes; a byte of 0 is padding
  ///     +-+-+-+-+-+-+-+-+
  @inlinable
  func findOneByteElement(_ id: UInt8, in bytes: RawSpan) -> Range<Int>? {
    var offset = extensionRange.lowerBound
    let end = extensionRange.upperBound
    while offset < end {
      let head = bytes[offset]
      offset += 1
      if head == 0 { continue }
      guard head >> 4 != 0, head >> 4 != 15 else { return nil }
      let next = offset + Int(head & 0x0F) + 1
      guard next <= end else { return nil }
      if head >> 4 == id { return offset..<next }
      offset = next
    }
    return nil
  }

  /// The two-byte form: a byte of id, a byte of length; a byte of 0 instead of an id is padding.
  ///
  ///      0                   1
  ///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
  ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
  ///     |       ID      |     length    | then length bytes
  ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
  @inlinable
  func findTwoByteElement(_ id: UInt8, in bytes: RawSpan) -> Range<Int>? {
    var offset = extensionRange.lowerBound
    let end = extensionRange.upperBound
    while offset < end {
      let head = bytes[offset]
      offset += 1
      if head == 0 { continue }
      guard offset < end else { return nil }
      let next = offset + 1 + Int(bytes[offset])
      guard next <= end else { return nil }
      if head == id { return offset + 1..<next }
      offset = next
    }
    return nil
  }
}
