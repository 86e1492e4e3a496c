import Security

/// Why a transport dropped a datagram. None of these changes any state but its counter.
public enum TransportDrop: Int, Error, Hashable, Sendable, CaseIterable {
  /// The first byte is of no protocol that is spoken here (RFC 7983).
  case unknownKind
  /// Longer than `Limits.datagramBytes`.
  case tooLong
  /// The transport is closed.
  case closed

  /// Not well-formed STUN.
  case malformedSTUN
  /// A STUN message that has no business here: an indication, another method, a response that
  /// nobody waits for.
  case unexpectedSTUN
  /// FINGERPRINT is missing or wrong.
  case wrongFingerprint
  /// USERNAME is missing, or names other fragments than the current ones.
  case wrongUsername
  /// MESSAGE-INTEGRITY is missing.
  case missingIntegrity
  /// MESSAGE-INTEGRITY is not that of the right password.
  case wrongIntegrity
  /// An authenticated check whose transaction id was seen before, from an address that is not
  /// bound: a replay.
  case repeatedTransaction
  /// An authenticated check that had to be refused by an error response.
  case refusedCheck

  /// DTLS, RTP or RTCP from an address that no authenticated check came from.
  case unboundAddress
  /// RTP or RTCP before the DTLS handshake was complete.
  case beforeKeys
  /// RTP from a peer whose media is not admitted; it was not decrypted.
  case notAdmitted
  /// Too short to be SRTP or SRTCP, or its header contradicts its length.
  case malformedSRTP
  /// A packet that was received before, or is older than the replay window.
  case replayedSRTP
  /// The authentication tag is wrong.
  case unauthenticatedSRTP
  /// One SSRC more than `Limits.streamsPerTransport`.
  case tooManyStreams

  init(_ failure: SRTPReceiver.Failure) {
    self =
      switch failure {
      case .malformed: .malformedSRTP
      case .replayed: .replayedSRTP
      case .unauthenticated: .unauthenticatedSRTP
      case .tooManyStreams: .tooManyStreams
      }
  }
}

/// How many datagrams a transport dropped, by reason.
public struct TransportCounters: Equatable, Sendable {
  private var drops = [UInt64](repeating: 0, count: TransportDrop.allCases.count)

  init() {}

  /// The number of drops for a reason.
  public subscript(reason: TransportDrop) -> UInt64 { drops[reason.rawValue] }

  /// All drops together.
  public var total: UInt64 { drops.reduce(0, &+) }

  mutating func count(_ reason: TransportDrop) { drops[reason.rawValue] &+= 1 }
}
