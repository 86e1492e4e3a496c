import Primitives

/// What a receiver reports of one stream (RFC 3550 section 6.4.1).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                        SSRC of the stream                     |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     | fraction lost |       cumulative number of packets lost       |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |           extended highest sequence number received           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                      interarrival jitter                      |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                         last SR (LSR)                         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                   delay since last SR (DLSR)                  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct ReportBlock: Equatable, Sendable {
  /// The stream that is reported on.
  public var ssrc: UInt32
  /// The share lost since the report before, in 256ths.
  public var fractionLost: UInt8
  /// Packets lost since the start: 24 bits signed, as duplicates count against losses.
  public var cumulativeLost: Int32
  /// The highest sequence number, with its roll-overs in the high 16 bits.
  public var highestSequenceNumber: UInt32
  /// The interarrival jitter, in ticks of the stream's clock.
  public var jitter: UInt32
  /// The middle 32 bits of the last sender report's NTP time, 0 before the first.
  public var lastSenderReport: UInt32
  /// The time since that report came in, in 65,536ths of a second.
  public var delaySinceLastSenderReport: UInt32

  static let length = 24

  /// Joins the parts; `cumulativeLost` is held within 24 bits.
  public init(
    ssrc: UInt32, fractionLost: UInt8, cumulativeLost: Int32, highestSequenceNumber: UInt32,
    jitter: UInt32, lastSenderReport: UInt32, delaySinceLastSenderReport: UInt32
  ) {
    self.ssrc = ssrc
    self.fractionLost = fractionLost
    self.cumulativeLost = min(max(cumulativeLost, -0x80_0000), 0x7F_FFFF)
    self.highestSequenceNumber = highestSequenceNumber
    self.jitter = jitter
    self.lastSenderReport = lastSenderReport
    self.delaySinceLastSenderReport = delaySinceLastSenderReport
  }

  /// Reads `count` blocks from `offset`; what follows them (a profile's extension) is left.
  static func parse(
    _ body: RawSpan, at offset: Int, count: Int
  ) throws(WireError) -> [ReportBlock] {
    guard body.byteCount >= offset + count * length else { throw .truncated }
    var blocks: [ReportBlock] = []
    blocks.reserveCapacity(count)
    for index in 0..<count {
      let start = offset + index * length
      let loss = body.uint32(at: start + 4)
      blocks.append(
        ReportBlock(
          ssrc: body.uint32(at: start), fractionLost: UInt8(truncatingIfNeeded: loss >> 24),
          cumulativeLost: Int32(bitPattern: loss << 8) >> 8,
          highestSequenceNumber: body.uint32(at: start + 8),
          jitter: body.uint32(at: start + 12), lastSenderReport: body.uint32(at: start + 16),
          delaySinceLastSenderReport: body.uint32(at: start + 20)))
    }
    return blocks
  }

  func write(to writer: inout ByteWriter) {
    writer.write(ssrc)
    writer.write(fractionLost)
    writer.writeUInt24(UInt32(bitPattern: cumulativeLost))
    writer.write(highestSequenceNumber)
    writer.write(jitter)
    writer.write(lastSenderReport)
    writer.write(delaySinceLastSenderReport)
  }
}

/// A sender's report: what it has sent, and which wall-clock time its media clock stands for
/// (RFC 3550 section 6.4.1).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                         SSRC of sender                        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                    NTP timestamp, 64 bits                     |
///     |                                                               |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                         RTP timestamp                         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                     sender's packet count                     |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                      sender's octet count                     |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                       report blocks: count                    |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct SenderReport: Equatable, Sendable {
  /// The stream that the report is about.
  public var ssrc: UInt32
  /// The sender's clock: seconds since 1900 in the high 32 bits, fractions in the low.
  public var ntpTime: UInt64
  /// The same moment in the stream's media time.
  public var rtpTimestamp: UInt32
  /// Packets sent; wraps.
  public var packetCount: UInt32
  /// Payload bytes sent, without headers and padding; wraps.
  public var octetCount: UInt32
  /// What the sender reports as a receiver, at most 31.
  public var blocks: [ReportBlock]

  /// Joins the parts.
  public init(
    ssrc: UInt32, ntpTime: UInt64, rtpTimestamp: UInt32, packetCount: UInt32,
    octetCount: UInt32, blocks: [ReportBlock] = []
  ) {
    self.ssrc = ssrc
    self.ntpTime = ntpTime
    self.rtpTimestamp = rtpTimestamp
    self.packetCount = packetCount
    self.octetCount = octetCount
    self.blocks = blocks
  }

  /// The middle 32 bits of the NTP time, as receivers echo it (LSR).
  public var compactNTPTime: UInt32 { UInt32(truncatingIfNeeded: ntpTime >> 16) }

  init(body: RawSpan, count: Int) throws(WireError) {
    guard body.byteCount >= 24 else { throw .truncated }
    self.init(
      ssrc: body.uint32(at: 0),
      ntpTime: UInt64(body.uint32(at: 4)) << 32 | UInt64(body.uint32(at: 8)),
      rtpTimestamp: body.uint32(at: 12), packetCount: body.uint32(at: 16),
      octetCount: body.uint32(at: 20),
      blocks: try ReportBlock.parse(body, at: 24, count: count))
  }

  func write(to writer: inout ByteWriter) {
    writer.write(ssrc)
    writer.write(ntpTime)
    writer.write(rtpTimestamp)
    writer.write(packetCount)
    writer.write(octetCount)
    for block in blocks { block.write(to: &writer) }
  }
}

/// A report of one who receives and does not send (RFC 3550 section 6.4.2): its SSRC, then the
/// blocks.
public struct ReceiverReport: Equatable, Sendable {
  /// The SSRC of the reporter.
  public var ssrc: UInt32
  /// The reports, at most 31.
  public var blocks: [ReportBlock]

  /// Joins the parts.
  public init(ssrc: UInt32, blocks: [ReportBlock] = []) {
    self.ssrc = ssrc
    self.blocks = blocks
  }

  init(body: RawSpan, count: Int) throws(WireError) {
    guard body.byteCount >= 4 else { throw .truncated }
    self.init(
      ssrc: body.uint32(at: 0), blocks: try ReportBlock.parse(body, at: 4, count: count))
  }

  func write(to writer: inout ByteWriter) {
    writer.write(ssrc)
    for block in blocks { block.write(to: &writer) }
  }
}
