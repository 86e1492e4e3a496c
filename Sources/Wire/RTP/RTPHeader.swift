import Primitives

/// An RTP packet's header (RFC 3550 section 5.1), and where the parts of the packet are.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                           timestamp                           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |           synchronization source (SSRC) identifier            |
///     +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
///     |            contributing source (CSRC) identifiers: CC         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |   extension's profile (X=1)   |     length in 32-bit words    |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                      extension elements                       |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// It keeps values and offsets, never the bytes: on the packet path one is made for each packet
/// that comes in, changed, and written into each that goes out.
public struct RTPHeader: Equatable, Sendable {
  /// Bytes in the part that every packet has.
  public static var fixedLength: Int { 12 }
  /// The profile of a block of one-byte elements (RFC 8285 section 4.2).
  public static var oneByteProfile: UInt16 { 0xBEDE }
  /// The profile of a block of two-byte elements (RFC 8285 section 4.3), its low four bits free.
  public static var twoByteProfile: UInt16 { 0x1000 }

  /// The M bit: on video the last packet of a picture, on audio the first of a talk spurt.
  public var marker: Bool
  /// The payload type, 0...127.
  public var payloadType: UInt8
  /// The sequence number; it wraps.
  public var sequenceNumber: UInt16
  /// The media time, in ticks of the payload's clock; it wraps.
  public var timestamp: UInt32
  /// The stream's synchronization source.
  public var ssrc: UInt32
  /// Bytes before the payload: the fixed header, the CSRCs and the extension block.
  public var headerLength: Int
  /// The extension block's profile, 0 where there is no block.
  public var extensionProfile: UInt16
  /// Where the extension elements are, without the block's four bytes in front.
  public var extensionRange: Range<Int>
  /// Bytes of padding at the end, the count byte among them; 0 without the P bit.
  public var paddingLength: Int
  /// Bytes in the whole packet.
  public var packetLength: Int

  /// The header of a packet that is to be written: no CSRCs, no extension, no padding.
  @inlinable
  public init(
    payloadType: UInt8, sequenceNumber: UInt16, timestamp: UInt32, ssrc: UInt32,
    marker: Bool = false, payloadLength: Int = 0
  ) {
    self.marker = marker
    self.payloadType = payloadType
    self.sequenceNumber = sequenceNumber
    self.timestamp = timestamp
    self.ssrc = ssrc
    headerLength = Self.fixedLength
    extensionProfile = 0
    extensionRange = Self.fixedLength..<Self.fixedLength
    paddingLength = 0
    packetLength = Self.fixedLength + payloadLength
  }

  /// Reads the header of the packet that fills `bytes`.
  ///
  /// CSRCs, extension block and padding are checked against the length. A P bit means at least
  /// one byte of padding, and no more than follow the header: padding may be all that does.
  @inlinable
  public init(parsing bytes: RawSpan) throws(WireError) {
    let length = bytes.byteCount
    guard length >= Self.fixedLength else { throw .truncated }
    let first = bytes[0]
    guard first >> 6 == 2 else { throw .version }

    var end = Self.fixedLength + 4 * Int(first & 0x0F)
    var profile: UInt16 = 0
    var elements = end..<end
    if first & 0x10 != 0 {
      guard length >= end + 4 else { throw .truncated }
      profile = bytes.uint16(at: end)
      let words = Int(bytes.uint16(at: end + 2))
      elements = end + 4..<end + 4 + 4 * words
      end = elements.upperBound
    }
    guard length >= end else { throw .truncated }

    var padding = 0
    if first & 0x20 != 0 {
      guard length > end else { throw .padding }
      padding = Int(bytes[length - 1])
      guard padding > 0, padding <= length - end else { throw .padding }
    }

    marker = bytes[1] & 0x80 != 0
    payloadType = bytes[1] & 0x7F
    sequenceNumber = bytes.uint16(at: 2)
    timestamp = bytes.uint32(at: 4)
    ssrc = bytes.uint32(at: 8)
    headerLength = end
    extensionProfile = profile
    extensionRange = elements
    paddingLength = padding
    packetLength = length
  }

  /// Where the payload is, without padding; empty in a packet of padding alone.
  @inlinable
  public var payloadRange: Range<Int> { headerLength..<packetLength - paddingLength }

  /// Writes marker, payload type, sequence number, timestamp and SSRC over those in `packet`,
  /// and leaves all other bits as they are.
  @inlinable
  public func patch(_ packet: inout MutableRawSpan) {
    packet.store((marker ? 0x80 : 0) | payloadType & 0x7F, at: 1)
    packet.store(sequenceNumber, at: 2)
    packet.store(timestamp, at: 4)
    packet.store(ssrc, at: 8)
  }

  /// Writes a fixed header without CSRCs, extension or padding; `HeaderExtensionWriter` may put
  /// an extension block behind it.
  @inlinable
  public func write(to packet: inout MutableRawSpan) {
    packet.store(UInt8(0x80), at: 0)
    patch(&packet)
  }
}
