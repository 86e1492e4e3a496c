/// Why an offer was refused; nothing has changed then.
public struct NegotiationError: Error, Hashable, Sendable {
  /// The reason's stable name, as a client reads it.
  public enum Reason: String, Sendable, CaseIterable {
    /// The offer is not a session description; the message names the line.
    case malformedOffer = "malformed_offer"
    /// Not all sections are in one BUNDLE group.
    case bundleRequired = "bundle_required"
    /// A section does not multiplex RTP and RTCP.
    case multiplexingRequired = "rtcp_mux_required"
    /// A section is not SRTP keyed by DTLS.
    case profileRefused = "profile_refused"
    /// There are no ICE credentials.
    case credentialsMissing = "ice_credentials_missing"
    /// The offerer is an ICE-lite agent too, so nobody would check.
    case liteRefused = "ice_lite_refused"
    /// There is no SHA-256 fingerprint.
    case fingerprintMissing = "fingerprint_missing"
    /// Sections of one transport name different certificates, or a later offer names another one.
    case fingerprintMismatch = "fingerprint_mismatch"
    /// The offerer will not be active in the DTLS handshake.
    case setupRefused = "setup_refused"
    /// A track or seat names a MID that the offer has not, or that is rejected there.
    case unknownSection = "unknown_section"
    /// Two tracks or seats name the same section, or two tracks the same source.
    case sectionUsedTwice = "section_used_twice"
    /// The section has the wrong kind of media for its track or seat.
    case kindMismatch = "kind_mismatch"
    /// The section flows the wrong way for its track or seat.
    case directionMismatch = "direction_mismatch"
    /// The section offers neither Opus nor VP8, as its kind needs.
    case codecMissing = "codec_missing"
    /// More seats of a kind than are given out.
    case tooManySeats = "too_many_seats"
    /// A section of an earlier offer is gone, or has another MID, kind or use.
    case sectionChanged = "section_changed"
    /// A section's payload types differ from those of an earlier offer.
    case payloadTypesChanged = "payload_types_changed"
    /// A header extension has two ids, or an id two extensions, within the session.
    case extensionsChanged = "extensions_changed"
  }

  /// The reason.
  public var reason: Reason
  /// The request's field at fault: `offer`, `tracks` or `seats`.
  public var field: String
  /// A sentence for the developer of the client.
  public var message: String

  init(_ reason: Reason, _ field: Field = .offer, _ message: String) {
    self.reason = reason
    self.field = field.rawValue
    self.message = message
  }

  enum Field: String {
    case offer
    case tracks
    case seats
  }
}
