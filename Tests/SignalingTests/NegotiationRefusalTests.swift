import Foundation
import Primitives
import Signaling
import Testing
import Wire

@Suite struct NegotiationRefusalTests {
  @Test func offersWithoutASecureTransportAreRefused() throws {
    let call = try NegotiationSample.chromiumCall()
    let cases: [(wrong: NegotiationSample, reason: NegotiationError.Reason)] = [
      (call.replacing("a=fingerprint:sha-256", with: "a=fingerprint:sha-1"), .fingerprintMissing),
      (call.replacing("a=fingerprint:", with: "a=print:"), .fingerprintMissing),
      (call.replacing("2B:99:43", with: "2B:99"), .malformedOffer),
      (call.replacing("UDP/TLS/RTP/SAVPF", with: "RTP/AVP"), .profileRefused),
      (call.replacing("a=setup:actpass", with: "a=setup:passive"), .setupRefused),
      (call.replacing("a=setup:actpass", with: "a=x:y"), .setupRefused),
      (call.replacing("a=ice-pwd:", with: "a=x:"), .credentialsMissing),
      (call.replacing("a=rtcp-mux", with: "a=x"), .multiplexingRequired),
      (call.replacing("t=0 0", with: "a=ice-lite"), .liteRefused),
      (call.replacing("a=group:BUNDLE 0 1", with: "a=group:BUNDLE 0"), .bundleRequired),
      (call.replacing("a=group:BUNDLE", with: "a=group:LS"), .bundleRequired),
      (call.replacing("opus/48000", with: "speex/48000"), .codecMissing),
    ]
    for (wrong, reason) in cases { #expect(wrong.refusal() == reason) }
  }

  @Test func aSectionThatNamesAnotherCertificateIsRefused() throws {
    var call = try NegotiationSample.chromiumCall()
    let last = try #require(call.offer.range(of: "2B:99", options: .backwards))
    call.offer.replaceSubrange(last, with: "00:99")
    #expect(call.refusal() == .fingerprintMismatch)
  }

  @Test func severalCertificatesMayBeNamed() throws {
    let second = "00" + String(repeating: ":11", count: 31)
    let call = try NegotiationSample.chromiumCall()
      .replacing("a=setup:actpass", with: "a=fingerprint:sha-256 \(second)\r\na=setup:actpass")
    #expect(try call.answer().transport.remoteFingerprints.count == 2)
  }

  @Test func requestsThatDoNotFitTheOfferAreRefused() throws {
    let call = try NegotiationSample.chromiumCall()
    func with(_ change: (inout NegotiationSample) -> Void) -> NegotiationError.Reason? {
      var wrong = call
      change(&wrong)
      return wrong.refusal()
    }
    #expect(with { $0.tracks[0].mid = "77" } == .unknownSection)
    #expect(with { $0.tracks[0].mid = "1" } == .kindMismatch)
    #expect(with { $0.tracks[0].mid = "2" } == .directionMismatch)
    #expect(with { $0.seats[0].audioMID = "0" } == .sectionUsedTwice)
    #expect(with { $0.seats[0].audioMID = "4" } == .sectionUsedTwice)
    #expect(with { $0.seats[0].videoMID = "4" } == .kindMismatch)
    #expect(with { $0.seats[5].videoMID = "3" } == .kindMismatch)
    #expect(with { $0.seats[4].videoMID = nil } == .kindMismatch)
    #expect(with { $0.tracks[1] = .init(mid: "0", source: .microphone) } == .sectionUsedTwice)
  }

  @Test func aRefusalNamesTheFieldAndTheLine() throws {
    var negotiator = NegotiationSample.negotiator()
    var random = RandomSource(seed: 1)
    do {
      _ = try negotiator.answer(offer: "v=0\r\nx", tracks: [], seats: [], random: &random)
      Issue.record("accepted")
    } catch {
      #expect(error.reason.rawValue == "malformed_offer" && error.field == "offer")
      #expect(error.message.hasPrefix("line 2:"))
    }
  }

  @Test func seatsAreCapped() {
    let count = Limits.voiceSeats + 1
    var offer = """
      v=0
      o=- 1 1 IN IP4 127.0.0.1
      a=group:BUNDLE \((0..<count).map(String.init).joined(separator: " "))
      a=ice-ufrag:abcd
      a=ice-pwd:0123456789012345678901
      a=fingerprint:sha-256 00\(String(repeating: ":11", count: 31))
      a=setup:actpass

      """
    for mid in 0..<count {
      offer += "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:\(mid)\na=rtcp-mux\na=recvonly\n"
      offer += "a=rtpmap:111 opus/48000/2\n"
    }
    var sample = NegotiationSample(offer: offer, tracks: [], seats: [])
    sample.seats = (0..<count).map { .init(kind: .voice, audioMID: String($0), videoMID: nil) }
    #expect(sample.refusal() == .tooManySeats)
    sample.seats.removeLast()
    #expect(sample.refusal() == nil)
  }

  @Test func mutatedOffersNeverTrap() throws {
    let call = try NegotiationSample.firefox()
    let original = Array(call.offer.utf8)
    for seed in UInt64(1)...600 {
      var random = RandomSource(seed: seed)
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = original.randomElement(using: &random) ?? 0
      }
      var negotiator = NegotiationSample.negotiator()
      let offer = String(decoding: bytes, as: UTF8.self)
      let answer = try? negotiator.answer(
        offer: offer, tracks: call.tracks, seats: call.seats, random: &random)
      if let answer {
        #expect(throws: Never.self, "seed \(seed)") { try SessionDescription(parsing: answer.sdp) }
      }
    }
  }
}
