import Primitives

/// What has been read so far of one media section.
struct SDPSectionParser {
  private var section: MediaSection
  private var direction: MediaDirection?
  private var credentials = SDPCredentials()
  private var codecs: [RTPCodec?]
  private var payloadTypes: [UInt8: Int] = [:]
  private var feedbackOfAll: Set<RTCPFeedback> = []
  private var extensionIDs: Set<UInt8> = []
  private var repairs: Set<UInt32> = []
  private let sessionDirection: MediaDirection?

  /// Reads the value of `m=` (RFC 8866 section 5.14).
  init(_ fields: inout SDPFields, direction: MediaDirection?) throws(SDPError.Reason) {
    guard let media = fields.word(), let port = fields.number(in: 0...65_535),
      let profile = fields.word()
    else { throw .malformed("m=") }
    var formats: [String] = []
    while !fields.isAtEnd {
      guard let format = fields.word() else { throw .malformed("m=") }
      guard formats.count < Limits.payloadFormats else { throw .tooMany("formats in m=") }
      formats.append(format)
    }
    guard !formats.isEmpty else { throw .malformed("m=") }
    section = MediaSection(
      media: media, port: UInt16(port), profile: profile, formats: formats)
    sessionDirection = direction
    codecs = Array(repeating: nil, count: formats.count)
    guard section.kind != nil else { return }
    for (index, format) in formats.enumerated() {
      guard let type = UInt8(format), type < 128, String(type) == format else {
        throw .malformed("m=")
      }
      guard payloadTypes.updateValue(index, forKey: type) == nil else { throw .repeated("m=") }
    }
  }

  /// The section, after its last line.
  func finish() throws(SDPError.Reason) -> MediaSection {
    var section = section
    if section.mid == nil, !section.isRejected { throw .missing("a=mid") }
    section.direction = direction ?? sessionDirection ?? .sendrecv
    section.transport.credentials = credentials.joined
    // Static payload types may have no `a=rtpmap`; nothing here uses one of them.
    section.codecs = codecs.compactMap(\.self).filter { $0.clockRate > 0 }
    for index in section.codecs.indices {
      section.codecs[index].feedback.formUnion(feedbackOfAll)
    }
    return section
  }

  /// The section's name, once it has been read.
  var mid: String? { section.mid }
  /// The SSRC that was read last.
  private(set) var lastSource: UInt32?

  /// Reads the value of `c=` (RFC 8866 section 5.7); a name or `0.0.0.0` is no address.
  mutating func takeConnection(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard fields.word() == "IN", fields.word() != nil, let host = fields.word() else {
      throw .malformed("c=")
    }
    let address = NetworkAddress(host: host, port: section.port)
    section.connection = address?.high == 0 && address?.ipv4 == 0 ? nil : address
  }

  /// Reads one attribute; an unknown name is passed over.
  mutating func take(_ name: String, _ fields: inout SDPFields) throws(SDPError.Reason) {
    switch name {
    case "mid": try takeMID(&fields)
    case "rtcp-mux": section.isMultiplexed = true
    case "rtcp-rsize": section.isReducedSize = true
    case "bundle-only": section.isBundleOnly = true
    case "end-of-candidates": section.hasEndOfCandidates = true
    case "ice-ufrag", "ice-pwd": try credentials.take(name, &fields)
    case "fingerprint": try section.transport.takeFingerprint(&fields)
    case "setup": try section.transport.takeSetup(&fields)
    case "candidate": try takeCandidate(&fields)
    case "rtpmap": try takeCodec(&fields)
    case "fmtp": try takeParameters(&fields)
    case "rtcp-fb": try takeFeedback(&fields)
    case "extmap": try takeExtension(&fields)
    case "msid": try takeStream(&fields)
    case "ssrc": try takeSource(&fields)
    case "ssrc-group": try takeSourceGroup(&fields)
    case "rid": try takeRID(&fields)
    case "simulcast": try takeSimulcast(&fields)
    default:
      guard let way = MediaDirection(rawValue: name) else { return }
      guard direction == nil else { throw .repeated("a=\(way.rawValue)") }
      direction = way
    }
  }

  private mutating func takeMID(_ fields: inout SDPFields) throws(SDPError.Reason) {
    if section.mid != nil { throw .repeated("a=mid") }
    guard let mid = fields.word(), fields.isAtEnd, mid.utf8.count <= 16 else {
      throw .malformed("a=mid")
    }
    section.mid = mid
  }

  private mutating func takeCandidate(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard fields.word() != nil, let component = fields.number(in: 1...256),
      let transport = fields.word(), let priority = fields.number(in: 1...0x7FFF_FFFF),
      let host = fields.word(), let port = fields.number(in: 0...65_535),
      fields.word() == "typ", let type = fields.word()
    else { throw .malformed("a=candidate") }
    guard component == 1, transport.lowercased() == "udp", type == "host", port > 0,
      let address = NetworkAddress(host: host, port: UInt16(port))
    else { return }
    guard section.candidates.count < Limits.candidates else { throw .tooMany("a=candidate") }
    section.candidates.append(SDPCandidate(address: address, priority: UInt32(priority)))
  }

  private mutating func takeStream(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard section.stream == nil else { return }
    guard let stream = fields.word() else { throw .malformed("a=msid") }
    section.stream = MediaStreamID(stream: stream, track: fields.word() ?? "")
  }

  private mutating func takeRID(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard let id = fields.word(), Self.isRID(id),
      let direction = RestrictionID.Direction(rawValue: fields.word() ?? "")
    else { throw .malformed("a=rid") }
    if section.rids.contains(where: { $0.id == id }) { throw .repeated("a=rid") }
    guard section.rids.count < Limits.restrictionIDs else { throw .tooMany("a=rid") }
    section.rids.append(RestrictionID(id: id, direction: direction))
  }

  private mutating func takeSimulcast(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard section.simulcastSend.isEmpty, section.simulcastReceive.isEmpty else {
      throw .repeated("a=simulcast")
    }
    while !fields.isAtEnd {
      guard let direction = RestrictionID.Direction(rawValue: fields.word() ?? ""),
        let list = fields.word()
      else { throw .malformed("a=simulcast") }
      var ids: [String] = []
      for alternatives in list.split(separator: ";", omittingEmptySubsequences: false) {
        // `~` marks a stream that starts paused; the first alternative is the preferred one.
        let first = alternatives.prefix { $0 != "," }
        let id = String(first.first == "~" ? first.dropFirst() : first)
        guard Self.isRID(id) else { throw .malformed("a=simulcast") }
        if ids.contains(id) { throw .repeated("a=simulcast") }
        guard ids.count < Limits.restrictionIDs else { throw .tooMany("a=simulcast") }
        ids.append(id)
      }
      if direction == .send { section.simulcastSend = ids } else { section.simulcastReceive = ids }
    }
  }

  private static func isRID(_ text: String) -> Bool {
    (1...16).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
      }
  }
}

// MARK: Payload formats, extensions and sources

extension SDPSectionParser {
  private mutating func takeCodec(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard let type = fields.number(in: 0...127), let name = fields.word(before: slash),
      let clockRate = fields.number(in: 1...10_000_000, before: slash)
    else { throw .malformed("a=rtpmap") }
    var channels: UInt8?
    if !fields.isAtEnd {
      guard let count = fields.number(in: 1...255, before: slash) else {
        throw .malformed("a=rtpmap")
      }
      channels = UInt8(count)
    }
    guard let index = payloadTypes[UInt8(type)] else { return }
    if codecs[index]?.clockRate ?? 0 > 0 { throw .repeated("a=rtpmap") }
    adjustCodec(index, UInt8(type)) { codec in
      codec.name = name
      codec.clockRate = UInt32(clockRate)
      codec.channels = channels
    }
  }

  private mutating func takeParameters(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard let type = fields.number(in: 0...127), let parameters = fields.rest() else {
      throw .malformed("a=fmtp")
    }
    guard let index = payloadTypes[UInt8(type)] else { return }
    if codecs[index]?.parameters != nil { throw .repeated("a=fmtp") }
    adjustCodec(index, UInt8(type)) { $0.parameters = parameters }
  }

  private mutating func takeFeedback(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard let type = fields.word(), let value = fields.rest() else {
      throw .malformed("a=rtcp-fb")
    }
    let feedback = RTCPFeedback(rawValue: value)
    if type == "*" {
      if let feedback { feedbackOfAll.insert(feedback) }
      return
    }
    guard let payloadType = UInt8(type), payloadType < 128 else { throw .malformed("a=rtcp-fb") }
    guard let feedback, let index = payloadTypes[payloadType] else { return }
    adjustCodec(index, payloadType) { $0.feedback.insert(feedback) }
  }

  /// Changes the codec of a payload type, which the first line about it makes.
  private mutating func adjustCodec(
    _ index: Int, _ payloadType: UInt8, _ change: (inout RTPCodec) -> Void
  ) {
    var codec = codecs[index] ?? RTPCodec(payloadType: payloadType, name: "", clockRate: 0)
    change(&codec)
    codecs[index] = codec
  }

  private mutating func takeExtension(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard let field = fields.word(), let uri = fields.word() else { throw .malformed("a=extmap") }
    var halves = SDPFields(Array(field.utf8)[...])
    guard let number = halves.number(in: 1...255, before: slash),
      let direction = halves.isAtEnd ? .sendrecv : MediaDirection(rawValue: halves.rest() ?? "")
    else { throw .malformed("a=extmap") }
    let id = UInt8(number)
    guard extensionIDs.insert(id).inserted else { throw .repeated("a=extmap") }
    guard let uri = ExtensionURI(rawValue: uri) else { return }
    if section.mapping(of: uri) != nil { throw .repeated("a=extmap") }
    section.extensions.append(ExtensionMapping(id: id, uri: uri, direction: direction))
  }

  private mutating func takeSource(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard let number = fields.number(in: 0...UInt64(UInt32.max)),
      let attribute = fields.word(before: UInt8(ascii: ":"))
    else { throw .malformed("a=ssrc") }
    let ssrc = UInt32(number)
    lastSource = ssrc
    var cname: String?
    if attribute == "cname" {
      guard let name = fields.word(), name.utf8.count <= 255 else { throw .malformed("a=ssrc") }
      cname = name
    }
    if let index = section.sources.firstIndex(where: { $0.ssrc == ssrc }) {
      if cname != nil, section.sources[index].cname != nil { throw .repeated("a=ssrc") }
      section.sources[index].cname = section.sources[index].cname ?? cname
      return
    }
    guard section.sources.count < Limits.announcedSources else { throw .tooMany("a=ssrc") }
    section.sources.append(AnnouncedSource(ssrc: ssrc, cname: cname))
  }

  private mutating func takeSourceGroup(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard let semantics = fields.word() else { throw .malformed("a=ssrc-group") }
    guard semantics == "FID" else { return }
    let range = 0...UInt64(UInt32.max)
    guard let stream = fields.number(in: range), let repair = fields.number(in: range),
      fields.isAtEnd
    else { throw .malformed("a=ssrc-group") }
    for ssrc in [UInt32(stream), UInt32(repair)] {
      guard repairs.insert(ssrc).inserted else { throw .repeated("a=ssrc-group") }
    }
    guard section.retransmissions.count < Limits.announcedSources else {
      throw .tooMany("a=ssrc-group")
    }
    section.retransmissions.append(
      AnnouncedStream(ssrc: UInt32(stream), retransmissionSSRC: UInt32(repair)))
  }

  private var slash: UInt8 { UInt8(ascii: "/") }
}
