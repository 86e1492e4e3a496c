import Primitives
import Wire

/// An offer as the client module makes it: microphone and camera, and seats to receive on.
struct ControlOffer {
  var credentials = "abcd"
  var certificate: UInt8 = 0xAB
  var persons = 4
  var screens = 1
  var voices = 3
  var sendsScreen = false

  /// The arguments of `media.negotiate`.
  var params: JSON {
    var tracks: [JSON] = [
      ["mid": "0", "source": "microphone"], ["mid": "1", "source": "camera"],
    ]
    if sendsScreen { tracks.append(["mid": "2", "source": "screen"]) }
    return ["offer": .string(text), "tracks": .array(tracks), "seats": .array(seats)]
  }

  private var firstSeat: Int { sendsScreen ? 3 : 2 }

  private var seats: [JSON] {
    var mid = firstSeat
    func next() -> JSON {
      defer { mid += 1 }
      return .string(String(mid))
    }
    var seats: [JSON] = []
    for _ in 0..<persons {
      seats.append(["kind": "person", "audio_mid": next(), "video_mid": next()])
    }
    for _ in 0..<screens {
      seats.append(["kind": "screen", "audio_mid": next(), "video_mid": next()])
    }
    for _ in 0..<voices { seats.append(["kind": "voice", "audio_mid": next()]) }
    return seats
  }

  private var text: String {
    var kinds: [(MediaKind, String)] = [(.audio, "sendonly"), (.video, "sendonly")]
    if sendsScreen { kinds.append((.video, "sendonly")) }
    for _ in 0..<(persons + screens) { kinds += [(.audio, "recvonly"), (.video, "recvonly")] }
    for _ in 0..<voices { kinds.append((.audio, "recvonly")) }
    let mids = kinds.indices.map(String.init).joined(separator: " ")
    var lines = [
      "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE \(mids)",
    ]
    for (index, (kind, direction)) in kinds.enumerated() {
      lines += section(kind, direction, mid: String(index))
    }
    return lines.joined(separator: "\r\n") + "\r\n"
  }

  private func section(_ kind: MediaKind, _ direction: String, mid: String) -> [String] {
    let digest = Array(repeating: hex(certificate), count: 32).joined(separator: ":")
    let codec =
      kind == .audio
      ? ["a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1"]
      : [
        "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli",
        "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96",
      ]
    return [
      "m=\(kind.rawValue) 9 UDP/TLS/RTP/SAVPF \(kind == .audio ? "111" : "96 97")",
      "c=IN IP4 0.0.0.0", "a=ice-ufrag:\(credentials)", "a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa",
      "a=fingerprint:sha-256 \(digest)", "a=setup:actpass", "a=mid:\(mid)",
      "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid", "a=\(direction)", "a=rtcp-mux",
      "a=rtcp-rsize",
    ] + codec
  }

  private func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }
}
