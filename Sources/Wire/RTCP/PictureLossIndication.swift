import Primitives

/// A request for a key frame after loss (PLI, RFC 4585 section 6.3.1): the two SSRCs alone.
public struct PictureLossIndication: Equatable, Sendable {
  /// Who asks.
  public var senderSSRC: UInt32
  /// The stream that should send a key frame.
  public var mediaSSRC: UInt32

  /// Joins the two.
  public init(senderSSRC: UInt32, mediaSSRC: UInt32) {
    self.senderSSRC = senderSSRC
    self.mediaSSRC = mediaSSRC
  }

  init(body: RawSpan) throws(WireError) {
    guard body.byteCount >= 8 else { throw .truncated }
    self.init(senderSSRC: body.uint32(at: 0), mediaSSRC: body.uint32(at: 4))
  }

  func write(to writer: inout ByteWriter) {
    writer.write(senderSSRC)
    writer.write(mediaSSRC)
  }
}

/// A request for key frames (FIR, RFC 5104 section 4.3.1).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                  SSRC of packet sender                        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                  not used, 0                                  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                  SSRC of media source                         |  one or more
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     | sequence no.  |                   reserved                    |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct FullIntraRequest: Equatable, Sendable {
  /// One stream that should send a key frame.
  public struct Entry: Equatable, Sendable {
    /// The stream.
    public var ssrc: UInt32
    /// Counts the requests to this stream: a repeated number repeats a request.
    public var sequenceNumber: UInt8

    /// Joins the two.
    public init(ssrc: UInt32, sequenceNumber: UInt8) {
      self.ssrc = ssrc
      self.sequenceNumber = sequenceNumber
    }
  }

  /// Who asks.
  public var senderSSRC: UInt32
  /// The streams.
  public var entries: [Entry]

  /// Joins the two.
  public init(senderSSRC: UInt32, entries: [Entry]) {
    self.senderSSRC = senderSSRC
    self.entries = entries
  }

  init(body: RawSpan) throws(WireError) {
    guard body.byteCount >= 16 else { throw .truncated }
    guard body.byteCount % 8 == 0 else { throw .length }
    senderSSRC = body.uint32(at: 0)
    entries = []
    for offset in stride(from: 8, to: body.byteCount, by: 8) {
      entries.append(
        Entry(ssrc: body.uint32(at: offset), sequenceNumber: body[offset + 4]))
    }
  }

  func write(to writer: inout ByteWriter) {
    writer.write(senderSSRC)
    writer.write(UInt32(0))
    for entry in entries {
      writer.write(entry.ssrc)
      writer.write(entry.sequenceNumber)
      writer.writeUInt24(0)
    }
  }
}
