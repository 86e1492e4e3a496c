import Primitives

/// What a datagram on a media transport is, by its first bytes (RFC 7983 section 7; RFC 5761
/// section 4 for RTP and RTCP on one port).
///
/// It says where a datagram goes, not that it is well formed.
public enum DatagramKind: String, Hashable, Sendable, CaseIterable {
  /// First byte 0...3.
  case stun
  /// First byte 20...63.
  case dtls
  /// First byte 128...191, and a second byte outside of RTCP's range.
  case rtp
  /// First byte 128...191, second byte 192...223.
  case rtcp
  /// Nothing that is spoken here: ZRTP, TURN channels, and what nobody has defined.
  case unknown

  /// Classifies the datagram that fills `bytes`; an empty one is unknown, as is a lone first byte
  /// of RTP or RTCP.
  @inlinable
  public init(_ bytes: RawSpan) {
    guard bytes.byteCount > 0 else {
      self = .unknown
      return
    }
    switch bytes[0] {
    case 0...3: self = .stun
    case 20...63: self = .dtls
    case 128...191 where bytes.byteCount > 1: self = 192...223 ~= bytes[1] ? .rtcp : .rtp
    default: self = .unknown
    }
  }
}
