import Primitives
import Wire

/// Answers one participant's offers (RFC 3264, RFC 8829), and remembers what was agreed.
///
/// The client always offers and this side always answers: as an ICE-lite agent, with one transport
/// for all sections, passive in DTLS. A section is either published on, or one half of a seat, or
/// unused, for as long as the session lives; later offers add sections or make them inactive, and
/// nothing agreed before changes its payload types, extension ids or SSRCs (W21).
public struct MediaNegotiator: Sendable {
  /// A track that the client says it will send.
  public struct TrackRequest: Hashable, Sendable {
    /// The section's MID.
    public var mid: String
    /// What the track is.
    public var source: MediaSource

    /// Joins the two.
    public init(mid: String, source: MediaSource) {
      self.mid = mid
      self.source = source
    }
  }

  /// Sections on which the client wants to receive one occupant.
  public struct SeatRequest: Hashable, Sendable {
    /// What the seat is for.
    public var kind: SeatKind
    /// The MID of the section for sound; a voice seat has no other.
    public var audioMID: String?
    /// The MID of the section for pictures.
    public var videoMID: String?

    /// Joins the parts.
    public init(kind: SeatKind, audioMID: String?, videoMID: String?) {
      self.kind = kind
      self.audioMID = audioMID
      self.videoMID = videoMID
    }
  }

  /// What an offer led to.
  public struct Answer: Equatable, Sendable {
    /// The text for the client.
    public var sdp: String
    /// What the worker needs for the transport.
    public var transport: TransportPlan
    /// What the relay needs. A seat's index is its position here, for ever; a seat whose sections
    /// became inactive stays without them.
    public var media: MediaPlan
    /// Whether the offer asked for an ICE restart, so that `transport` has new credentials.
    public var isRestart: Bool

    /// The seats, with the sections that can be sent on.
    public var seats: [SeatPlan] { media.seats }
  }

  private let fingerprint: Fingerprint
  private let candidates: [NetworkAddress]
  private let cname: String
  private var agreement: Agreement?

  /// Negotiates for a worker: its certificate's fingerprint, the addresses to reach it at (the
  /// best first), and the opaque canonical name that the relay sends to this participant.
  public init(fingerprint: Fingerprint, candidates: [NetworkAddress], cname: String) {
    self.fingerprint = fingerprint
    self.candidates = candidates
    self.cname = cname
  }

  /// Answers an offer whose sections are published on as `tracks` says, and received on as `seats`
  /// says; the others are answered inactive. Throws, and remembers nothing, where it refuses.
  public mutating func answer(
    offer text: String, tracks: [TrackRequest], seats: [SeatRequest], random: inout RandomSource
  ) throws(NegotiationError) -> Answer {
    let offer: SessionDescription
    do {
      offer = try SessionDescription(parsing: text)
    } catch {
      throw NegotiationError(.malformedOffer, .offer, error.description)
    }
    let remote = try RemoteTransport(offer: offer)
    var next = agreement ?? Agreement(remote: remote, random: &random)
    try next.checkSections(of: offer)
    let isRestart = try next.takeTransport(remote, random: &random)
    try next.takeTracks(tracks, of: offer)
    try next.takeSeats(seats, of: offer)
    try next.agree(on: offer, random: &random)
    next.version += 1
    agreement = next
    return Answer(
      sdp: next.answer(to: offer, fingerprint, candidates, cname).text,
      transport: TransportPlan(
        local: next.local, remote: remote.credentials, remoteFingerprints: remote.fingerprints),
      media: next.plan(cname: cname), isRestart: isRestart)
  }
}

/// What an offer says of the one transport that its sections share.
struct RemoteTransport: Equatable {
  let credentials: ICECredentials
  let fingerprints: [Fingerprint]

  /// Reads it from the tagged section (RFC 9143 section 7.2), and checks the others.
  init(offer: SessionDescription) throws(NegotiationError) {
    if offer.isICELite { throw NegotiationError(.liteRefused, .offer, "the offerer must check") }
    let sections = offer.media.filter { !$0.isRejected }
    let members = Set(offer.bundle)
    guard !sections.isEmpty, sections.allSatisfy({ members.contains($0.mid ?? "") }),
      let tag = offer.bundle.lazy.compactMap({ mid in sections.first { $0.mid == mid } }).first
    else { throw NegotiationError(.bundleRequired, .offer, "all sections share one BUNDLE group") }

    let transport = offer.transport(of: tag)
    guard let credentials = transport.credentials else {
      throw NegotiationError(.credentialsMissing, .offer, "a=ice-ufrag and a=ice-pwd are needed")
    }
    guard !transport.fingerprints.isEmpty else {
      throw NegotiationError(.fingerprintMissing, .offer, "a SHA-256 fingerprint is needed")
    }
    guard transport.setup == .actpass || transport.setup == .active else {
      throw NegotiationError(.setupRefused, .offer, "the offerer must take the active role")
    }
    self.credentials = credentials
    fingerprints = transport.fingerprints
    for section in sections { try check(section, offer: offer) }
  }

  private func check(
    _ section: MediaSection, offer: SessionDescription
  ) throws(NegotiationError) {
    let mid = section.mid ?? ""
    let own = offer.transport(of: section).fingerprints
    // Only the tagged section must carry a fingerprint; who carries one may not differ.
    guard own.isEmpty || Set(own) == Set(fingerprints) else {
      throw NegotiationError(
        .fingerprintMismatch, .offer, "section \(mid) names another certificate")
    }
    guard section.kind != nil else { return }
    guard section.profile == MediaSection.secureProfile else {
      throw NegotiationError(
        .profileRefused, .offer, "section \(mid) is not \(MediaSection.secureProfile)")
    }
    guard section.isMultiplexed else {
      throw NegotiationError(.multiplexingRequired, .offer, "section \(mid) has no a=rtcp-mux")
    }
  }
}
