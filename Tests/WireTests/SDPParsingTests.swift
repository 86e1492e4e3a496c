import Testing

@testable import Wire

@Suite struct SDPParsingTests {
  @Test func chromiumsOfferIsRead() throws {
    let offer = try SessionDescription(parsing: try SDPSamples.text("chromium-offer"))
    #expect(offer.sessionID == 9_024_536_106_520_511_493)
    #expect(offer.bundle == ["0", "1", "2"])
    #expect(offer.media.map(\.media) == ["video", "audio", "application"])
    let video = offer.media[0]
    #expect(video.transport.credentials?.usernameFragment == "Wuzr")
    #expect(video.transport.credentials?.password.value == "gOQLd0bJD6akIvpZUG9t61mC")
    #expect(video.transport.fingerprints.first?.digest.prefix(2) == [0x79, 0x1B])
    #expect(video.transport.setup == .actpass)
    #expect(video.codecs.count == 23)
    let vp8 = try #require(video.codecs.first)
    #expect(vp8.isEncoding("vp8", at: 90_000) && vp8.payloadType == 96)
    #expect(vp8.feedback == Set(RTCPFeedback.allCases))
    #expect(video.codecs[1].parameter("apt") == "96")
    #expect(video.codecs[3].parameter("packetization-mode") == nil)
    #expect(video.codecs[2].parameter("packetization-mode") == "1")
    #expect(
      video.streams == [AnnouncedStream(ssrc: 873_018_596, retransmissionSSRC: 1_914_079_831)])
    #expect(video.mapping(of: .transportSequence)?.id == 4)
    let audio = offer.media[1]
    #expect(audio.codecs[0].channels == 2 && audio.codecs[1].parameters == "111/111")
    #expect(audio.mapping(of: .audioLevel)?.id == 14)
    #expect(audio.streams == [AnnouncedStream(ssrc: 3_895_443_749)])
    #expect(offer.media[2].formats == ["webrtc-datachannel"])
    #expect(offer.media[2].kind == nil)
  }

  @Test func simulcastIsRead() throws {
    let offer = try SessionDescription(parsing: try SDPSamples.text("chromium-simulcast-offer"))
    let section = try #require(offer.media.first)
    #expect(section.rids.map(\.id) == ["q", "h", "f"])
    #expect(section.simulcastSend == ["q", "h", "f"])
    #expect(section.simulcastReceive.isEmpty)
    #expect(section.streams.isEmpty)
    #expect(section.stream?.track == "ae42c301-5dc3-411c-b611-9ee39d260e58")
  }

  @Test func firefoxsFormIsRead() throws {
    let offer = try SessionDescription(parsing: try SDPSamples.text("firefox-offer"))
    let video = offer.media[1]
    #expect(video.isBundleOnly && !video.isRejected)
    #expect(video.direction == .sendonly)
    #expect(video.codecs.first?.payloadType == 120)
    #expect(video.mapping(of: .playoutDelay)?.direction == .recvonly)
    #expect(
      video.streams == [AnnouncedStream(ssrc: 1_843_023_012, retransmissionSSRC: 3_104_512_907)])
    #expect(offer.transport(of: video).fingerprints.count == 1, "from the session")
    #expect(offer.transport(of: video).credentials == nil)
    #expect(offer.transport(of: offer.media[0]).credentials != nil)
  }

  @Test func simulcastTakesTheFirstAlternativeAndAPausedLayer() throws {
    let text = SDPSamples.audio("a=mid:0", "a=simulcast:send 1,2;~3 recv x")
    let section = try #require(try SessionDescription(parsing: text).media.first)
    #expect(section.simulcastSend == ["1", "3"])
    #expect(section.simulcastReceive == ["x"])
  }

  @Test func feedbackForAllFormatsHoldsForEach() throws {
    let text = SDPSamples.audio("a=rtcp-fb:* transport-cc", "a=rtpmap:111 opus/48000/2", "a=mid:0")
    let section = try #require(try SessionDescription(parsing: text).media.first)
    #expect(section.codecs.first?.feedback == [.transportWide])
  }

  @Test func otherHashesAndForeignCandidatesAreLeftOut() throws {
    let text = SDPSamples.audio(
      "a=mid:0", "a=fingerprint:sha-1 00:11", "a=candidate:1 1 udp 5 10.0.0.1 4000 typ host",
      "a=candidate:1 2 udp 5 10.0.0.1 4001 typ host",
      "a=candidate:2 1 tcp 5 10.0.0.1 9 typ host tcptype active",
      "a=candidate:3 1 udp 5 9bd0.local 4000 typ host generation 0")
    let section = try #require(try SessionDescription(parsing: text).media.first)
    #expect(section.transport.fingerprints.isEmpty)
    #expect(section.candidates.map(\.address.description) == ["10.0.0.1:4000"])
  }

  @Test func whatIsUnknownIsNotWrittenBack() throws {
    let text = SDPSamples.audio(
      "a=mid:0", "a=x-secret:canary", "a=extmap:4 urn:canary", "a=rtcp-fb:111 canary", "i=canary")
    #expect(!(try SessionDescription(parsing: text).text.contains("canary")))
  }

  @Test(arguments: SDPSamples.offers)
  func whatIsReadAndWrittenReadsTheSame(_ name: String) throws {
    let once = try SessionDescription(parsing: try SDPSamples.text(name)).text
    #expect(try SessionDescription(parsing: once).text == once)
  }

  @Test func anAnswerReadsBackWhole() throws {
    let text = try SDPSamples.text("chromium-call-answer")
    #expect(try SessionDescription(parsing: text).text == text)
  }
}
