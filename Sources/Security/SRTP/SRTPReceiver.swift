import Primitives

/// Checks and decrypts the packets that come in on one transport (RFC 3711, RFC 7714).
///
/// A stream gets state only by a packet that is authentic, and at most
/// `Limits.streamsPerTransport` streams get it, each for RTP and for RTCP. Nothing is allocated
/// for a packet but the first of a stream.
public struct SRTPReceiver: ~Copyable {
  private let place = InPlace()
  /// Why a packet was dropped.
  public enum Failure: String, Error, Hashable, Sendable, CaseIterable {
    /// Not RTP or RTCP, or shorter than its own overhead.
    case malformed
    /// Its index was seen before, or is so old that it may have been.
    case replayed
    /// The tag does not fit.
    case unauthenticated
    /// A new stream over the cap.
    case tooManyStreams
  }

  /// How packets are protected.
  public let profile: SRTPProfile

  private let rtp: SRTPTransform
  private let rtcp: SRTPTransform
  private var streams = ReplayWindows()
  private var controlStreams = ReplayWindows()

  /// A stream may begin shortly before its sequence number rolls over, and the packets before be
  /// lost; below this number its first one may have rolled over already.
  private static let firstNumbersAfterRollOver: UInt16 = 1_024

  /// Derives the session keys and makes the ciphers.
  public init(_ key: SRTPMasterKey) {
    profile = key.profile
    rtp = SRTPTransform(key, for: .rtp)
    rtcp = SRTPTransform(key, for: .rtcp)
  }

  /// Checks and decrypts the RTP packet of `length` bytes at the start of `slot`, in place, and
  /// returns its length in the clear. A packet that is refused is left as it came.
  public mutating func unprotectRTP(
    _ slot: UnsafeMutableRawBufferPointer, length: Int
  ) throws(Failure) -> Int {
    let textEnd = length - profile.rtpTrailer
    guard length <= slot.count, let headLength = Self.headerLength(slot, limit: textEnd) else {
      throw .malformed
    }
    let number = slot.uint16(at: 2)
    var unit = SRTPUnit(
      use: .rtp, ssrc: slot.uint32(at: 8), index: UInt64(number), headLength: headLength,
      textEnd: textEnd)

    if let stream = streams.find(unit.ssrc) {
      unit.index = Self.estimateIndex(of: number, highest: streams[stream].highest)
      guard streams[stream].verdict(on: unit.index) == .fresh else { throw .replayed }
      guard rtp.open(slot, unit) else { throw .unauthenticated }
      streams[stream].insert(unit.index)
      return textEnd
    }

    guard streams.count < Limits.streamsPerTransport else { throw .tooManyStreams }
    var isAuthentic = rtp.open(slot, unit)
    if !isAuthentic, number < Self.firstNumbersAfterRollOver {
      unit.index += 1 << 16
      isAuthentic = rtp.open(slot, unit)
    }
    guard isAuthentic else { throw .unauthenticated }
    streams.add(unit.ssrc, first: unit.index)
    return textEnd
  }

  /// Checks and decrypts the RTCP packet of `length` bytes at the start of `slot`, in place, and
  /// returns its length in the clear. A packet that is refused is left as it came.
  public mutating func unprotectRTCP(
    _ slot: UnsafeMutableRawBufferPointer, length: Int
  ) throws(Failure) -> Int {
    let textEnd = length - profile.rtcpTrailer
    guard length <= slot.count, textEnd >= 8, slot[0] >> 6 == 2 else { throw .malformed }
    let wordOffset = profile.isAEAD ? length - 4 : textEnd
    let word = slot.uint32(at: wordOffset)
    // The E bit: what DTLS agreed on is always encrypted.
    guard word & 0x8000_0000 != 0 else { throw .malformed }
    let unit = SRTPUnit(
      use: .rtcp, ssrc: slot.uint32(at: 4), index: UInt64(word & 0x7FFF_FFFF), headLength: 8,
      textEnd: textEnd)

    let stream = controlStreams.find(unit.ssrc)
    if let stream {
      guard controlStreams[stream].verdict(on: unit.index) == .fresh else { throw .replayed }
    } else {
      guard controlStreams.count < Limits.streamsPerTransport else { throw .tooManyStreams }
    }
    guard rtcp.open(slot, unit) else { throw .unauthenticated }
    if let stream {
      controlStreams[stream].insert(unit.index)
    } else {
      controlStreams.add(unit.ssrc, first: unit.index)
    }
    return textEnd
  }

  /// Bytes of header, CSRCs and extension block, which must end by `limit`; nil if they do not,
  /// or if it is not RTP. Padding is encrypted and not looked at.
  private static func headerLength(
    _ slot: UnsafeMutableRawBufferPointer, limit: Int
  ) -> Int? {
    guard limit >= 12, slot[0] >> 6 == 2 else { return nil }
    var length = 12 + 4 * Int(slot[0] & 0x0F)
    if slot[0] & 0x10 != 0 {
      guard length + 4 <= limit else { return nil }
      length += 4 + 4 * Int(slot.uint16(at: length + 2))
    }
    return length <= limit ? length : nil
  }

  /// The index nearest to the stream's highest that has `number` as its low 16 bits (RFC 3711
  /// appendix A), and in the first round none below zero.
  private static func estimateIndex(of number: UInt16, highest: UInt64) -> UInt64 {
    let distance = Int64(Int16(bitPattern: number &- UInt16(truncatingIfNeeded: highest)))
    let index = Int64(highest) + distance
    return index < 0 ? UInt64(number) : UInt64(index)
  }
}
