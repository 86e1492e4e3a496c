import Primitives
import Testing
import Wire

@testable import Relay

@Suite struct ForwardingTests {
  @Test func soundAndPicturesReachTheSeatWithTheViewersNumbers() throws {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    let from = bench.seat(viewer, 0, publisher)

    bench.advance(by: .milliseconds(20))
    bench.receive(anna.audio(at: bench.now, level: 0x80 | 30), from: publisher)
    for packet in anna.picture(at: bench.now, isKeyFrame: true) {
      bench.receive(packet, from: publisher)
    }

    let audio = try #require(bench.sent(to: viewer, ssrc: Agreed.audioSSRC(seat: 0)).first)
    #expect(audio.header.payloadType == Agreed.viewerOpus)
    #expect(Int32(bitPattern: audio.header.timestamp &- from.audioFrom) >= 0)
    #expect(audio.headerLength == audio.header.headerLength)
    let level = AudioLevel(id: 7, header: audio.header, in: audio.bytes.span.bytes)
    #expect(level == AudioLevel(isVoice: true, attenuation: 30))
    #expect(audio.mark == PacketMark(publisher: 1, number: 1))

    let video = bench.sent(to: viewer, ssrc: Agreed.videoSSRC(seat: 0))
    #expect(video.map(\.header.payloadType) == [Agreed.viewerVP8, Agreed.viewerVP8])
    #expect(video.map(\.header.marker) == [false, true])
    #expect(video.map { $0.mark?.number } == [2, 3])
    #expect(video[1].index == video[0].index + 1)
    #expect(Int32(bitPattern: video[0].header.timestamp &- from.videoFrom) >= 0)
    #expect(bench.relay.counters.areConserved)
  }

  @Test func whatNobodyIsSeatedForGoesNowhere() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    _ = bench.addPeer(Agreed.viewer())
    bench.receive(anna.audio(at: bench.now), from: publisher)
    #expect(bench.sink.packets.isEmpty)
    #expect(bench.relay.counters.accepted == 1)
    #expect(bench.relay.counters.attempted == 0)
  }
}
