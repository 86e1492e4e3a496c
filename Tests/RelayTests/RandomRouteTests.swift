import Primitives
import Testing
import Wire

@testable import Relay

/// Publishers, viewers and a bad network, in which people change seats all the time.
private struct Crowd: ~Copyable {
  /// What is true of a seat while its occupant sits there.
  struct Sitting {
    var occupant: Int?
    var audioFrom: UInt32 = 0
    var videoFrom: UInt32 = 0
    var hasVideo = false
  }

  static let seats = 2

  let seed: UInt64
  var random: RandomSource
  var bench: RelayBench
  var publishers: [SyntheticPublisher] = []
  var peers: [Handle] = []
  var isMuted: [Bool] = []
  var viewers: [Handle] = []
  var sittings: [[Sitting]] = []
  var used: Set<[UInt64]> = []
  var latest: [[UInt64]: UInt32] = [:]
  var inFlight: [(due: Instant, publisher: Int, bytes: [UInt8])] = []
  var lastPackets: [[[UInt8]]] = []
  var wantsKeyFrame: [Bool] = []
  var checked = 0
  var shown = 0

  init(seed: UInt64) {
    self.seed = seed
    random = RandomSource(seed: seed)
    bench = RelayBench(seed: seed)
    for index in 0..<4 {
      var publisher = SyntheticPublisher(number: UInt16(index), random: &random)
      publisher.hasLongPictureID = index != 3
      publishers.append(publisher)
      peers.append(bench.addPeer(publisher.plan))
    }
    isMuted = [false, false, false, false]
    lastPackets = [[], [], [], []]
    wantsKeyFrame = [true, true, true, true]
    for index in 0..<3 {
      viewers.append(bench.addPeer(Agreed.viewer(seats: Self.seats, hasRED: index == 0)))
      sittings.append(Array(repeating: Sitting(), count: Self.seats))
    }
  }

  mutating func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }
  mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

  mutating func step() {
    switch random.next() % 100 {
    case 0..<4: changeSeat()
    case 4: mute()
    case 5: chance(50) ? replacePublisher() : jump()
    case 6..<12: askAgain()
    case 12..<15: report()
    case 15..<50: sendPicture()
    default: sendSound()
    }
    bench.advance(by: .milliseconds(Int(random.next() % 12)))
    deliver()
    answer()
    check()
  }

  private mutating func changeSeat() {
    let viewer = pick(viewers.count)
    let seat = pick(Self.seats)
    let occupant = chance(30) ? nil : pick(publishers.count)
    // What was sent until now is judged by who sat there until now.
    check()
    if chance(50) { bench.seat(viewers[viewer], seat, nil) }
    let from = bench.seat(viewers[viewer], seat, occupant.map { peers[$0] })
    let starts = [
      (Agreed.audioSSRC(seat: seat), from.audioFrom),
      (Agreed.videoSSRC(seat: seat), from.videoFrom),
    ]
    for (ssrc, start) in starts {
      guard let last = latest[[UInt64(viewer), UInt64(ssrc)]] else { continue }
      #expect(Int32(bitPattern: start &- last) > 0, "seed \(seed), viewer \(viewer), seat \(seat)")
    }
    sittings[viewer][seat] = Sitting(
      occupant: occupant, audioFrom: from.audioFrom, videoFrom: from.videoFrom)
  }

  private mutating func mute() {
    let index = pick(publishers.count)
    check()
    isMuted[index].toggle()
    bench.relay.openSources(peers[index], isMuted[index] ? [.microphone] : [.microphone, .camera])
  }

  /// A publisher goes, and comes back as another peer that sits nowhere.
  private mutating func replacePublisher() {
    let index = pick(publishers.count)
    check()
    bench.relay.removePeer(peers[index], now: bench.now)
    inFlight.removeAll { $0.publisher == index }
    publishers[index] = SyntheticPublisher(number: UInt16(index), random: &random)
    peers[index] = bench.addPeer(publishers[index].plan)
    isMuted[index] = false
    lastPackets[index] = []
    for viewer in viewers.indices {
      for seat in 0..<Self.seats where sittings[viewer][seat].occupant == index {
        sittings[viewer][seat].occupant = nil
      }
    }
  }

  /// A publisher's clocks and sequence numbers jump, by mistake or to do harm.
  private mutating func jump() {
    let index = pick(publishers.count)
    publishers[index].audioClock &+= UInt32(truncatingIfNeeded: random.next())
    publishers[index].videoClock &+= UInt32(truncatingIfNeeded: random.next())
    publishers[index].clockOffset = .seconds(pick(1_000_000))
    if chance(50) { publishers[index].videoSequence &+= UInt16(truncatingIfNeeded: random.next()) }
  }

  private mutating func sendSound() {
    let index = pick(publishers.count)
    let bytes = publishers[index].audio(at: bench.now, level: UInt8(random.next() % 128))
    send(bytes, from: index)
  }

  private mutating func sendPicture() {
    let index = pick(publishers.count)
    let isKeyFrame = wantsKeyFrame[index] && chance(50)
    if isKeyFrame { wantsKeyFrame[index] = false }
    let packets = publishers[index].picture(
      at: bench.now, isKeyFrame: isKeyFrame, packets: 1 + pick(3))
    lastPackets[index] = Array((lastPackets[index] + packets).suffix(200))
    for packet in packets { send(packet, from: index) }
    if chance(10) { send(publishers[index].padding(at: bench.now), from: index) }
  }

  private mutating func send(_ bytes: [UInt8], from publisher: Int) {
    if chance(10) { return }
    let delay = Duration.milliseconds(Int(random.next() % (chance(10) ? 120 : 8)))
    inFlight.append((bench.now + delay, publisher, bytes))
    if chance(3) { inFlight.append((bench.now + delay + delay, publisher, bytes)) }
  }

  private mutating func deliver() {
    let due = inFlight.filter { $0.due <= bench.now }.sorted { $0.due < $1.due }
    inFlight.removeAll { $0.due <= bench.now }
    for packet in due { bench.receive(packet.bytes, from: peers[packet.publisher]) }
  }

  /// Viewers ask for packets, some of them not there, and for key frames.
  private mutating func askAgain() {
    let viewer = pick(viewers.count)
    let ssrc = Agreed.videoSSRC(seat: pick(Self.seats))
    let number = UInt16(truncatingIfNeeded: random.next() % (1 << 15))
    let recent = bench.sink.packets.last { $0.peer == viewers[viewer] && $0.header.ssrc == ssrc }
    let missing = recent.map { [$0.header.sequenceNumber &- 1, $0.header.sequenceNumber] } ?? []
    bench.receive(
      [
        .genericNACK(GenericNACK(senderSSRC: 1, mediaSSRC: ssrc, missing: missing + [number])),
        .pictureLossIndication(PictureLossIndication(senderSSRC: 1, mediaSSRC: ssrc)),
      ], from: viewers[viewer])
  }

  private mutating func report() {
    let index = pick(publishers.count)
    bench.receive(publishers[index].reports(at: bench.now), from: peers[index])
  }

  /// Publishers answer the relay's requests, through the same bad network.
  private mutating func answer() {
    let reports = bench.sink.reports
    bench.sink.reports.removeAll()
    for (peer, _, packet) in reports {
      guard let index = peers.firstIndex(of: peer) else { continue }
      if case .pictureLossIndication = packet { wantsKeyFrame[index] = true }
      guard case .genericNACK(let nack) = packet else { continue }
      for number in nack.missing {
        guard
          let original = lastPackets[index].last(where: {
            UInt16($0[2]) << 8 | UInt16($0[3]) == number
          })
        else { continue }
        let bytes = publishers[index].retransmission(of: original)
        send(bytes, from: index)
      }
    }
  }

  /// Holds all that was sent since the last look to the rules.
  private mutating func check() {
    for packet in bench.sink.packets[checked...] { check(packet) }
    checked = bench.sink.packets.count
  }

  private mutating func check(_ packet: SentRTP) {
    guard let viewer = viewers.firstIndex(of: packet.peer) else { return }
    let seat = Int(packet.header.ssrc & 0xFF)
    let sitting = sittings[viewer][seat]
    let place = "seed \(seed), viewer \(viewer), seat \(seat), packet \(shown)"
    #expect(packet.mark?.publisher == sitting.occupant.map(UInt16.init), "\(place)")
    #expect(
      used.insert([UInt64(viewer), UInt64(packet.header.ssrc), packet.index]).inserted, "\(place)")
    #expect(UInt16(truncatingIfNeeded: packet.index) == packet.header.sequenceNumber)
    shown += 1
    let isVideo = packet.header.ssrc >> 24 != 0x0A
    let from = isVideo ? sitting.videoFrom : sitting.audioFrom
    #expect(Int32(bitPattern: packet.header.timestamp &- from) >= 0, "\(place)")
    let stream = [UInt64(viewer), UInt64(packet.header.ssrc)]
    let last = latest[stream] ?? packet.header.timestamp
    if Int32(bitPattern: packet.header.timestamp &- last) >= 0 {
      latest[stream] = packet.header.timestamp
    }
    if packet.header.ssrc >> 24 == 0x0B, !sitting.hasVideo {
      sittings[viewer][seat].hasVideo = true
      #expect(packet.descriptor?.isKeyFrameStart == true, "\(place)")
    }
  }
}

@Suite struct RandomRouteTests {
  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func neverAPacketOfOnePersonOnTheSeatOfAnother(seed: UInt64) {
    var crowd = Crowd(seed: seed)
    for _ in 0..<3_000 { crowd.step() }
    let counters = crowd.bench.relay.counters
    #expect(counters.areConserved, "seed \(seed)")
    #expect(counters.sent + counters.retransmitted == UInt64(crowd.shown), "seed \(seed)")
    #expect(counters.sent > 1_000 && counters.retransmitted > 10, "seed \(seed): \(counters)")
  }
}
