import Primitives
import Security
import Transport
import Wire

/// A seat of an offer: its sections, and the server's number for it once that is known.
public struct OfferedSeat: Hashable, Sendable {
  /// What the seat is for.
  public var kind: SeatKind
  /// The section for sound.
  public var audioMID: String?
  /// The section for pictures.
  public var videoMID: String?
  /// The server's number of the seat.
  public var number: Int?

  /// Joins the parts.
  public init(kind: SeatKind, audioMID: String?, videoMID: String?, number: Int? = nil) {
    self.kind = kind
    self.audioMID = audioMID
    self.videoMID = videoMID
    self.number = number
  }
}

/// The arguments of `media.negotiate`.
public struct PeerOffer: Hashable, Sendable {
  /// The session description.
  public var sdp: String
  /// What each section to publish on carries.
  public var tracks: [(mid: String, source: MediaSource)] {
    sources.map { (mid: $0.key, source: $0.value) }.sorted { $0.mid < $1.mid }
  }
  /// The sections to receive on.
  public var seats: [OfferedSeat]
  var sources: [String: MediaSource]
}

/// Why a client cannot go on from an answer.
public enum PeerClientError: Error, Equatable {
  /// The text is not a session description.
  case malformedAnswer(SDPError)
  /// ICE credentials, fingerprint or candidates are missing.
  case noTransport
  /// The transport could not be made.
  case openSSL
}

extension PeerClient {
  /// Makes an offer of all sections. With `restart` it asks for new ICE credentials; with
  /// `morePersonSeats` it adds that many.
  public mutating func makeOffer(restart: Bool = false, morePersonSeats: Int = 0) -> PeerOffer {
    if restart {
      credentials = ICECredentials(random: &random)
      isRestarting = true
    }
    for _ in 0..<morePersonSeats { addSeat(.person) }
    offerVersion += 1
    var offer = SessionDescription(sessionID: offerID, version: offerVersion)
    for track in published { offer.media.append(section(publishing: track)) }
    for seat in seats {
      if let mid = seat.audioMID { offer.media.append(section(receiving: .audio, mid: mid)) }
      if let mid = seat.videoMID { offer.media.append(section(receiving: .video, mid: mid)) }
    }
    offer.bundle = offer.media.compactMap(\.mid)
    let sources = published.map { ($0.mid, $0.source) }
    return PeerOffer(
      sdp: offer.text, seats: seats, sources: Dictionary(uniqueKeysWithValues: sources))
  }

  /// Applies the answer to the last offer. `seats` are those of the reply, each with its number;
  /// they are known by their MIDs.
  public mutating func apply(
    answer text: String, seats numbered: [OfferedSeat], now: Instant
  ) throws(PeerClientError) {
    let answer: SessionDescription
    do {
      answer = try SessionDescription(parsing: text)
    } catch {
      throw .malformedAnswer(error)
    }
    for index in seats.indices {
      let match = numbered.first {
        $0.audioMID == seats[index].audioMID && $0.videoMID == seats[index].videoMID
      }
      seats[index].number = match?.number ?? seats[index].number
    }
    try applyTransport(of: answer, now: now)
    for section in answer.media where !section.isRejected {
      for mapping in section.extensions { extensions[mapping.uri] = mapping.id }
      applySection(section)
    }
    applyPublishing(now: now)
  }

  private mutating func applyTransport(
    of answer: SessionDescription, now: Instant
  ) throws(PeerClientError) {
    guard let tag = answer.media.first(where: { $0.mid == answer.bundle.first }),
      let remote = answer.transport(of: tag).credentials, !tag.candidates.isEmpty
    else { throw .noTransport }
    let fingerprints = answer.transport(of: tag).fingerprints
    guard !fingerprints.isEmpty else { throw .noTransport }
    let plan = TransportPlan(
      local: credentials, remote: remote, remoteFingerprints: fingerprints)
    let candidates = tag.candidates.sorted { $0.priority > $1.priority }.map(\.address)
    if transport != nil {
      if isRestarting { transport?.restart(plan, candidates: candidates, now: now) }
    } else {
      do {
        transport = try ClientTransport(
          plan: plan, candidates: candidates, certificate: certificate,
          profiles: configuration.profiles, random: random.fork(), now: now)
      } catch {
        throw .openSSL
      }
    }
    isRestarting = false
  }

  private mutating func applySection(_ section: MediaSection) {
    guard let mid = section.mid, let kind = section.kind, let codec = section.codecs.first else {
      return
    }
    let isRED = codec.isEncoding("red", at: 48_000)
    let primary = isRED ? section.codecs.dropFirst().first ?? codec : codec
    let types = PayloadTypes(
      primary: primary.payloadType,
      retransmission: section.codecs.first { $0.isEncoding("rtx", at: 90_000) }?.payloadType,
      redundancy: isRED ? codec.payloadType : nil)
    if let index = published.firstIndex(where: { $0.mid == mid }) {
      published[index].payloadTypes = section.direction.receives ? types : nil
    }
    let seat = seats.first { $0.audioMID == mid || $0.videoMID == mid }
    received.removeAll { $0.section.mid == mid && !section.direction.sends }
    guard section.direction.sends, let number = seat?.number, let stream = section.streams.first,
      !received.contains(where: { $0.section.mid == mid })
    else { return }
    received.append(
      ReceivedTrack(
        section: ReceiveSection(
          mid: mid, kind: kind, payloadTypes: types, ssrc: stream.ssrc,
          retransmissionSSRC: stream.retransmissionSSRC), seat: number,
        keepsPayloads: configuration.keepsPayloads))
  }
}

// MARK: The sections of an offer

extension PeerClient {
  /// Makes the sections of the first offer.
  mutating func addSections() {
    for source in configuration.sources {
      let ssrc = UInt32(truncatingIfNeeded: random.next()) | 1
      let hasRepair = source.kind == .video && configuration.offersRetransmission
      published.append(
        PublishedTrack(
          source: source, mid: String(sectionCount),
          stream: AnnouncedStream(ssrc: ssrc, retransmissionSSRC: hasRepair ? ssrc - 1 : nil),
          loop: loops[source], random: &random))
    }
    for _ in 0..<configuration.personSeats { addSeat(.person) }
    for _ in 0..<configuration.screenSeats { addSeat(.screen) }
    for _ in 0..<configuration.voiceSeats { addSeat(.voice) }
  }

  private var sectionCount: Int {
    published.count + seats.reduce(0) { $0 + ($1.videoMID == nil ? 1 : 2) }
  }

  private mutating func addSeat(_ kind: SeatKind) {
    let first = sectionCount
    seats.append(
      OfferedSeat(
        kind: kind, audioMID: String(first), videoMID: kind == .voice ? nil : String(first + 1)))
  }

  private func section(publishing track: PublishedTrack) -> MediaSection {
    var section = section(of: track.source.kind, mid: track.mid)
    section.direction = .sendonly
    section.stream = MediaStreamID(stream: "-", track: track.source.rawValue)
    section.sources = [AnnouncedSource(ssrc: track.stream.ssrc, cname: cname)]
    if let repair = track.stream.retransmissionSSRC {
      section.sources.append(AnnouncedSource(ssrc: repair, cname: cname))
      section.retransmissions = [track.stream]
    }
    return section
  }

  private func section(receiving kind: MediaKind, mid: String) -> MediaSection {
    var section = section(of: kind, mid: mid)
    section.direction = .recvonly
    return section
  }

  private func section(of kind: MediaKind, mid: String) -> MediaSection {
    let codecs = kind == .audio ? Self.audioCodecs : videoCodecs
    var section = MediaSection(
      media: kind.rawValue, port: 9, profile: MediaSection.secureProfile,
      formats: codecs.map { String($0.payloadType) })
    section.mid = mid
    section.codecs = codecs
    section.isMultiplexed = true
    section.isReducedSize = true
    section.transport.credentials = credentials
    section.transport.fingerprints = [Fingerprint(digest: certificate.digest)]
    section.transport.setup = .actpass
    section.extensions = [
      ExtensionMapping(id: 3, uri: .transportSequence), ExtensionMapping(id: 4, uri: .mid),
    ]
    if kind == .audio {
      section.extensions.insert(ExtensionMapping(id: 1, uri: .audioLevel), at: 0)
    }
    return section
  }

  private static var audioCodecs: [RTPCodec] {
    [
      RTPCodec(
        payloadType: 111, name: "opus", clockRate: 48_000, channels: 2,
        parameters: "minptime=10;useinbandfec=1", feedback: [.transportWide]),
      RTPCodec(
        payloadType: 63, name: "red", clockRate: 48_000, channels: 2, parameters: "111/111"),
    ]
  }

  private var videoCodecs: [RTPCodec] {
    let vp8 = RTPCodec(
      payloadType: 96, name: "VP8", clockRate: 90_000, feedback: Set(RTCPFeedback.allCases))
    let rtx = RTPCodec(payloadType: 97, name: "rtx", clockRate: 90_000, parameters: "apt=96")
    return configuration.offersRetransmission ? [vp8, rtx] : [vp8]
  }
}
