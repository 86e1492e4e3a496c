import Primitives
import Security
import Wire

/// What a transport wants done, or has to tell.
public enum TransportOutput: Equatable, Sendable {
  /// Send this datagram; it is STUN, DTLS, or a protected packet.
  case transmit([UInt8], to: NetworkAddress)
  /// An authenticated check came from this address: datagrams from it belong to this transport.
  case bound(NetworkAddress)
  /// The address belongs to this transport no longer.
  case unbound(NetworkAddress)
  /// ICE and DTLS are up; packets can be protected from now on. Happens once.
  case connected
  /// Packets for the peer go to this address from now on.
  case movedTo(NetworkAddress)
  /// Nothing authenticated has come for `Limits.silenceThreshold`.
  case silent
  /// A silent peer was heard again.
  case heard
  /// The transport is over; nothing follows. Not reported where `close` was called.
  case closed(TransportCloseReason)
}

/// Why a transport ended by itself.
public enum TransportCloseReason: String, Hashable, Sendable, CaseIterable {
  /// No complete connection within `Limits.consentLifetime`.
  case neverConnected = "never_connected"
  /// Nothing authenticated for `Limits.consentLifetime` (RFC 7675).
  case consentExpired = "consent_expired"
  /// The peer sent an authenticated close_notify.
  case closedByPeer = "closed_by_peer"
  /// The peer's certificate is none of those that SDP announced.
  case certificateRefused = "certificate_refused"
  /// No SRTP profile in common, or none offered.
  case noProfile = "no_srtp_profile"
  /// DTLS ended with an error.
  case failed = "dtls_failed"

  init(_ reason: DTLSCloseReason) {
    self =
      switch reason {
      case .closedByPeer: .closedByPeer
      case .certificateRefused: .certificateRefused
      case .noProfile: .noProfile
      case .failed: .failed
      }
  }
}

/// What became of a datagram that a transport was given.
public enum Received: Equatable, Sendable {
  /// It was for the transport itself; `poll` may have something.
  case nothing
  /// A clear RTP packet of `length` bytes stands at the start of the slot.
  case rtp(length: Int)
  /// A clear RTCP compound packet of `length` bytes stands at the start of the slot.
  case rtcp(length: Int)
  /// It changed nothing, and was counted.
  case dropped(TransportDrop)
}
