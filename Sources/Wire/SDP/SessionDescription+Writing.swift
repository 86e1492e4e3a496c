import Primitives

extension SessionDescription {
  /// The text, with CRLF at each line's end (RFC 8866 section 5).
  public var text: String {
    var writer = SDPWriter()
    writer.line("v=0")
    writer.line("o=- \(sessionID) \(version) IN IP4 127.0.0.1")
    writer.line("s=-")
    writer.line("t=0 0")
    if isICELite { writer.line("a=ice-lite") }
    if !bundle.isEmpty { writer.line("a=group:BUNDLE \(bundle.joined(separator: " "))") }
    writer.write(transport)
    for section in media { writer.write(section) }
    return writer.text
  }
}

/// Collects the lines of a session description.
private struct SDPWriter {
  private(set) var text = ""

  mutating func line(_ line: String) {
    text += line
    text += "\r\n"
  }

  mutating func write(_ transport: TransportAttributes) {
    if let credentials = transport.credentials {
      line("a=ice-ufrag:\(credentials.usernameFragment)")
      line("a=ice-pwd:\(credentials.password.value)")
    }
    for fingerprint in transport.fingerprints {
      let pairs = fingerprint.digest.map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
      line("a=fingerprint:sha-256 \(pairs.joined(separator: ":"))")
    }
    if let setup = transport.setup { line("a=setup:\(setup.rawValue)") }
  }

  mutating func write(_ section: MediaSection) {
    let formats = section.formats.joined(separator: " ")
    line("m=\(section.media) \(section.port) \(section.profile) \(formats)")
    let connection = section.connection ?? NetworkAddress(ipv4: 0, port: 0)
    line("c=IN \(connection.isIPv4 ? "IP4" : "IP6") \(connection.host)")
    if let mid = section.mid { line("a=mid:\(mid)") }
    if section.isRejected { return }
    if section.isBundleOnly { line("a=bundle-only") }
    write(section.transport)
    writeCandidates(of: section)
    guard section.kind != nil else { return }
    line("a=\(section.direction.rawValue)")
    if let stream = section.stream { line("a=msid:\(stream.stream) \(stream.track)") }
    if section.isMultiplexed { line("a=rtcp-mux") }
    if section.isReducedSize { line("a=rtcp-rsize") }
    for mapping in section.extensions {
      let way = mapping.direction == .sendrecv ? "" : "/" + mapping.direction.rawValue
      line("a=extmap:\(mapping.id)\(way) \(mapping.uri.rawValue)")
    }
    for codec in section.codecs { write(codec) }
    writeStreams(of: section)
  }

  private mutating func writeCandidates(of section: MediaSection) {
    for (index, candidate) in section.candidates.enumerated() {
      let address = candidate.address
      line(
        "a=candidate:\(index + 1) 1 udp \(candidate.priority) \(address.host) \(address.port)"
          + " typ host")
    }
    if section.hasEndOfCandidates { line("a=end-of-candidates") }
  }

  private mutating func write(_ codec: RTPCodec) {
    let channels = codec.channels.map { "/\($0)" } ?? ""
    line("a=rtpmap:\(codec.payloadType) \(codec.name)/\(codec.clockRate)\(channels)")
    for feedback in RTCPFeedback.allCases where codec.feedback.contains(feedback) {
      line("a=rtcp-fb:\(codec.payloadType) \(feedback.rawValue)")
    }
    if let parameters = codec.parameters { line("a=fmtp:\(codec.payloadType) \(parameters)") }
  }

  private mutating func writeStreams(of section: MediaSection) {
    for rid in section.rids { line("a=rid:\(rid.id) \(rid.direction.rawValue)") }
    var lists: [String] = []
    if !section.simulcastSend.isEmpty {
      lists.append("send " + section.simulcastSend.joined(separator: ";"))
    }
    if !section.simulcastReceive.isEmpty {
      lists.append("recv " + section.simulcastReceive.joined(separator: ";"))
    }
    if !lists.isEmpty { line("a=simulcast:" + lists.joined(separator: " ")) }
    for pair in section.retransmissions {
      guard let repair = pair.retransmissionSSRC else { continue }
      line("a=ssrc-group:FID \(pair.ssrc) \(repair)")
    }
    for source in section.sources {
      guard let cname = source.cname else { continue }
      line("a=ssrc:\(source.ssrc) cname:\(cname)")
    }
  }
}
