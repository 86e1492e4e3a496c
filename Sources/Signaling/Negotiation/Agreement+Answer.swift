import Primitives
import Wire

extension Agreement {
  /// The answer to an offer that has been agreed on. ICE and DTLS attributes stand at session
  /// level, candidates in the tagged section: there is one transport.
  func answer(
    to offer: SessionDescription, _ fingerprint: Fingerprint, _ candidates: [NetworkAddress],
    _ cname: String
  ) -> SessionDescription {
    var answer = SessionDescription(sessionID: sessionID, version: version)
    answer.isICELite = true
    answer.transport.credentials = local
    answer.transport.fingerprints = [fingerprint]
    answer.transport.setup = .passive
    answer.media = zip(sections, offer.media).map { agreed, offered in
      section(agreed, answering: offered, at: candidates.first, cname)
    }
    let accepted = Set(answer.media.filter { !$0.isRejected }.compactMap(\.mid))
    answer.bundle = offer.bundle.filter(accepted.contains)
    if let tag = answer.media.firstIndex(where: { $0.mid == answer.bundle.first }) {
      answer.media[tag].candidates = candidates.enumerated().map { index, address in
        SDPCandidate(host: address, preference: UInt16(clamping: index))
      }
      answer.media[tag].hasEndOfCandidates = true
    }
    return answer
  }

  private func section(
    _ agreed: Section, answering offered: MediaSection, at address: NetworkAddress?,
    _ cname: String
  ) -> MediaSection {
    var section = MediaSection(
      media: offered.media, port: 0, profile: offered.profile, formats: offered.formats)
    section.mid = offered.mid
    guard !offered.isRejected, let kind = offered.kind,
      let types = PayloadTypes(offered: offered)
    else { return section }
    section.port = address?.port ?? 9
    section.connection = address
    section.direction = .inactive
    section.isMultiplexed = true
    section.isReducedSize = offered.isReducedSize
    var publishes = false
    if case .publish = agreed.use { publishes = agreed.isActive }
    section.codecs = types.codecs(of: kind, publishes: publishes) { type in
      offered.codecs.first { $0.payloadType == type }?.feedback ?? []
    }
    section.formats = section.codecs.map { String($0.payloadType) }
    guard agreed.isActive else { return section }
    section.extensions = agreed.extensions.map { uri in
      ExtensionMapping(id: extensions[uri], uri: uri)
    }
    switch agreed.use {
    case .publish:
      section.direction = .recvonly
      section.rids = agreed.rids.map { RestrictionID(id: $0, direction: .receive) }
      section.simulcastReceive = agreed.rids
    case .receive(let seat):
      section.direction = .sendonly
      section.stream = MediaStreamID(stream: "seat-\(seat)", track: "\(kind.rawValue)-\(seat)")
      if let outgoing = agreed.outgoing { section.announce(outgoing, cname: cname) }
    case nil: break
    }
    return section
  }
}

extension MediaSection {
  /// Adds the SSRC and its retransmission partner.
  fileprivate mutating func announce(_ outgoing: AnnouncedStream, cname: String) {
    sources.append(AnnouncedSource(ssrc: outgoing.ssrc, cname: cname))
    guard let repair = outgoing.retransmissionSSRC else { return }
    sources.append(AnnouncedSource(ssrc: repair, cname: cname))
    retransmissions.append(outgoing)
  }
}

extension PayloadTypes {
  /// The codecs of an answer, the one that the other side should use first.
  fileprivate func codecs(
    of kind: MediaKind, publishes: Bool, offeredFeedback: (UInt8) -> Set<RTCPFeedback>
  ) -> [RTPCodec] {
    let type = String(primary)
    switch kind {
    case .audio:
      let opus = RTPCodec(
        payloadType: primary, name: "opus", clockRate: 48_000, channels: 2,
        parameters: "minptime=10;useinbandfec=1;" + Self.rateBounds,
        feedback: publishes ? offeredFeedback(primary).intersection([.transportWide]) : [])
      // A browser sends the first format: RED, for a lost packet then costs nothing to hear.
      let red = redundancy.map {
        RTPCodec(
          payloadType: $0, name: "red", clockRate: 48_000, channels: 2,
          parameters: "\(type)/\(type)")
      }
      return (red.map { [$0] } ?? []) + [opus]
    case .video:
      var feedback = offeredFeedback(primary)
      if !publishes {
        feedback.remove(.transportWide)
        // The relay sends no packet twice with the same index, so that it needs RTX to repair.
        if retransmission == nil { feedback.remove(.negativeAcknowledgement) }
      }
      let vp8 = RTPCodec(
        payloadType: primary, name: "VP8", clockRate: 90_000,
        parameters: Self.rateBounds, feedback: feedback)
      let rtx = retransmission.map {
        RTPCodec(payloadType: $0, name: "rtx", clockRate: 90_000, parameters: "apt=\(type)")
      }
      return [vp8] + (rtx.map { [$0] } ?? [])
    }
  }

  /// Kilobits a second that Chromium's estimate starts from and does not sink below: on a line
  /// with much random loss it would fall to a picture nobody can see, and stay there. They stand
  /// in every section, sound too, for those that it reads last hold for the whole transport.
  private static var rateBounds: String { "x-google-min-bitrate=150;x-google-start-bitrate=600" }
}
