import Primitives
import Testing
import Wire

@testable import Relay

@Suite struct SimulcastTests {
  /// A publisher with three layers, each with a clock and sequence numbers of its own.
  private struct Scene: ~Copyable {
    var bench = RelayBench()
    let anna = SyntheticPublisher(number: 1)
    let publisher: Handle
    let viewer: Handle
    private var sequences: [UInt16] = [10, 20_000, 65_530]
    private var picture: UInt8 = 0

    init() {
      var plan = anna.plan
      plan.publish[1].rids = ["q", "h", "f"]
      plan.publish[1].streams = (0..<3).map { AnnouncedStream(ssrc: 200 + $0) }
      publisher = bench.addPeer(plan)
      viewer = bench.addPeer(Agreed.viewer())
      bench.seat(viewer, 0, publisher)
    }

    /// Sends one picture on each of the layers; the payload's last byte names the layer.
    mutating func send(layers: Set<Int>, keyFrames: Set<Int> = []) {
      bench.advance(by: .milliseconds(33))
      picture = (picture + 1) & 0x7F
      for layer in layers.sorted() {
        let packet = anna.packet(
          type: Agreed.vp8, sequence: sequences[layer],
          timestamp: anna.videoTimestamp(at: bench.now) &+ UInt32(layer) * 1_000_000,
          ssrc: 200 + UInt32(layer), marker: true,
          payload: [0x90, 0xC0, picture, picture, keyFrames.contains(layer) ? 0 : 1, UInt8(layer)])
        sequences[layer] &+= 1
        bench.receive(packet, from: publisher)
      }
    }

    var sent: [SentRTP] { bench.sent(to: viewer, ssrc: Agreed.videoSSRC(seat: 0)) }
    var layers: [Int] { sent.map { Int($0.payload.last ?? 255) } }
  }

  @Test func aViewerGetsTheHighestLayerFromItsKeyFrameOn() {
    var scene = Scene()
    scene.send(layers: [0], keyFrames: [0])
    for _ in 0..<3 { scene.send(layers: [0, 1, 2]) }
    scene.send(layers: [0, 1, 2], keyFrames: [0, 1, 2])
    for _ in 0..<3 { scene.send(layers: [0, 1, 2]) }
    #expect(scene.layers == [0, 0, 0, 0, 0, 2, 2, 2, 2])
    let sent = scene.sent
    for (before, after) in zip(sent, sent.dropFirst()) {
      #expect(after.index == before.index + 1)
      #expect(Int32(bitPattern: after.header.timestamp &- before.header.timestamp) > 0)
    }
    #expect(scene.bench.relay.counters.areConserved)
  }

  @Test func aLayerThatIsLostIsLeftForALowerOneWithinTwoSeconds() {
    var scene = Scene()
    for index in 0..<10 {
      scene.send(layers: [0, 1, 2], keyFrames: index < 2 ? [0, 1, 2] : [])
    }
    #expect(scene.layers.last == 2)
    let lost = scene.bench.now
    var asked = 0
    for _ in 0..<60 {
      let requests = scene.bench.keyFrameRequests(to: scene.publisher).count
      scene.send(layers: [0, 1], keyFrames: requests > asked ? [0, 1] : [])
      asked = requests
    }
    #expect(scene.layers.last == 1)
    let back = scene.sent.first { $0.time > lost && $0.payload.last == 1 }
    #expect(back.map { $0.time - lost < .seconds(2) } == true)
  }

  @Test func aViewerThatWantsALowerLayerGetsItFromItsKeyFrameOnAndOthersTheBest() {
    var scene = Scene()
    let other = scene.bench.addPeer(Agreed.viewer())
    scene.bench.seat(other, 0, scene.publisher)
    scene.send(layers: [0, 1, 2], keyFrames: [0, 1, 2])
    scene.send(layers: [0, 1, 2], keyFrames: [0, 1, 2])
    scene.bench.relay.limitLayers(scene.viewer, seat: 0, to: 0, now: scene.bench.now)
    scene.send(layers: [0, 1, 2])
    #expect(scene.layers.last == 2, "until there is a key frame")
    scene.send(layers: [0, 1, 2], keyFrames: [0])
    scene.send(layers: [0, 1, 2])
    #expect(scene.layers.suffix(2) == [0, 0])
    let others = scene.bench.sent(to: other, ssrc: Agreed.videoSSRC(seat: 0))
    #expect(others.suffix(3).allSatisfy { $0.payload.last == 2 })
    scene.bench.relay.limitLayers(scene.viewer, seat: 0, to: .max, now: scene.bench.now)
    scene.send(layers: [0, 1, 2], keyFrames: [2])
    #expect(scene.layers.last == 2)
    for (before, after) in zip(scene.sent, scene.sent.dropFirst()) {
      #expect(after.index == before.index + 1)
    }
    #expect(scene.bench.relay.counters.areConserved)
  }
}
