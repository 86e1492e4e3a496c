import Primitives
import Signaling
import Testing
import Wire

@Suite struct NegotiationTests {
  /// The answer that Chromium 156 accepted, with both tracks of each seat in one stream.
  @Test func theAnswerToACallIsTheOneThatChromiumAccepted() throws {
    let answer = try NegotiationSample.chromiumCall().answer()
    #expect(answer.sdp == (try NegotiationSample.text("chromium-call-answer")))
    #expect(!answer.isRestart)
  }

  @Test func thePlanHoldsWhatTheRelayNeeds() throws {
    let plan = try NegotiationSample.chromiumCall().answer().media
    #expect(plan.publish.map(\.source) == [.microphone, .camera])
    #expect(plan.publish[0].payloadTypes == PayloadTypes(primary: 111, redundancy: 63))
    #expect(plan.publish[1].payloadTypes == PayloadTypes(primary: 96, retransmission: 97))
    #expect(plan.publish[1].streams.first?.retransmissionSSRC != nil)
    #expect(plan.seats.map(\.index) == Array(0..<8))
    #expect(plan.seats.map(\.kind).suffix(4) == [.screen, .voice, .voice, .voice])
    #expect(plan.seats.allSatisfy { $0.audio != nil })
    #expect(plan.seats[7].video == nil)
    #expect(plan.extensions.mid == 4 && plan.extensions.audioLevel == 1)
    #expect(plan.extensions.transportSequence == 3 && plan.extensions.rid == 0)
    #expect(plan.cname == "viewer")
    let sources = plan.seats.flatMap { [$0.audio, $0.video] }.compactMap(\.self)
    let ssrcs = sources.flatMap { [$0.ssrc, $0.retransmissionSSRC] }.compactMap(\.self)
    #expect(ssrcs.count == 18 && Set(ssrcs).count == 18)
  }

  @Test func theTransportPlanHoldsTheOfferersSide() throws {
    let answer = try NegotiationSample.chromiumCall().answer()
    #expect(answer.transport.remote.usernameFragment == "oxHs")
    #expect(answer.transport.remoteFingerprints.map { $0.digest.first } == [0x2B])
    #expect(answer.sdp.contains("a=ice-ufrag:\(answer.transport.local.usernameFragment)\r\n"))
  }

  @Test func simulcastIsTakenWithTheRIDExtensionAlone() throws {
    var sample = NegotiationSample(
      offer: try NegotiationSample.text("chromium-simulcast-offer"),
      tracks: [.init(mid: "0", source: .camera)], seats: [])
    let answer = try sample.answer()
    #expect(answer.media.publish.first?.rids == ["q", "h", "f"])
    #expect(answer.sdp.contains("a=simulcast:recv q;h;f\r\n"))
    #expect(answer.media.extensions.rid == 10 && answer.media.extensions.repairedRID == 11)
    sample = sample.replacing("sdes:rtp-stream-id", with: "sdes:unknown")
    let plain = try sample.answer()
    #expect(plain.media.publish.first?.rids == [])
    #expect(!plain.sdp.contains("simulcast") && !plain.sdp.contains("a=rid"))
  }

  @Test func neverAcceptedExtensionsStayOut() throws {
    for sample in [try NegotiationSample.chromiumCall(), try NegotiationSample.firefox()] {
      let sdp = try sample.answer().sdp
      for word in ["video-orientation", "dependency-descriptor", "layers-allocation", "playout"] {
        #expect(!sdp.contains(word))
      }
    }
  }

  @Test func firefoxGetsItsOwnPayloadTypes() throws {
    let answer = try NegotiationSample.firefox().answer()
    #expect(answer.media.publish.map(\.payloadTypes.primary) == [109, 120])
    #expect(answer.media.seats[0].video?.payloadTypes.retransmission == 124)
    #expect(answer.media.extensions.transportSequence == 7)
    let description = try SessionDescription(parsing: answer.sdp)
    #expect(description.bundle == ["0", "1", "2", "3"])
    #expect(description.media.map(\.direction) == [.recvonly, .recvonly, .sendonly, .sendonly])
    #expect(description.media[0].candidates.count == 2)
    #expect(description.media[1].candidates.isEmpty)
  }

  @Test func redundancyStandsFirstWhereItIsOffered() throws {
    let chromium = try NegotiationSample.chromiumCall().answer().sdp
    #expect(chromium.contains("m=audio 40000 UDP/TLS/RTP/SAVPF 63 111\r\n"))
    let firefox = try NegotiationSample.firefox().answer().sdp
    #expect(firefox.contains("m=audio 40000 UDP/TLS/RTP/SAVPF 109\r\n"))
  }

  @Test func aReceiverWithoutRetransmissionIsNotToldOfNACK() throws {
    let sample = try NegotiationSample.chromiumCall()
      .replacing("a=fmtp:97 apt=96", with: "a=fmtp:97 apt=95")
    let answer = try sample.answer()
    #expect(answer.media.seats[0].video?.retransmissionSSRC == nil)
    let description = try SessionDescription(parsing: answer.sdp)
    let seat = try #require(description.media.first { $0.mid == "3" }?.codecs.first)
    #expect(!seat.feedback.contains(.negativeAcknowledgement))
    #expect(seat.feedback.contains(.pictureLossIndication))
  }

  @Test func sectionsThatNobodyAskedForAreInactiveAndDataChannelsRejected() throws {
    let sample = NegotiationSample(
      offer: try NegotiationSample.text("chromium-offer"),
      tracks: [.init(mid: "1", source: .microphone)], seats: [])
    let answer = try sample.answer()
    let description = try SessionDescription(parsing: answer.sdp)
    #expect(description.media.map(\.direction).prefix(2) == [.inactive, .recvonly])
    #expect(description.media[2].isRejected)
    #expect(description.bundle == ["0", "1"])
    #expect(answer.media.publish.map(\.mid) == ["1"])
  }

  @Test func anIPv6HostIsAnnouncedInItsOwnForm() throws {
    var negotiator = MediaNegotiator(
      fingerprint: Fingerprint(digest: Array(0..<32)),
      candidates: [NetworkAddress(high: 0x2001_0DB8_0000_0000, low: 7, port: 5_000)], cname: "c")
    let answer = try NegotiationSample.firefox().answer(from: &negotiator)
    #expect(answer.sdp.contains("c=IN IP6 2001:db8::7\r\n"))
    #expect(answer.sdp.contains("a=candidate:1 1 udp 2130706431 2001:db8::7 5000 typ host\r\n"))
  }
}
