/// The keys for both directions that a DTLS handshake ends with (RFC 5764 section 4.2).
public struct SRTPKeyPair: Equatable, Sendable {
  /// For what this side sends.
  public var local: SRTPMasterKey
  /// For what the other side sends.
  public var remote: SRTPMasterKey
}

/// What a DTLS endpoint wants done.
public enum DTLSOutput: Equatable, Sendable {
  /// Send this datagram to the peer.
  case transmit([UInt8])
  /// The handshake is complete, with the right certificate and an SRTP profile.
  case connected(SRTPKeyPair)
  /// The association is over; nothing follows.
  case closed(DTLSCloseReason)
}

/// Why a DTLS association ended, or never began.
public enum DTLSCloseReason: String, Error, Hashable, Sendable, CaseIterable {
  /// The peer sent an authenticated close_notify.
  case closedByPeer = "closed_by_peer"
  /// The peer's certificate is none of those that SDP announced.
  case certificateRefused = "certificate_refused"
  /// No SRTP profile in common, or none offered.
  case noProfile = "no_srtp_profile"
  /// Anything else that the protocol forbids, or an authenticated fatal alert.
  case failed = "dtls_failed"
}
