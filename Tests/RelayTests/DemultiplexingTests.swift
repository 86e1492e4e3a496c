import Primitives
import Testing
import Wire

@testable import Relay

@Suite struct DemultiplexingTests {
  private struct Scene: ~Copyable {
    var bench = RelayBench()
    let anna = SyntheticPublisher(number: 1)
    let publisher: Handle
    let viewer: Handle

    /// A publisher that is known by MID, and by RID where there are any, alone.
    init(rids: [String] = []) {
      var plan = anna.plan
      for index in plan.publish.indices { plan.publish[index].streams = [] }
      plan.publish[1].rids = rids
      publisher = bench.addPeer(plan)
      viewer = bench.addPeer(Agreed.viewer())
      bench.seat(viewer, 0, publisher)
      bench.advance(by: .milliseconds(10))
    }

    mutating func sound(ssrc: UInt32, sequence: UInt16, mid: String? = nil) {
      let elements = mid.map { [(id: UInt8(4), bytes: Array($0.utf8))] } ?? []
      bench.receive(
        anna.packet(
          type: Agreed.opus, sequence: sequence, timestamp: anna.audioTimestamp(at: bench.now),
          ssrc: ssrc, elements: elements, payload: [1, 2, 3]), from: publisher)
    }

    mutating func picture(
      ssrc: UInt32, sequence: UInt16, rid: String, repairing original: UInt16? = nil
    ) {
      let elements: [(id: UInt8, bytes: [UInt8])] = [
        (4, Array("1".utf8)), (original == nil ? 10 : 11, Array(rid.utf8)),
      ]
      let number = original.map { [UInt8($0 >> 8), UInt8($0 & 255)] } ?? []
      bench.receive(
        anna.packet(
          type: original == nil ? Agreed.vp8 : Agreed.rtx, sequence: sequence,
          timestamp: anna.videoTimestamp(at: bench.now), ssrc: ssrc, elements: elements,
          payload: number + [0x90, 0xC0, 0x81, 0, 7, 0, 0]), from: publisher)
    }
  }

  @Test func anUnknownStreamIsDroppedNotGuessed() {
    var scene = Scene()
    scene.sound(ssrc: 77, sequence: 1)
    scene.sound(ssrc: 77, sequence: 2, mid: "9")
    #expect(scene.bench.relay.counters[.unknownStream] == 2)
    #expect(scene.bench.sink.packets.isEmpty)
  }

  @Test func aMIDTeachesTheSSRC() {
    var scene = Scene()
    scene.sound(ssrc: 77, sequence: 1, mid: "0")
    scene.sound(ssrc: 77, sequence: 2)
    #expect(scene.bench.sink.packets.count == 2)
  }

  @Test func aTrackMayTakeAnotherSSRC() {
    var scene = Scene()
    scene.sound(ssrc: 77, sequence: 1, mid: "0")
    scene.bench.advance(by: .milliseconds(20))
    scene.sound(ssrc: 78, sequence: 60_000, mid: "0")
    scene.sound(ssrc: 77, sequence: 2)
    #expect(scene.bench.relay.counters[.unknownStream] == 1)
    let sent = scene.bench.sent(to: scene.viewer, ssrc: Agreed.audioSSRC(seat: 0))
    #expect(sent.count == 2)
    #expect(sent[1].index == sent[0].index + 1)
  }

  @Test func layersAndTheirRepairsAreKnownByRID() {
    var scene = Scene(rids: ["q", "h"])
    scene.picture(ssrc: 91, sequence: 100, rid: "q")
    scene.picture(ssrc: 91, sequence: 102, rid: "q")
    scene.picture(ssrc: 92, sequence: 7, rid: "q", repairing: 101)
    scene.picture(ssrc: 93, sequence: 7, rid: "x")
    #expect(scene.bench.relay.counters[.unknownStream] == 1)
    #expect(scene.bench.sink.packets.count == 3)
    #expect(scene.bench.relay.counters.areConserved)
  }

  @Test func manySSRCsDoNotGrowTheTable() {
    var scene = Scene()
    for number in 0..<10_000 as Range<UInt32> {
      scene.sound(ssrc: 1_000 + number, sequence: 1, mid: "0")
    }
    #expect(scene.bench.relay.peers[scene.publisher].bindings.count == 1)
  }

  @Test func aPayloadTypeThatWasNotAgreedIsDropped() {
    var scene = Scene()
    scene.sound(ssrc: 77, sequence: 1, mid: "0")
    let packet = scene.anna.packet(
      type: 99, sequence: 2, timestamp: 0, ssrc: 77, payload: [1, 2, 3])
    scene.bench.receive(packet, from: scene.publisher)
    #expect(scene.bench.relay.counters[.unknownPayloadType] == 1)
  }

  @Test func brokenPacketsAreCountedAndDropped() {
    var scene = Scene()
    scene.sound(ssrc: 77, sequence: 1, mid: "0")
    for length in 0..<12 {
      scene.bench.receive([UInt8](repeating: 0x80, count: length), from: scene.publisher)
    }
    scene.bench.receive([UInt8](repeating: 0x80, count: 1_401), from: scene.publisher)
    #expect(scene.bench.relay.counters[.malformed] == 12)
    #expect(scene.bench.relay.counters[.tooLong] == 1)
    #expect(scene.bench.relay.counters.areConserved)
  }
}
