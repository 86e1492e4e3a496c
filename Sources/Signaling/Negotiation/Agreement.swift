import Primitives
import Wire

/// What offers and answers have settled so far.
struct Agreement: Sendable {
  /// One media section, at the same position in every offer.
  struct Section: Sendable {
    /// What it is used for; once used, it is never used for anything else.
    enum Use: Equatable, Sendable {
      case publish(MediaSource)
      case receive(seat: Int)
    }

    let mid: String?
    let media: String
    var use: Use?
    /// Whether media may flow after the last offer.
    var isActive = false
    /// Set when first active.
    var payloadTypes: PayloadTypes?
    var extensions: [ExtensionURI] = []
    var rids: [String] = []
    var streams: [AnnouncedStream] = []
    /// The relay's SSRCs, on a section to receive on.
    var outgoing: AnnouncedStream?
  }

  let sessionID: UInt64
  var version: UInt64 = 0
  var local: ICECredentials
  var remote: RemoteTransport
  var sections: [Section] = []
  var seats: [MediaNegotiator.SeatRequest] = []
  var extensions = ExtensionIDs()

  /// Nothing agreed yet but our credentials.
  init(remote: RemoteTransport, random: inout RandomSource) {
    sessionID = random.next() >> 2
    local = ICECredentials(random: &random)
    self.remote = remote
  }

  /// Takes a later offer's transport; new credentials are an ICE restart (RFC 8839 section 4.4.3).
  mutating func takeTransport(
    _ transport: RemoteTransport, random: inout RandomSource
  ) throws(NegotiationError) -> Bool {
    guard Set(transport.fingerprints) == Set(remote.fingerprints) else {
      throw NegotiationError(
        .fingerprintMismatch, .offer, "a transport keeps its certificate while it lives")
    }
    guard transport.credentials != remote.credentials else { return false }
    remote = transport
    local = ICECredentials(random: &random)
    return true
  }

  /// Checks that the sections of earlier offers are still there, and appends the new ones.
  mutating func checkSections(of offer: SessionDescription) throws(NegotiationError) {
    guard offer.media.count >= sections.count else {
      throw NegotiationError(.sectionChanged, .offer, "a section of an earlier offer is missing")
    }
    for (known, offered) in zip(sections, offer.media) {
      guard known.media == offered.media, known.mid == offered.mid else {
        throw NegotiationError(
          .sectionChanged, .offer, "section \(known.mid ?? "without MID") is another one now")
      }
    }
    for offered in offer.media.dropFirst(sections.count) {
      sections.append(Section(mid: offered.mid, media: offered.media))
    }
    for index in sections.indices { sections[index].isActive = false }
  }

  /// Marks the sections that the client publishes on.
  mutating func takeTracks(
    _ tracks: [MediaNegotiator.TrackRequest], of offer: SessionDescription
  ) throws(NegotiationError) {
    var seen: Set<MediaSource> = []
    for track in tracks {
      guard seen.insert(track.source).inserted else {
        throw NegotiationError(.sectionUsedTwice, .tracks, "\(track.source) has two sections")
      }
      try take(track.mid, as: .publish(track.source), kind: track.source.kind, .tracks, of: offer)
    }
  }

  /// Marks the sections that the client receives on; a seat that is new gets the next index.
  mutating func takeSeats(
    _ requests: [MediaNegotiator.SeatRequest], of offer: SessionDescription
  ) throws(NegotiationError) {
    for request in requests {
      guard request.hasSections else {
        throw NegotiationError(.kindMismatch, .seats, "a seat has not the sections of its kind")
      }
      let index = seats.firstIndex(of: request) ?? seats.count
      if index == seats.count { seats.append(request) }
      if let mid = request.audioMID {
        try take(mid, as: .receive(seat: index), kind: .audio, .seats, of: offer)
      }
      if let mid = request.videoMID {
        try take(mid, as: .receive(seat: index), kind: .video, .seats, of: offer)
      }
    }
    for kind in SeatKind.allCases where seats.count(where: { $0.kind == kind }) > kind.limit {
      throw NegotiationError(
        .tooManySeats, .seats, "there are \(kind.limit) \(kind.rawValue) seats at most")
    }
  }

  private mutating func take(
    _ mid: String, as use: Section.Use, kind: MediaKind, _ field: NegotiationError.Field,
    of offer: SessionDescription
  ) throws(NegotiationError) {
    guard let index = offer.media.firstIndex(where: { $0.mid == mid && !$0.isRejected }) else {
      throw NegotiationError(.unknownSection, field, "the offer has no section \(mid)")
    }
    let offered = offer.media[index]
    guard offered.kind == kind else {
      throw NegotiationError(.kindMismatch, field, "section \(mid) is not \(kind.rawValue)")
    }
    if sections[index].isActive {
      throw NegotiationError(.sectionUsedTwice, field, "section \(mid) is named twice")
    }
    guard sections[index].use == nil || sections[index].use == use else {
      throw NegotiationError(.sectionChanged, field, "section \(mid) had another use")
    }
    sections[index].use = use
    guard offered.direction != .inactive else { return }
    let isRightWay =
      if case .publish = use { offered.direction.sends } else { offered.direction.receives }
    guard isRightWay else {
      throw NegotiationError(
        .directionMismatch, field, "section \(mid) is \(offered.direction.rawValue)")
    }
    sections[index].isActive = true
  }

  /// The plan for the relay.
  func plan(cname: String) -> MediaPlan {
    var plan = MediaPlan(extensions: extensions, cname: cname)
    plan.seats = seats.enumerated().map { index, seat in
      SeatPlan(index: index, kind: seat.kind, audio: nil, video: nil)
    }
    for section in sections where section.isActive {
      guard let mid = section.mid, let types = section.payloadTypes else { continue }
      switch section.use {
      case .publish(let source):
        plan.publish.append(
          PublishSection(
            mid: mid, source: source, payloadTypes: types, rids: section.rids,
            streams: section.streams))
      case .receive(let seat):
        guard let kind = MediaKind(rawValue: section.media), let outgoing = section.outgoing else {
          continue
        }
        let receive = ReceiveSection(
          mid: mid, kind: kind, payloadTypes: types, ssrc: outgoing.ssrc,
          retransmissionSSRC: outgoing.retransmissionSSRC)
        if kind == .audio {
          plan.seats[seat].audio = receive
        } else {
          plan.seats[seat].video = receive
        }
      case nil: continue
      }
    }
    return plan
  }
}

extension MediaNegotiator.SeatRequest {
  /// Whether the sections are those of the kind: a person may be heard or seen only, a screen may
  /// be silent.
  fileprivate var hasSections: Bool {
    switch kind {
    case .person: audioMID != nil || videoMID != nil
    case .screen: videoMID != nil
    case .voice: audioMID != nil && videoMID == nil
    }
  }
}

extension SeatKind {
  /// How many seats of the kind one viewer may have.
  fileprivate var limit: Int {
    switch self {
    case .person: Limits.personSeats
    case .screen: Limits.screenSeats
    case .voice: Limits.voiceSeats
    }
  }
}
