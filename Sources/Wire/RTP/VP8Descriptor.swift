import Primitives

/// The payload descriptor in front of each packet's VP8 bytes (RFC 7741 section 4.2), and what
/// the first of those bytes says.
///
///      0 1 2 3 4 5 6 7
///     +-+-+-+-+-+-+-+-+
///     |X|R|N|S|R| PID |  always
///     +-+-+-+-+-+-+-+-+
///     |I|L|T|K| RSV   |  if X
///     +-+-+-+-+-+-+-+-+
///     |M| picture id  |  if I; 15 bits in two bytes if M, else 7
///     +-+-+-+-+-+-+-+-+
///     |   TL0PICIDX   |  if L
///     +-+-+-+-+-+-+-+-+
///     |TID|Y| KEYIDX  |  if T or K
///     +-+-+-+-+-+-+-+-+
///     |Size0|H| VER |P|  the payload header, where a frame starts; P = 0 in a key frame
///     +-+-+-+-+-+-+-+-+
public struct VP8Descriptor: Equatable, Sendable {
  /// A picture's number, which grows by one each picture and wraps at its width.
  public struct PictureID: Equatable, Sendable {
    /// The number: 0...127 or 0...32,767, by `isLong`.
    public var value: UInt16
    /// Whether it has 15 bits (M), not 7.
    public var isLong: Bool
    /// Where the field is, from the start of the payload.
    public var offset: UInt8

    /// Joins the parts.
    @inlinable
    public init(value: UInt16, isLong: Bool, offset: UInt8) {
      self.value = value
      self.isLong = isLong
      self.offset = offset
    }

    /// Writes a number over the field in `packet`, whose payload starts at `start`; it keeps its
    /// width.
    @inlinable
    public func write(_ value: UInt16, to packet: inout MutableRawSpan, payloadAt start: Int) {
      if isLong {
        packet.store(value | 0x8000, at: start + Int(offset))
      } else {
        packet.store(UInt8(value & 0x7F), at: start + Int(offset))
      }
    }

    /// The largest number of its width: the value wraps to 0 after it.
    @inlinable
    public var mask: UInt16 { isLong ? 0x7FFF : 0x7F }
  }

  /// The count of base-layer pictures (TL0PICIDX), which wraps at 8 bits.
  public struct BaseLayerIndex: Equatable, Sendable {
    /// The count.
    public var value: UInt8
    /// Where the field is, from the start of the payload.
    public var offset: UInt8

    /// Joins the parts.
    @inlinable
    public init(value: UInt8, offset: UInt8) {
      self.value = value
      self.offset = offset
    }

    /// Writes a count over the field in `packet`, whose payload starts at `start`.
    @inlinable
    public func write(_ value: UInt8, to packet: inout MutableRawSpan, payloadAt start: Int) {
      packet.store(value, at: start + Int(offset))
    }
  }

  /// Bytes in the descriptor.
  public var length: Int
  /// N: no other picture depends on this one.
  public var isNonReference: Bool
  /// S: a partition starts with this packet.
  public var startOfPartition: Bool
  /// PID: the partition's index, 0...7.
  public var partition: UInt8
  /// The picture's number, where the sender gives one.
  public var pictureID: PictureID?
  /// TL0PICIDX, where the sender gives it.
  public var tl0PicIdx: BaseLayerIndex?
  /// The temporal layer, 0...3, where the sender gives one.
  public var temporalID: UInt8?
  /// Y: the picture depends on the base layer alone, so a receiver may move up to this layer
  /// here; meaningful with a temporal layer only.
  public var layerSync: Bool
  /// KEYIDX: which key frame the picture depends on, 0...31, where the sender gives it.
  public var keyIndex: UInt8?
  /// Whether a key frame starts with this packet.
  public var isKeyFrameStart: Bool

  /// Whether a frame starts with this packet.
  @inlinable
  public var isFrameStart: Bool { startOfPartition && partition == 0 }

  /// Reads the descriptor at the start of `payload`, a range inside of `bytes`.
  ///
  /// At least one byte of VP8 has to follow it.
  @inlinable
  public init(parsing bytes: RawSpan, at payload: Range<Int>) throws(WireError) {
    let start = payload.lowerBound
    let end = payload.upperBound
    guard start < end else { throw .truncated }
    let first = bytes[start]
    isNonReference = first & 0x20 != 0
    startOfPartition = first & 0x10 != 0
    partition = first & 0x07
    layerSync = false

    var offset = start + 1
    if first & 0x80 != 0 {
      guard offset < end else { throw .truncated }
      let present = bytes[offset]
      offset += 1
      if present & 0x80 != 0 {
        guard offset < end else { throw .truncated }
        let isLong = bytes[offset] & 0x80 != 0
        guard offset + (isLong ? 2 : 1) <= end else { throw .truncated }
        let value = isLong ? bytes.uint16(at: offset) & 0x7FFF : UInt16(bytes[offset])
        pictureID = PictureID(
          value: value, isLong: isLong, offset: UInt8(truncatingIfNeeded: offset - start))
        offset += isLong ? 2 : 1
      }
      if present & 0x40 != 0 {
        guard offset < end else { throw .truncated }
        tl0PicIdx = BaseLayerIndex(
          value: bytes[offset], offset: UInt8(truncatingIfNeeded: offset - start))
        offset += 1
      }
      if present & 0x30 != 0 {
        guard offset < end else { throw .truncated }
        if present & 0x20 != 0 {
          temporalID = bytes[offset] >> 6
          layerSync = bytes[offset] & 0x20 != 0
        }
        if present & 0x10 != 0 { keyIndex = bytes[offset] & 0x1F }
        offset += 1
      }
    }
    guard offset < end else { throw .truncated }
    length = offset - start
    isKeyFrameStart = first & 0x17 == 0x10 && bytes[offset] & 0x01 == 0
  }

  /// Writes picture id and TL0PICIDX over those in `packet`, whose payload starts at `start`;
  /// the picture id keeps the width that it was read with.
  @inlinable
  public func patch(_ packet: inout MutableRawSpan, payloadAt start: Int) {
    if let pictureID { pictureID.write(pictureID.value, to: &packet, payloadAt: start) }
    if let tl0PicIdx { tl0PicIdx.write(tl0PicIdx.value, to: &packet, payloadAt: start) }
  }
}
