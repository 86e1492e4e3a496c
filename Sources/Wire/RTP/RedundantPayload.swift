import Primitives

/// A payload of several blocks of audio: the newest, and copies of earlier ones (RFC 2198).
///
///      0                   1                    2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3  4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |F=1| block PT  |  timestamp offset         |   block length    |  each earlier block
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |F=0| block PT  |                                                  the newest block
///     +-+-+-+-+-+-+-+-+
///
/// The blocks' bytes follow the headers in the same order; the newest takes what is left.
public struct RedundantPayload: Equatable, Sendable {
  /// One block.
  public struct Block: Equatable, Sendable {
    /// The block's payload type, 0...127.
    public var payloadType: UInt8
    /// How much older than the packet's timestamp it is, in ticks: 0...16,383.
    public var timestampOffset: UInt16
    /// Where its bytes are.
    public var range: Range<Int>

    /// Joins the parts.
    @inlinable
    public init(payloadType: UInt8, timestampOffset: UInt16, range: Range<Int>) {
      self.payloadType = payloadType
      self.timestampOffset = timestampOffset
      self.range = range
    }
  }

  /// The newest block: what the packet would carry without redundancy.
  public let primary: Block
  /// How many earlier blocks there are.
  public let redundantCount: Int
  /// Where the block headers start.
  @usableFromInline let start: Int

  /// Checks the blocks of `payload`, a range inside of `bytes`: headers and lengths fit.
  @inlinable
  public init(parsing bytes: RawSpan, at payload: Range<Int>) throws(WireError) {
    start = payload.lowerBound
    var offset = start
    var count = 0
    var redundantBytes = 0
    while true {
      guard offset < payload.upperBound else { throw .truncated }
      if bytes[offset] & 0x80 == 0 { break }
      guard offset + 4 <= payload.upperBound else { throw .truncated }
      redundantBytes += Int(bytes.uint16(at: offset + 2) & 0x03FF)
      count += 1
      offset += 4
    }
    let primaryStart = offset + 1 + redundantBytes
    guard primaryStart <= payload.upperBound else { throw .truncated }
    redundantCount = count
    primary = Block(
      payloadType: bytes[offset], timestampOffset: 0, range: primaryStart..<payload.upperBound)
  }

  /// Calls `body` for each block, oldest first as they stand in the packet, the newest last.
  ///
  /// `bytes` are those that the payload was parsed from.
  @inlinable
  public func forEachBlock(in bytes: RawSpan, _ body: (Block) -> Void) {
    var position = start + 4 * redundantCount + 1
    for index in 0..<redundantCount {
      let header = start + 4 * index
      let length = Int(bytes.uint16(at: header + 2) & 0x03FF)
      body(
        Block(
          payloadType: bytes[header] & 0x7F, timestampOffset: bytes.uint16(at: header + 1) >> 2,
          range: position..<position + length))
      position += length
    }
    body(primary)
  }

  /// Replaces the blocks' payload types, which must all be `old`, by `new`.
  ///
  /// `packet` holds the payload at `payloadStart`, which may be elsewhere than it was parsed.
  /// False, and nothing changed, where a block is of another type.
  @inlinable
  public func patchPayloadTypes(
    _ packet: inout MutableRawSpan, payloadAt payloadStart: Int, from old: UInt8, to new: UInt8
  ) -> Bool {
    for index in 0...redundantCount {
      let type = packet.bytes[payloadStart + 4 * index] & 0x7F
      guard type == old else { return false }
    }
    for index in 0...redundantCount {
      let flag: UInt8 = index < redundantCount ? 0x80 : 0
      packet.store(flag | new & 0x7F, at: payloadStart + 4 * index)
    }
    return true
  }
}
