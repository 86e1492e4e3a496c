import Primitives
import Testing
import Wire

@testable import Relay

/// What waits for what, and in which order it leaves.
@Suite struct GatheringTests {
  @Test func theFirstPacketOfAFrameWaitsForTheOthersUnlessTheOwnerGathers() {
    for gathersFrames in [true, false] {
      var bench = RelayBench()
      var anna = SyntheticPublisher(number: 1)
      let publisher = bench.addPeer(anna.plan)
      let viewer = bench.addPeer(Agreed.viewer())
      bench.relay.gathersFrames = gathersFrames
      bench.seat(viewer, 0, publisher)
      bench.advance(by: .milliseconds(33))
      for packet in anna.picture(at: bench.now, isKeyFrame: true) {
        bench.receive(packet, from: publisher)
      }
      bench.advance(by: .milliseconds(33))
      let first = anna.picture(at: bench.now, packets: 3)[0]
      bench.receive(first, from: publisher)
      func sent() -> Int { bench.sent(to: viewer, ssrc: Agreed.videoSSRC(seat: 0)).count }
      #expect(sent() == (gathersFrames ? 2 : 3))
      bench.advance(by: Relay.gatheringTime)
      #expect(sent() == 3)
    }
  }

  /// Two in one group and two in another speak in turn.
  @Test func whatIsDueLeavesGroupByGroup() throws {
    var bench = RelayBench()
    var publishers: [(peer: Handle, source: SyntheticPublisher)] = []
    var groupOfViewer: [Handle: UInt64] = [:]
    for (number, group) in [2, 1, 2, 1].enumerated() {
      let source = SyntheticPublisher(number: UInt16(number + 1))
      let added = bench.relay.addPeer(source.plan, group: UInt64(group), now: bench.now)
      let peer = try #require(added)
      bench.relay.openSources(peer, Set(MediaSource.allCases))
      let viewer = bench.addPeer(Agreed.viewer())
      bench.seat(viewer, 0, peer)
      publishers.append((peer, source))
      groupOfViewer[viewer] = UInt64(group)
    }
    bench.advance(by: .milliseconds(20))
    for index in publishers.indices {
      let bytes = publishers[index].source.audio(at: bench.now)
      let reference = bench.pool.advance()
      bench.pool.slot(reference).copyBytes(from: bytes)
      bench.relay.receiveRTP(
        from: publishers[index].peer, reference, length: bytes.count, pool: bench.pool,
        now: bench.now)
    }
    bench.advance(by: .zero)
    #expect(bench.sink.packets.map { groupOfViewer[$0.peer] } == [1, 1, 2, 2])
  }
}
