import Primitives
import Testing
import Wire

@testable import Relay

@Suite struct RetransmissionTests {
  /// A bench on which a viewer has got three pictures of two packets each.
  private struct Scene: ~Copyable {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher: Handle
    let viewer: Handle

    init(isRepaired: Bool = true) {
      publisher = bench.addPeer(anna.plan)
      viewer = bench.addPeer(Agreed.viewer(isRepaired: isRepaired))
      bench.seat(viewer, 0, publisher)
      for index in 0..<3 { sendPicture(isKeyFrame: index == 0) }
      bench.advance(by: .milliseconds(200))
    }

    mutating func sendPicture(isKeyFrame: Bool = false) {
      bench.advance(by: .milliseconds(33))
      for packet in anna.picture(at: bench.now, isKeyFrame: isKeyFrame) {
        bench.receive(packet, from: publisher)
      }
    }

    mutating func ask(for missing: [UInt16]) {
      let ssrc = Agreed.videoSSRC(seat: 0)
      bench.receive(
        [.genericNACK(GenericNACK(senderSSRC: 1, mediaSSRC: ssrc, missing: missing))],
        from: viewer)
    }

    var video: [SentRTP] { bench.sent(to: viewer, ssrc: Agreed.videoSSRC(seat: 0)) }
    var repairs: [SentRTP] { bench.sent(to: viewer, ssrc: Agreed.rtxSSRC(seat: 0)) }
  }

  @Test func whatAViewerMissesIsSentAgainJustAsItWentOut() throws {
    var scene = Scene()
    scene.ask(for: [scene.video[3].header.sequenceNumber, scene.video[1].header.sequenceNumber])
    let repairs = scene.repairs
    #expect(repairs.count == 2)
    #expect(repairs[1].index == repairs[0].index + 1)
    for (repair, original) in zip(repairs, [scene.video[3], scene.video[1]]) {
      #expect(repair.header.payloadType == Agreed.viewerRTX)
      #expect(repair.header.timestamp == original.header.timestamp)
      #expect(repair.header.marker == original.header.marker)
      let number = RetransmissionPayload.originalSequenceNumber(
        of: repair.header, in: repair.bytes.span.bytes)
      #expect(number == original.header.sequenceNumber)
      #expect(Array(repair.payload.dropFirst(2)) == original.payload)
    }
    #expect(scene.bench.relay.counters.areConserved)
  }

  @Test func oneThatWasJustSentIsNotSentAgain() {
    var scene = Scene()
    let number = scene.video[3].header.sequenceNumber
    scene.ask(for: [number, number])
    scene.ask(for: [number])
    #expect(scene.repairs.count == 1)
    scene.bench.advance(by: .milliseconds(200))
    scene.ask(for: [number])
    #expect(scene.repairs.count == 2)
  }

  @Test func withoutRTXNothingIsSentAgain() {
    var scene = Scene(isRepaired: false)
    scene.ask(for: [scene.video[3].header.sequenceNumber])
    #expect(scene.bench.sink.packets.count == 6)
    #expect(scene.bench.relay.counters[.forgotten] == 1)
  }

  @Test func whatThePoolHasRecycledIsForgotten() {
    var scene = Scene()
    for _ in 0..<scene.bench.pool.capacity { _ = scene.bench.pool.advance() }
    scene.ask(for: [scene.video[3].header.sequenceNumber])
    #expect(scene.repairs.isEmpty)
    #expect(scene.bench.relay.counters[.forgotten] == 1)
  }

  @Test func whatTheLastOccupantSentIsForgotten() {
    var scene = Scene()
    let number = scene.video[3].header.sequenceNumber
    scene.bench.seat(scene.viewer, 0, nil)
    scene.ask(for: [number])
    #expect(scene.repairs.isEmpty)
  }

  @Test func retransmissionsTakeNoMoreThanTheirShare() {
    var scene = Scene()
    for _ in 0..<200 { scene.sendPicture() }
    let before = scene.video.reduce(0) { $0 + $1.bytes.count }
    for _ in 0..<2_000 {
      scene.bench.advance(by: .milliseconds(300))
      scene.ask(for: scene.video.suffix(8).map(\.header.sequenceNumber))
    }
    let repaired = scene.repairs.reduce(0) { $0 + $1.bytes.count }
    #expect(repaired <= before / 2 + 65_536)
    #expect(scene.bench.relay.counters[.overBudget] > 1_000)
  }

  @Test func whatThePublisherLostIsAskedForAndForwardedInItsPlace() {
    var scene = Scene()
    scene.bench.advance(by: .milliseconds(33))
    let packets = scene.anna.picture(at: scene.bench.now, packets: 3)
    scene.bench.receive(packets[0], from: scene.publisher)
    scene.bench.receive(packets[2], from: scene.publisher)
    let asked = scene.bench.requested(from: scene.publisher)
    #expect(asked.isEmpty)
    scene.bench.advance(by: .milliseconds(20))
    #expect(scene.bench.requested(from: scene.publisher).count == 1)

    let repair = scene.anna.retransmission(of: packets[1])
    scene.bench.receive(repair, from: scene.publisher)
    let again = scene.anna.retransmission(of: packets[1])
    scene.bench.receive(again, from: scene.publisher)
    let video = scene.video.suffix(3)
    #expect(video.map(\.index) == [0, 2, 1].map { video[video.startIndex].index + $0 })
    #expect(
      video.last?.payload == Array(packets[1].dropFirst(12)).withRewrittenIDs(like: video.last))
    #expect(scene.bench.relay.counters[.duplicate] == 1)
    scene.bench.advance(by: .seconds(5))
    #expect(scene.bench.requested(from: scene.publisher).count == 1)

    // The viewer may have lost it too: it is sent again from where the repair was unwrapped.
    scene.ask(for: [video[video.startIndex + 2].header.sequenceNumber])
    #expect(scene.repairs.last.map { Array($0.payload.dropFirst(2)) } == video.last?.payload)
  }

  @Test func aProbeOfPaddingOnTheRTXStreamIsNothing() {
    var scene = Scene()
    var probe = scene.anna.packet(
      type: Agreed.rtx, sequence: 5, timestamp: 0, ssrc: scene.anna.rtxSSRC, payload: [0, 0, 3])
    probe[0] |= 0x20
    scene.bench.receive(probe, from: scene.publisher)
    #expect(scene.bench.relay.counters[.emptyRetransmission] == 1)
    #expect(scene.video.count == 6)
  }
}

extension [UInt8] {
  /// The payload with the picture id and TL0PICIDX of the packet that was sent.
  fileprivate func withRewrittenIDs(like sent: SentRTP?) -> [UInt8] {
    guard let sent, count > 5 else { return self }
    return Array(self[..<2]) + Array(sent.payload[2..<5]) + Array(self[5...])
  }
}
