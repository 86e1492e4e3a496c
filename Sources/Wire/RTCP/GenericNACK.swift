import Primitives

/// Packets that a receiver misses (RFC 4585 section 6.2.1).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                  SSRC of packet sender                        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                  SSRC of media source                         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |        packet id (PID)        |  mask of the 16 after (BLP)   |  one or more
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct GenericNACK: Equatable, Sendable {
  /// Who asks.
  public var senderSSRC: UInt32
  /// The stream that has gaps.
  public var mediaSSRC: UInt32
  /// The sequence numbers that are missing, in the order of the packet.
  public var missing: [UInt16]

  /// Joins the parts.
  public init(senderSSRC: UInt32, mediaSSRC: UInt32, missing: [UInt16]) {
    self.senderSSRC = senderSSRC
    self.mediaSSRC = mediaSSRC
    self.missing = missing
  }

  init(body: RawSpan) throws(WireError) {
    guard body.byteCount >= 12 else { throw .truncated }
    guard body.byteCount % 4 == 0 else { throw .length }
    var missing: [UInt16] = []
    for offset in stride(from: 8, to: body.byteCount, by: 4) {
      let packetID = body.uint16(at: offset)
      let mask = body.uint16(at: offset + 2)
      missing.append(packetID)
      for bit: UInt16 in 0..<16 where mask & 1 << bit != 0 {
        missing.append(packetID &+ bit &+ 1)
      }
    }
    self.init(
      senderSSRC: body.uint32(at: 0), mediaSSRC: body.uint32(at: 4), missing: missing)
  }

  func write(to writer: inout ByteWriter) {
    precondition(!missing.isEmpty, "a NACK names at least one packet")
    writer.write(senderSSRC)
    writer.write(mediaSSRC)
    var index = 0
    while index < missing.count {
      let packetID = missing[index]
      var mask: UInt16 = 0
      var previous: UInt16 = 0
      index += 1
      while index < missing.count {
        let distance = missing[index] &- packetID
        guard distance > previous, distance <= 16 else { break }
        mask |= 1 << (distance - 1)
        previous = distance
        index += 1
      }
      writer.write(packetID)
      writer.write(mask)
    }
  }
}
