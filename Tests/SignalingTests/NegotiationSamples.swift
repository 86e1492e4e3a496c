import Foundation
import Primitives
import Signaling
import Wire

/// Offers for negotiations, and the sections that their client asks for.
struct NegotiationSample {
  var offer: String
  var tracks: [MediaNegotiator.TrackRequest]
  var seats: [MediaNegotiator.SeatRequest]

  /// What Chromium offers for a call: four person seats, a screen seat, three voice seats.
  static func chromiumCall() throws -> NegotiationSample {
    var seats: [MediaNegotiator.SeatRequest] = []
    for mid in stride(from: 2, to: 10, by: 2) {
      seats.append(.init(kind: .person, audioMID: "\(mid)", videoMID: "\(mid + 1)"))
    }
    seats.append(.init(kind: .screen, audioMID: "10", videoMID: "11"))
    for mid in 12...14 { seats.append(.init(kind: .voice, audioMID: "\(mid)", videoMID: nil)) }
    return NegotiationSample(
      offer: try text("chromium-call-offer"),
      tracks: [.init(mid: "0", source: .microphone), .init(mid: "1", source: .camera)],
      seats: seats)
  }

  /// Firefox's form: two tracks and one person seat.
  static func firefox() throws -> NegotiationSample {
    NegotiationSample(
      offer: try text("firefox-offer"),
      tracks: [.init(mid: "0", source: .microphone), .init(mid: "1", source: .camera)],
      seats: [.init(kind: .person, audioMID: "2", videoMID: "3")])
  }

  /// The text of a file among the wire tests' fixtures.
  static func text(_ name: String) throws -> String {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return String(
      decoding: try Data(contentsOf: tests.appending(path: "WireTests/Fixtures/\(name).sdp")),
      as: UTF8.self)
  }

  /// The offer with one text in place of another, wherever it stands.
  func replacing(_ text: String, with other: String) -> NegotiationSample {
    var sample = self
    sample.offer = offer.replacing(text, with: other)
    return sample
  }

  /// A server's side that has agreed on nothing yet.
  static func negotiator() -> MediaNegotiator {
    MediaNegotiator(
      fingerprint: Fingerprint(digest: Array(0..<32)),
      candidates: [
        NetworkAddress(ipv4: 0x7F00_0001, port: 40_000),
        NetworkAddress(high: 0, low: 1, port: 40_000),
      ], cname: "viewer")
  }

  /// The answer that the sample gets, with randomness from a fixed seed.
  func answer(
    from negotiator: inout MediaNegotiator
  ) throws(NegotiationError) -> MediaNegotiator.Answer {
    var random = RandomSource(seed: 7)
    return try negotiator.answer(offer: offer, tracks: tracks, seats: seats, random: &random)
  }

  /// The answer of a new negotiator.
  func answer() throws(NegotiationError) -> MediaNegotiator.Answer {
    var negotiator = Self.negotiator()
    return try answer(from: &negotiator)
  }

  /// Why a new negotiator refuses, or nil where it answers.
  func refusal() -> NegotiationError.Reason? {
    var negotiator = Self.negotiator()
    return refusal(from: &negotiator)
  }

  /// Why a negotiator refuses, or nil where it answers.
  func refusal(from negotiator: inout MediaNegotiator) -> NegotiationError.Reason? {
    do {
      _ = try answer(from: &negotiator)
      return nil
    } catch {
      return error.reason
    }
  }
}
