import Primitives

/// Protects the packets that go out on one transport (RFC 3711, RFC 7714).
///
/// Nothing is allocated for a packet but the first of a stream.
public struct SRTPSender: ~Copyable {
  private let place = InPlace()
  /// How packets are protected.
  public let profile: SRTPProfile

  private let rtp: SRTPTransform
  private let rtcp: SRTPTransform
  private var usedIndices = ReplayWindows()
  private var nextControlIndex: UInt64 = 0

  /// The first number that does not fit the SRTCP index's 31 bits.
  private static let controlIndexLimit: UInt64 = 1 << 31
  /// The first number that does not fit the packet index's 48 bits.
  private static let indexLimit: UInt64 = 1 << 48

  /// Derives the session keys and makes the ciphers.
  public init(_ key: SRTPMasterKey) {
    profile = key.profile
    rtp = SRTPTransform(key, for: .rtp)
    rtcp = SRTPTransform(key, for: .rtcp)
  }

  /// Protects the RTP packet of `length` bytes at the start of `slot`, in place.
  ///
  /// - Parameters:
  ///   - slot: the packet, with room for `profile.rtpTrailer` bytes behind it.
  ///   - headerLength: what stays clear: header, CSRCs and extension block.
  ///   - index: the extended sequence number (RFC 3711 section 3.3.1); its low 16 bits are the
  ///     packet's.
  ///   - rest: what of the packet, behind the header, does not stand in the slot yet.
  /// - Returns: the protected length; nil, with the packet untouched, for an index so far behind
  ///   the stream's highest that it may have been used, or beyond 48 bits.
  ///
  /// An index that was used before on the packet's SSRC traps: the same key stream over two
  /// packets would give away both.
  public mutating func protectRTP(
    _ slot: UnsafeMutableRawBufferPointer, length: Int, headerLength: Int, index: UInt64,
    rest: PacketRest = .none
  ) -> Int? {
    precondition(
      headerLength >= 12 && headerLength <= length
        && length + profile.rtpTrailer <= slot.count, "not a packet with room for its trailer")
    precondition(slot.uint16(at: 2) == UInt16(truncatingIfNeeded: index), "another packet's index")
    let ssrc = slot.uint32(at: 8)
    guard index < Self.indexLimit, use(index, of: ssrc) else { return nil }
    rtp.seal(
      slot,
      SRTPUnit(
        use: .rtp, ssrc: ssrc, index: index, headLength: headerLength, textEnd: length,
        rest: rest))
    return length + profile.rtpTrailer
  }

  /// Has the processor bring near what protecting an RTP packet needs.
  public func prefetchKeys() {
    rtp.prefetch()
    usedIndices.prefetch()
  }

  /// Protects an RTCP compound of at least 8 bytes, which grows by `profile.rtcpTrailer`.
  ///
  /// False, with the packet untouched, when the key has protected 2^31 of them: it is used up.
  public mutating func protectRTCP(_ packet: inout [UInt8]) -> Bool {
    precondition(packet.count >= 8, "not RTCP")
    guard nextControlIndex < Self.controlIndexLimit else { return false }
    let length = packet.count
    packet.append(contentsOf: repeatElement(0, count: profile.rtcpTrailer))
    let index = nextControlIndex
    nextControlIndex += 1
    packet.withUnsafeMutableBytes { slot in
      rtcp.seal(
        slot,
        SRTPUnit(
          use: .rtcp, ssrc: slot.uint32(at: 4), index: index, headLength: 8, textEnd: length))
    }
    return true
  }

  /// Uses up an index; false if it is too old to know whether it was used.
  private mutating func use(_ index: UInt64, of ssrc: UInt32) -> Bool {
    guard let stream = usedIndices.find(ssrc) else {
      usedIndices.add(ssrc, first: index)
      return true
    }
    let verdict = usedIndices[stream].use(index)
    precondition(verdict != .used, "an SRTP index is used once")
    return verdict == .fresh
  }
}
