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

  @Test func twoPublishersWithTheSameSSRCsAreNotMixedUp() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    var bo = SyntheticPublisher(number: 1)
    let first = bench.addPeer(anna.plan)
    let second = bench.addPeer(bo.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.seat(viewer, 0, first)
    bench.seat(viewer, 1, second)
    _ = bo.mark()
    bench.receive(anna.audio(at: bench.now), from: first)
    bench.receive(bo.audio(at: bench.now), from: second)
    #expect(bench.sent(to: viewer, ssrc: Agreed.audioSSRC(seat: 0)).map(\.mark?.number) == [1])
    #expect(bench.sent(to: viewer, ssrc: Agreed.audioSSRC(seat: 1)).map(\.mark?.number) == [2])
  }

  @Test(arguments: 0..<2 as Range<UInt64>)
  func numbersThatWrapWithLossAndReorderingKeepTheirDistances(seed: UInt64) throws {
    var random = RandomSource(seed: seed)
    var bench = RelayBench(seed: seed)
    var anna = SyntheticPublisher(number: 1)
    anna.audioSequence = 65_530
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.seat(viewer, 0, publisher)
    var held: [UInt8]?
    for _ in 0..<150_000 {
      bench.advance(by: .milliseconds(1))
      let packet = anna.audio(at: bench.now)
      let chance = random.next() % 100
      if chance < 20, bench.sink.packets.count > 0 { continue }
      if chance < 30, held == nil {
        held = packet
        continue
      }
      bench.receive(packet, from: publisher)
      if let late = held { bench.receive(late, from: publisher) }
      held = nil
    }
    let sent = bench.sent(to: viewer, ssrc: Agreed.audioSSRC(seat: 0))
    let first = try #require(sent.first)
    for packet in sent {
      let distance = try #require(packet.mark).number - (try #require(first.mark)).number
      guard packet.index == first.index + UInt64(distance) else {
        Issue.record("seed \(seed), packet \(distance) has the index \(packet.index)")
        return
      }
    }
    #expect(try #require(sent.last).index > 1 << 17)
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

  /// What a viewer gets of a RED packet with an older block of three bytes, then `[7, 8]`; the
  /// older sound had come by itself where it was not before the seating.
  private func sendRED(
    toViewerWithRED hasRED: Bool, types: [UInt8], isFirst: Bool = false
  ) -> RelayBench {
    var bench = RelayBench()
    let anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer(hasRED: hasRED))
    bench.seat(viewer, 0, publisher)
    bench.advance(by: .milliseconds(10))
    if !isFirst {
      bench.receive(
        anna.packet(
          type: Agreed.opus, sequence: 0, timestamp: anna.audioTimestamp(at: bench.now),
          ssrc: anna.audioSSRC, payload: [1, 2, 3]), from: publisher)
      bench.sink.packets = []
      bench.advance(by: .milliseconds(20))
    }
    let payload: [UInt8] = [0x80 | types[0], 0x0F, 0x00, 3, types[1], 1, 2, 3, 7, 8]
    bench.receive(
      anna.packet(
        type: Agreed.red, sequence: 1, timestamp: anna.audioTimestamp(at: bench.now),
        ssrc: anna.audioSSRC, payload: payload), from: publisher)
    return bench
  }

  @Test func redundantSoundIsPassedOnWithTheViewersPayloadTypesInside() {
    let bench = sendRED(toViewerWithRED: true, types: [Agreed.opus, Agreed.opus])
    #expect(bench.sink.packets.map(\.header.payloadType) == [Agreed.viewerRED])
    let expected: [UInt8] = [
      0x80 | Agreed.viewerOpus, 0x0F, 0x00, 3, Agreed.viewerOpus, 1, 2, 3, 7, 8,
    ]
    #expect(bench.sink.packets.map(\.payload) == [expected])
  }

  @Test func redundantSoundFromBeforeTheSeatingIsLeftOut() {
    let bench = sendRED(
      toViewerWithRED: true, types: [Agreed.opus, Agreed.opus], isFirst: true)
    #expect(bench.sink.packets.map(\.header.payloadType) == [Agreed.viewerOpus])
    #expect(bench.sink.packets.map(\.payload) == [[7, 8]])
  }

  @Test func aViewerWithoutRedundancyGetsTheNewestBlockAlone() {
    let bench = sendRED(toViewerWithRED: false, types: [Agreed.opus, Agreed.opus])
    #expect(bench.sink.packets.map(\.header.payloadType) == [Agreed.viewerOpus])
    #expect(bench.sink.packets.map(\.payload) == [[7, 8]])
  }

  @Test func redundancyAroundAnotherPayloadTypeIsDropped() {
    let bench = sendRED(toViewerWithRED: true, types: [Agreed.opus, 13])
    #expect(bench.sink.packets.isEmpty)
    #expect(bench.relay.counters[.malformed] == 1)
  }

  @Test func nothingOfThePublishersHeaderBeyondTheAllowListGoesOut() throws {
    var bench = RelayBench()
    let anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.seat(viewer, 0, publisher)
    bench.advance(by: .milliseconds(10))
    var bytes = anna.packet(
      type: Agreed.opus, sequence: 1, timestamp: anna.audioTimestamp(at: bench.now),
      ssrc: anna.audioSSRC,
      elements: [
        (id: 4, bytes: [0x30]), (id: 3, bytes: [0, 1]), (id: 7, bytes: [99]), (id: 1, bytes: [5]),
      ],
      payload: [1, 2, 3])
    // A contributing source, and two bytes of padding.
    bytes[0] |= 0x21
    bytes.insert(contentsOf: [0xAA, 0xBB, 0xCC, 0xDD], at: 12)
    bytes += [0, 2]
    bench.receive(bytes, from: publisher)
    let sent = try #require(bench.sink.packets.first)
    #expect(sent.bytes[0] == 0x90)
    #expect(Array(sent.bytes[12...]) == [0xBE, 0xDE, 0, 1, 0x70, 5, 0, 0, 1, 2, 3])
  }
}
