import Primitives

/// The rate that a receiver estimates its path can carry (REMB,
/// draft-alvestrand-rmcat-remb-03 section 2.2).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                  SSRC of packet sender                        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                  not used, 0                                  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |      'R'            'E'             'M'             'B'       |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |  SSRC count   | exponent  |             mantissa              |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                  SSRCs that the rate is for                   |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct ReceiverEstimatedMaximumBitrate: Equatable, Sendable {
  /// Who estimates.
  public var senderSSRC: UInt32
  /// The estimate for all the streams together. A packet that says more than `highest` is read as
  /// that.
  public var bitrate: Bitrate
  /// The streams, at most 255.
  public var ssrcs: [UInt32]

  /// The highest rate of 18 significant bits that 63 bits hold: a rate without a limit.
  public static let highest = Bitrate(bitsPerSecond: 0x3_FFFF << 45)

  private static let mark: UInt32 = 0x5245_4D42
  private static let mantissaBits = 18

  /// Joins the parts.
  public init(senderSSRC: UInt32, bitrate: Bitrate, ssrcs: [UInt32]) {
    self.senderSSRC = senderSSRC
    self.bitrate = bitrate
    self.ssrcs = ssrcs
  }

  /// Whether an application layer feedback message is this one.
  static func isMarked(_ body: RawSpan) -> Bool {
    body.byteCount >= 12 && body.uint32(at: 8) == mark
  }

  init(body: RawSpan) throws(WireError) {
    guard body.byteCount >= 16 else { throw .truncated }
    let count = Int(body[12])
    guard body.byteCount >= 16 + 4 * count else { throw .truncated }
    let rate = body.uint32(at: 12) & 0xFF_FFFF
    let exponent = Int(rate >> Self.mantissaBits)
    let mantissa = Int64(rate & 0x3_FFFF)
    let fits = mantissa == 0 || mantissa.leadingZeroBitCount > exponent
    self.init(
      senderSSRC: body.uint32(at: 0),
      bitrate: fits ? Bitrate(bitsPerSecond: mantissa << exponent) : Self.highest,
      ssrcs: (0..<count).map { body.uint32(at: 16 + 4 * $0) })
  }

  /// Rates over 18 significant bits are rounded down.
  func write(to writer: inout ByteWriter) {
    precondition(ssrcs.count <= 255, "too many streams for one estimate")
    let rate = bitrate.bitsPerSecond
    let exponent = max(0, Int64.bitWidth - rate.leadingZeroBitCount - Self.mantissaBits)
    writer.write(senderSSRC)
    writer.write(UInt32(0))
    writer.write(Self.mark)
    writer.write(UInt8(ssrcs.count))
    writer.writeUInt24(UInt32(exponent) << Self.mantissaBits | UInt32(rate >> exponent))
    for ssrc in ssrcs { writer.write(ssrc) }
  }
}
