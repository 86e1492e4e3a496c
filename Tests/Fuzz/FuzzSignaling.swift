import Primitives
import Signaling
import Wire

/// What we write of a description parses, and is written the same again (attributes that we do not
/// know are left out); an answer to it is a description.
func fuzzSDP(_ input: [UInt8]) {
  let text = String(decoding: input, as: UTF8.self)
  guard let description = try? SessionDescription(parsing: text) else { return }
  let written = description.text
  precondition((try? SessionDescription(parsing: written))?.text == written)

  let mids = description.media.compactMap(\.mid)
  let tracks = zip(mids, MediaSource.allCases).map {
    MediaNegotiator.TrackRequest(mid: $0, source: $1)
  }
  let rest = Array(mids.dropFirst(tracks.count))
  let seats = stride(from: 0, to: rest.count - 1, by: 2).map {
    MediaNegotiator.SeatRequest(kind: .person, audioMID: rest[$0], videoMID: rest[$0 + 1])
  }
  var negotiator = MediaNegotiator(
    fingerprint: Fingerprint(digest: Array(repeating: 1, count: 32)),
    candidates: [NetworkAddress(ipv4: 0x7F00_0001, port: 40_000)], cname: "c")
  var random = RandomSource(seed: 1)
  guard
    let answer = try? negotiator.answer(offer: text, tracks: tracks, seats: seats, random: &random)
  else { return }
  precondition((try? SessionDescription(parsing: answer.sdp)) != nil)
  _ = try? negotiator.answer(offer: text, tracks: tracks, seats: seats, random: &random)
}
