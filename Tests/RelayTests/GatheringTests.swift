import Primitives
import Testing
import Wire

@testable import Relay

/// What waits for what, and in which order it leaves.
@Suite struct GatheringTests {
  @Test func theFirstPacketOfAFrameWaitsForTheOthersForATime() {
    var room = Room()
    room.receiveFrame(packets: 2, apart: .zero)
    #expect(room.sent == 2)
    room.receiveStart()
    #expect(room.sent == 2)
    room.bench.advance(by: Relay.gatheringTime - .nanoseconds(1))
    #expect(room.sent == 2)
    room.bench.advance(by: .nanoseconds(1))
    #expect(room.sent == 3)
  }

  /// At 3 ms from packet to packet two can leave together, and never three.
  @Test func packetsLeaveAsSoonAsTheNextWouldComeTooLate() {
    var room = Room()
    for _ in 0..<3 { room.receiveFrame(packets: 4, apart: .milliseconds(3)) }
    let before = room.sent
    room.receiveStart()
    #expect(room.sent == before)
    room.bench.advance(by: .milliseconds(3))
    room.receiveNext()
    #expect(room.sent == before + 2)
  }

  @Test func packetsThatComeSlowlyDoNotWait() {
    var room = Room()
    room.receiveFrame(packets: 4, apart: .milliseconds(10))
    let before = room.sent
    room.receiveStart()
    #expect(room.sent == before + 1)
    for _ in 0..<12 { room.receiveFrame(packets: 4, apart: .milliseconds(1)) }
    let after = room.sent
    room.receiveStart()
    #expect(room.sent == after, "they have come to be quicker")
  }

  @Test func whatCameLongAfterItsFrameIsSoonForgotten() {
    var pace = FramePace()
    pace.note(7, now: .origin)
    var now = Instant.origin + .hours(1)
    for _ in 0..<3 {
      pace.note(7, now: now)
      now += .milliseconds(1)
    }
    #expect(pace.expectsNext(by: now + .milliseconds(3)))
  }

  /// A publisher of video and one who sees it.
  private struct Room: ~Copyable {
    var bench = RelayBench()
    private var source = SyntheticPublisher(number: 1)
    private let publisher: Handle
    private let viewer: Handle
    private var rest: ArraySlice<[UInt8]> = []
    private var isFirst = true

    init() {
      publisher = bench.addPeer(source.plan)
      viewer = bench.addPeer(Agreed.viewer())
      bench.seat(viewer, 0, publisher)
    }

    var sent: Int { bench.sent(to: viewer, ssrc: Agreed.videoSSRC(seat: 0)).count }

    /// The first packet of a picture of four, some time after all before.
    mutating func receiveStart(packets: Int = 4) {
      bench.advance(by: .milliseconds(33))
      rest = source.picture(at: bench.now, isKeyFrame: isFirst, packets: packets)[...]
      isFirst = false
      receiveNext()
    }

    mutating func receiveNext() {
      guard let packet = rest.popFirst() else { return }
      bench.receive(packet, from: publisher)
    }

    mutating func receiveFrame(packets: Int, apart gap: Duration) {
      receiveStart(packets: packets)
      while !rest.isEmpty {
        bench.advance(by: gap)
        receiveNext()
      }
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
