import Primitives

/// Where one DTLS 1.2 record lies in a datagram (RFC 6347 section 4.1).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     | content type  |           version             |     epoch     .
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     .               |       sequence number (48 bits)
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///                                     |            length             |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// Records of epoch 0 are in the clear: anybody can have written them.
struct DTLSRecord: Equatable {
  /// The content types that matter here; the others are left to OpenSSL.
  enum ContentType {
    static let alert: UInt8 = 21
    static let handshake: UInt8 = 22
    static let applicationData: UInt8 = 23
  }

  static let headerLength = 13

  var contentType: UInt8
  var epoch: UInt16
  /// The whole record, header included.
  var range: Range<Int>

  var body: Range<Int> { range.lowerBound + Self.headerLength..<range.upperBound }

  /// Whether this is a plaintext alert: never believed, since it needs no key to make one.
  var isPlaintextAlert: Bool { epoch == 0 && contentType == ContentType.alert }

  /// The record at `offset`, or nil where none fits any more: the rest of a datagram is then
  /// ignored.
  init?(in bytes: RawSpan, at offset: Int) {
    guard bytes.byteCount - offset >= Self.headerLength else { return nil }
    let length = Int(bytes.uint16(at: offset + 11))
    guard bytes.byteCount - offset - Self.headerLength >= length else { return nil }
    contentType = bytes[offset]
    epoch = bytes.uint16(at: offset + 3)
    range = offset..<offset + Self.headerLength + length
  }
}
