import Primitives
import Wire

extension PayloadTypes {
  /// The formats of a section that the relay forwards: Opus (with RED) or VP8 (with RTX); nil
  /// where they are not offered. Payload types 64...95 cannot be told from RTCP (RFC 5761).
  init?(offered section: MediaSection) {
    let codecs = section.codecs.filter { !(64...95).contains($0.payloadType) }
    switch section.kind {
    case .audio:
      guard let opus = codecs.first(where: { $0.isEncoding("opus", at: 48_000) }) else {
        return nil
      }
      let redundancy = codecs.first { codec in
        codec.isEncoding("red", at: 48_000)
          && (codec.parameters ?? "").split(separator: "/").allSatisfy { block in
            block == String(opus.payloadType)
          }
      }
      self.init(primary: opus.payloadType, redundancy: redundancy?.payloadType)
    case .video:
      guard let vp8 = codecs.first(where: { $0.isEncoding("VP8", at: 90_000) }) else { return nil }
      let retransmission = codecs.first { codec in
        codec.isEncoding("rtx", at: 90_000)
          && codec.parameter("apt") == Substring(String(vp8.payloadType))
      }
      self.init(primary: vp8.payloadType, retransmission: retransmission?.payloadType)
    case nil:
      return nil
    }
  }
}

extension Agreement {
  /// Settles payload types, extensions, layers and SSRCs of all active sections.
  mutating func agree(
    on offer: SessionDescription, random: inout RandomSource
  ) throws(NegotiationError) {
    for (index, offered) in offer.media.enumerated() where sections[index].isActive {
      try agreeOnFormats(of: index, offered)
      try agreeOnExtensions(of: index, offered)
      sections[index].streams = sections[index].rids.isEmpty ? announcedStreams(index, offered) : []
    }
    chooseSources(avoiding: offer, random: &random)
  }

  private mutating func agreeOnFormats(
    of index: Int, _ offered: MediaSection
  ) throws(NegotiationError) {
    guard let types = PayloadTypes(offered: offered) else {
      throw NegotiationError(
        .codecMissing, .offer, "section \(offered.mid ?? "") needs Opus or VP8")
    }
    guard sections[index].payloadTypes ?? types == types else {
      throw NegotiationError(
        .payloadTypesChanged, .offer, "section \(offered.mid ?? "") has other payload types now")
    }
    sections[index].payloadTypes = types
  }

  /// Takes the extensions that both sides have a use for: from the peer those that tell streams
  /// apart, levels and transport-wide numbers; to the peer what the relay writes.
  private mutating func agreeOnExtensions(
    of index: Int, _ offered: MediaSection
  ) throws(NegotiationError) {
    var wanted: [ExtensionURI] = offered.kind == .audio ? [.audioLevel] : []
    var publishes = false
    sections[index].rids = []
    if case .publish = sections[index].use {
      publishes = true
      wanted += [.mid, .transportSequence]
      sections[index].rids = simulcastLayers(of: offered)
      if !sections[index].rids.isEmpty { wanted += [.rid, .repairedRID] }
    }
    sections[index].extensions = []
    for uri in wanted {
      guard let id = offered.usableID(of: uri, sending: publishes) else { continue }
      sections[index].extensions.append(uri)
      let isIDTaken = ExtensionURI.allCases.contains { $0 != uri && extensions[$0] == id }
      guard extensions[uri] == 0 || extensions[uri] == id, !isIDTaken else {
        throw NegotiationError(
          .extensionsChanged, .offer, "section \(offered.mid ?? "") maps id \(id) differently")
      }
      extensions[uri] = id
    }
  }

  /// The layers to take, in the offer's order. Without the RID extension they could not be told
  /// apart, so that simulcast is not taken at all.
  private func simulcastLayers(of offered: MediaSection) -> [String] {
    guard offered.usableID(of: .rid, sending: true) != nil,
      offered.usableID(of: .mid, sending: true) != nil
    else { return [] }
    let layers = offered.simulcastSend.filter { id in
      offered.rids.contains { $0.id == id && $0.direction == .send }
    }
    return layers.count > 1 ? Array(layers.prefix(Limits.simulcastLayers)) : []
  }

  private func announcedStreams(_ index: Int, _ offered: MediaSection) -> [AnnouncedStream] {
    guard case .publish = sections[index].use else { return [] }
    if sections[index].payloadTypes?.retransmission != nil { return offered.streams }
    return offered.streams.map { AnnouncedStream(ssrc: $0.ssrc) }
  }

  /// Gives each section to receive on its SSRCs, unlike all that are known.
  private mutating func chooseSources(
    avoiding offer: SessionDescription, random: inout RandomSource
  ) {
    var taken: Set<UInt32> = [0]
    for section in offer.media {
      taken.formUnion(section.sources.map(\.ssrc))
      taken.formUnion(section.retransmissions.compactMap(\.retransmissionSSRC))
    }
    for outgoing in sections.compactMap(\.outgoing) {
      taken.insert(outgoing.ssrc)
      if let repair = outgoing.retransmissionSSRC { taken.insert(repair) }
    }
    func fresh(_ random: inout RandomSource) -> UInt32 {
      while true {
        let ssrc = UInt32(truncatingIfNeeded: random.next())
        if taken.insert(ssrc).inserted { return ssrc }
      }
    }
    for index in sections.indices where sections[index].isActive {
      guard case .receive = sections[index].use, sections[index].outgoing == nil else { continue }
      let hasRepair = sections[index].payloadTypes?.retransmission != nil
      sections[index].outgoing = AnnouncedStream(
        ssrc: fresh(&random), retransmissionSSRC: hasRepair ? fresh(&random) : nil)
    }
  }
}

extension MediaSection {
  /// The id of an extension, where the offerer uses it in that direction and it fits the one-byte
  /// form (RFC 8285 section 4.2).
  fileprivate func usableID(of uri: ExtensionURI, sending: Bool) -> UInt8? {
    guard let mapping = mapping(of: uri), mapping.id <= 14 else { return nil }
    return (sending ? mapping.direction.sends : mapping.direction.receives) ? mapping.id : nil
  }
}
