import Primitives
import Signaling
import Wire

/// What we write of a description parses, and is written the same again (attributes that we do not
/// know are left out); so is the answer to it, the second time too.
func fuzzSDP(_ input: UnsafeRawBufferPointer) {
  guard let offer = try? SessionDescription(parsing: input.bytes) else { return }
  let text = offer.text
  precondition((try? SessionDescription(parsing: text))?.text == text)

  var random = RandomSource(seed: UInt64(input.count))
  var negotiator = MediaNegotiator(
    fingerprint: Fingerprint(digest: Array(repeating: 0, count: 32)),
    candidates: [NetworkAddress(ipv4: 0x7F00_0001, port: 40_000)], cname: "viewer")
  var tracks: [MediaNegotiator.TrackRequest] = []
  var seats: [MediaNegotiator.SeatRequest] = []
  for section in offer.media {
    guard let mid = section.mid, let kind = section.kind else { continue }
    let isAudio = kind == .audio
    if section.direction.sends {
      tracks.append(.init(mid: mid, source: isAudio ? .microphone : .camera))
    } else {
      seats.append(
        .init(kind: .person, audioMID: isAudio ? mid : nil, videoMID: isAudio ? nil : mid))
    }
  }
  for _ in 0..<2 {
    guard
      let answer = try? negotiator.answer(
        offer: text, tracks: tracks, seats: seats, random: &random)
    else { return }
    precondition((try? SessionDescription(parsing: answer.sdp))?.text == answer.sdp)
  }
}
