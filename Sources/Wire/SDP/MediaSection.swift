import Primitives

/// One `m=` line with its attributes.
public struct MediaSection: Hashable, Sendable {
  /// The profile that all media uses: SRTP keyed by DTLS, with feedback (RFC 5764, RFC 5124).
  public static let secureProfile = "UDP/TLS/RTP/SAVPF"

  /// The word behind `m=`: `audio`, `video` or `application`.
  public var media: String
  /// The port; 0 rejects the section, unless `isBundleOnly`.
  public var port: UInt16
  /// The transport and profile.
  public var profile: String
  /// The formats: payload types of audio and video, words otherwise.
  public var formats: [String]
  /// The name of the section, 1...16 bytes (RFC 9143 section 15).
  public var mid: String?
  /// Where media would go without ICE; nil writes an address that is none.
  public var connection: NetworkAddress?
  /// Which way media flows, from the writer's point of view.
  public var direction = MediaDirection.sendrecv
  /// `a=rtcp-mux` (RFC 5761).
  public var isMultiplexed = false
  /// `a=rtcp-rsize` (RFC 5506).
  public var isReducedSize = false
  /// `a=bundle-only` (RFC 9143 section 6): the port 0 does not mean rejection.
  public var isBundleOnly = false
  /// ICE and DTLS attributes of this section alone.
  public var transport = TransportAttributes()
  /// The payload formats that have an `a=rtpmap`, in the order of the `m=` line.
  public var codecs: [RTPCodec] = []
  /// The header extensions that are known here.
  public var extensions: [ExtensionMapping] = []
  /// The media stream and track that the sender belongs to (RFC 8830); the first if several.
  public var stream: MediaStreamID?
  /// The SSRCs that `a=ssrc` lines name, with their canonical names (RFC 5576).
  public var sources: [AnnouncedSource] = []
  /// The `FID` groups: a stream and its retransmission stream (RFC 5576 section 4.2).
  public var retransmissions: [AnnouncedStream] = []
  /// The `a=rid` lines (RFC 8851).
  public var rids: [RestrictionID] = []
  /// The RIDs that `a=simulcast` would send, the first of each list of alternatives (RFC 8853).
  public var simulcastSend: [String] = []
  /// The RIDs that `a=simulcast` would receive.
  public var simulcastReceive: [String] = []
  /// The UDP host candidates for RTP.
  public var candidates: [SDPCandidate] = []
  /// `a=end-of-candidates` (RFC 8838 section 8.2).
  public var hasEndOfCandidates = false

  /// A section without attributes.
  public init(media: String, port: UInt16, profile: String, formats: [String]) {
    self.media = media
    self.port = port
    self.profile = profile
    self.formats = formats
  }

  /// The kind of media, where it is audio or video.
  public var kind: MediaKind? { MediaKind(rawValue: media) }

  /// Whether the section is refused by its writer (RFC 3264 section 6).
  public var isRejected: Bool { port == 0 && !isBundleOnly }

  /// The id of an extension and the direction in which it is offered.
  public func mapping(of uri: ExtensionURI) -> ExtensionMapping? {
    extensions.first { $0.uri == uri }
  }

  /// The streams that the `a=ssrc` and `a=ssrc-group:FID` lines announce, in order.
  public var streams: [AnnouncedStream] {
    let repairs = Set(retransmissions.compactMap(\.retransmissionSSRC))
    return sources.filter { !repairs.contains($0.ssrc) }.map { source in
      retransmissions.first { $0.ssrc == source.ssrc } ?? AnnouncedStream(ssrc: source.ssrc)
    }
  }
}

/// The two words of `a=msid` (RFC 8830).
public struct MediaStreamID: Hashable, Sendable {
  /// What tracks that are played in step share.
  public var stream: String
  /// The track within the stream.
  public var track: String

  /// Joins the two.
  public init(stream: String, track: String) {
    self.stream = stream
    self.track = track
  }
}

/// An `a=ssrc` line (RFC 5576).
public struct AnnouncedSource: Hashable, Sendable {
  /// The SSRC.
  public var ssrc: UInt32
  /// Its canonical name, where a line gave it.
  public var cname: String?

  /// Joins the two.
  public init(ssrc: UInt32, cname: String? = nil) {
    self.ssrc = ssrc
    self.cname = cname
  }
}

/// An `a=rid` line without its restrictions (RFC 8851).
public struct RestrictionID: Hashable, Sendable {
  /// Which way the stream goes, from the writer's point of view.
  public enum Direction: String, Sendable {
    case send
    case receive = "recv"
  }

  /// The name of the stream, 1...16 letters, digits, `-` and `_`.
  public var id: String
  /// Which way it goes.
  public var direction: Direction

  /// Joins the two.
  public init(id: String, direction: Direction) {
    self.id = id
    self.direction = direction
  }
}
