import Primitives
import Security
import Wire

/// A section on which a sink is ready to receive: what it asks a server for.
public struct SinkSeat: Hashable, Sendable {
  /// What the seat is for.
  public var kind: SeatKind
  /// The section for sound.
  public var audioMID: String?
  /// The section for pictures.
  public var videoMID: String?
}

/// What a sink offers on a connection.
public struct SinkOffer: Sendable {
  /// The session description.
  public var text: String
  /// What each section to publish on carries.
  public var tracks: [(mid: String, source: MediaSource)]
  /// The sections to receive on.
  public var seats: [SinkSeat]
}

/// Why a sink cannot go on from a description.
public enum SinkError: Error, Hashable {
  /// Credentials, fingerprint or an IPv4 candidate are missing.
  case noTransport
  /// A section has no payload format that is understood.
  case noFormat
}

extension SinkPeer {
  /// Offers the sections of its tracks, and of these seats.
  func offer(seats kinds: [SeatKind], hasVideo: Bool, certificate: Certificate) -> SinkOffer {
    var offer = description(certificate)
    offer.transport.setup = .active
    var tracks: [(mid: String, source: MediaSource)] = []
    for source in sources {
      let mid = String(offer.media.count)
      offer.media.append(section(publishing: source, mid: mid))
      tracks.append((mid, source.track.source))
    }
    var seats: [SinkSeat] = []
    for kind in kinds {
      var seat = SinkSeat(kind: kind, audioMID: String(offer.media.count))
      offer.media.append(Self.section(.audio, mid: String(offer.media.count), .recvonly))
      if hasVideo, kind.sources.video != nil {
        seat.videoMID = String(offer.media.count)
        offer.media.append(Self.section(.video, mid: String(offer.media.count), .recvonly))
      }
      seats.append(seat)
    }
    return SinkOffer(text: finish(&offer), tracks: tracks, seats: seats)
  }

  /// Answers a server's offer by receiving all that it would send.
  func answer(_ offer: SessionDescription, certificate: Certificate) -> String {
    var answer = description(certificate)
    answer.transport.setup = .active
    answer.media = offer.media.map { offered in
      var section = Self.section(offered.kind ?? .audio, mid: offered.mid ?? "", .recvonly)
      section.codecs = offered.codecs.filter { codec in
        section.codecs.contains { $0.name.lowercased() == codec.name.lowercased() }
      }
      section.formats = section.codecs.map { String($0.payloadType) }
      section.extensions = offered.extensions.filter { $0.uri == .audioLevel }
      return section
    }
    return finish(&answer)
  }

  /// Takes in what the other side has described: where it is, what it sends, and how packets to it
  /// look.
  func apply(
    _ remote: SessionDescription, certificate: Certificate, profiles: [SRTPProfile], now: Instant
  ) throws {
    guard let tag = remote.media.first(where: { $0.mid == remote.bundle.first }),
      let theirs = remote.transport(of: tag).credentials,
      let candidate = tag.candidates.first(where: { $0.address.isIPv4 })
    else { throw SinkError.noTransport }
    for section in remote.media where !section.isRejected { try apply(section) }
    let plan = TransportPlan(
      local: credentials, remote: theirs,
      remoteFingerprints: remote.transport(of: tag).fingerprints)
    guard !plan.remoteFingerprints.isEmpty else { throw SinkError.noTransport }
    try connect(
      to: candidate.address, plan: plan, certificate: certificate, profiles: profiles, now: now)
  }

  private func apply(_ section: MediaSection) throws {
    guard let kind = section.kind else { return }
    if section.direction.sends, let stream = section.streams.first {
      streams.append(SinkStream(ssrc: stream.ssrc, kind: kind))
    }
    guard section.direction.receives, let mid = section.mid.flatMap({ Int($0) }),
      sources.indices.contains(mid), sources[mid].track.source.kind == kind
    else { return }
    let name = kind == .audio ? "opus" : "VP8"
    guard let codec = section.codecs.first(where: { $0.isEncoding(name, at: kind.clockRate) })
    else { throw SinkError.noFormat }
    sources[mid].prepare(
      publisher: UInt32(number), payloadType: codec.payloadType,
      audioLevelID: section.mapping(of: .audioLevel)?.id ?? 0)
  }

  // MARK: Sections

  private func description(_ certificate: Certificate) -> SessionDescription {
    var description = SessionDescription(sessionID: descriptionID, version: 1)
    description.transport.credentials = credentials
    description.transport.fingerprints = [Fingerprint(digest: certificate.digest)]
    return description
  }

  private func finish(_ description: inout SessionDescription) -> String {
    description.bundle = description.media.compactMap(\.mid)
    if !description.media.isEmpty {
      description.media[0].candidates = [SDPCandidate(host: localAddress, preference: 0)]
      description.media[0].hasEndOfCandidates = true
    }
    return description.text
  }

  private func section(publishing source: SinkSource, mid: String) -> MediaSection {
    var section = Self.section(source.track.source.kind, mid: mid, .sendonly)
    section.stream = MediaStreamID(stream: "-", track: source.track.source.rawValue)
    section.sources = [AnnouncedSource(ssrc: source.ssrc, cname: canonicalName)]
    if source.track.source.kind == .video {
      section.sources.append(AnnouncedSource(ssrc: source.ssrc - 1, cname: canonicalName))
      section.retransmissions = [
        AnnouncedStream(ssrc: source.ssrc, retransmissionSSRC: source.ssrc - 1)
      ]
    }
    return section
  }

  private static func section(
    _ kind: MediaKind, mid: String, _ direction: MediaDirection
  ) -> MediaSection {
    let codecs = kind == .audio ? audioCodecs : videoCodecs
    var section = MediaSection(
      media: kind.rawValue, port: 9, profile: MediaSection.secureProfile,
      formats: codecs.map { String($0.payloadType) })
    section.mid = mid
    section.codecs = codecs
    section.direction = direction
    section.isMultiplexed = true
    section.isReducedSize = true
    if kind == .audio { section.extensions = [ExtensionMapping(id: 1, uri: .audioLevel)] }
    return section
  }

  private static var audioCodecs: [RTPCodec] {
    [RTPCodec(payloadType: 111, name: "opus", clockRate: 48_000, channels: 2)]
  }

  private static var videoCodecs: [RTPCodec] {
    [
      RTPCodec(
        payloadType: 96, name: "VP8", clockRate: 90_000,
        feedback: [.negativeAcknowledgement, .pictureLossIndication, .fullIntraRequest]),
      RTPCodec(payloadType: 97, name: "rtx", clockRate: 90_000, parameters: "apt=96"),
    ]
  }
}
