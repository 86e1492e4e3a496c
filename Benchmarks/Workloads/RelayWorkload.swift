import Primitives
import Relay
import Security
import Wire

/// Takes what a relay sends into slots side by side, and protects it there where there are keys.
struct FanOutSink: PacketSink, ~Copyable {
  /// Slots that are used round and round: about as many as a worker's batch has.
  private static let slots = 1_024

  /// Packets sent so far.
  private(set) var sent = 0
  /// Whether packets are protected.
  private let protects: Bool
  private var senders: SlotTable<SRTPSender>
  private let slab = PacketSlab(capacity: slots)
  private var next = 0
  private var receiver = Handle(index: 0, generation: 0)

  init(peers: Int, protects: Bool) {
    self.protects = protects
    senders = SlotTable(capacity: peers)
  }

  /// Keys for a peer of the relay, whose table gives out the same handles.
  mutating func add(_ peer: Handle) {
    let sender = senders.insert(SRTPSender(SRTPProfile.aeadAES128GCM.masterKey(UInt64(peer.index))))
    precondition(sender == peer, "two tables of one size give out the same handles")
  }

  mutating func turn(to peer: Handle) -> Bool {
    receiver = peer
    return true
  }

  mutating func openSlot() -> UnsafeMutableRawBufferPointer? { slab[next] }

  var wantsFlush: Bool { false }

  mutating func sendRTP(_ packet: ClearPacket) {
    if protects {
      guard
        senders[receiver].protectRTP(
          slab[next], length: packet.length, headerLength: packet.headerLength,
          index: packet.index, rest: packet.rest) != nil
      else { return }
    } else {
      packet.rest.copy(into: slab[next])
    }
    next = (next + 1) % Self.slots
    sent += 1
  }

  mutating func sendRTCP(to peer: Handle, _ packet: [UInt8]) {}
}

/// A relay in memory: rewrites packets for all who see them, and protects them where asked to.
final class RelayWorkload: Workload {
  /// Packets that go out in a run, about.
  private static let target = 2_048

  /// Packets that go out in a run.
  private(set) var operations = 0
  /// Receivers of each packet, as far as the relay takes them.
  private(set) var receivers = 0
  /// Says so where it takes fewer than asked for.
  private(set) var note: String?
  private var relay: Relay
  private var sink: FanOutSink
  private var pool = PacketPool(capacity: 8_192)
  private var now = Instant.origin + .seconds(100)
  private var publishers: [(peer: Handle, stream: SyntheticStream)] = []
  private var nextPublisher = 0
  private var frames = 0
  private var arrivals: [Arrival] = []
  private var sentBefore = 0

  /// A packet that has come in.
  private struct Arrival {
    var peer: Handle
    var packet: PacketReference
    var length: Int
    var now: Instant
    var isLastOfFrame: Bool
  }

  init(_ gathering: Gathering, size: Int, protects: Bool) throws {
    let people = gathering.people
    // Room for all streams: the relay has so many for each peer that fits.
    let streams = people.reduce(0) { $0 + 2 * $1.seen.count }
    let capacity = max(people.count, 1 + streams / Limits.sendStreamsPerPeer) + 1
    relay = Relay(random: RandomSource(seed: 1), peers: capacity)
    sink = FanOutSink(peers: capacity, protects: protects)
    var peers: [Handle] = []
    for person in people {
      guard let peer = relay.addPeer(person.plan, now: now) else {
        throw BenchmarkFailure("the relay is full")
      }
      sink.add(peer)
      relay.openSources(peer, Set(MediaSource.allCases))
      relay.setReachable(peer, true, now: now)
      peers.append(peer)
      if let number = person.publisher {
        publishers.append((peer, .of(size: size, publisher: number)))
      }
    }
    let inRoom = gathering.publishers + gathering.viewers
    for (person, peer) in zip(people, peers) {
      for (seat, place) in person.seen.enumerated() {
        relay.seat(peer, seat: seat, occupant: peers[person.room * inRoom + place], now: now)
      }
    }
    try start()
    let asked = gathering.publishers + gathering.viewers - 1
    if receivers < asked { note = "\(receivers) receivers are taken" }
  }

  /// Has every publisher send a frame, the key frame, and sees to how many each goes.
  private func start() throws {
    frames = publishers.count
    for frame in 0..<frames {
      write(frames: 1)
      run()
      if frame == 0 {
        receivers = (sink.sent - sentBefore) / arrivals.count
        guard receivers > 0 else { throw BenchmarkFailure("nothing is forwarded") }
      }
    }
    frames = max(1, Self.target / (receivers * publishers[0].stream.burst))
    operations = frames * receivers * publishers[0].stream.burst
  }

  func prepare() throws {
    try calm()
    write(frames: frames)
  }

  private func write(frames: Int) {
    arrivals.removeAll(keepingCapacity: true)
    sentBefore = sink.sent
    for _ in 0..<frames {
      now += SyntheticStream.frameInterval
      for position in 0..<publishers[nextPublisher].stream.burst {
        let packet = pool.advance()
        let written = publishers[nextPublisher].stream.write(
          position, at: now, to: pool.slot(packet))
        arrivals.append(
          Arrival(
            peer: publishers[nextPublisher].peer, packet: packet, length: written.length, now: now,
            isLastOfFrame: position == publishers[nextPublisher].stream.burst - 1))
      }
      nextPublisher = (nextPublisher + 1) % publishers.count
    }
  }

  /// Lets time pass until nothing falls due within a run.
  private func calm() throws {
    let span = SyntheticStream.frameInterval * (frames + 1)
    guard let due = relay.nextDeadline, due <= now + span else { return }
    now += .milliseconds(1_100)
    for _ in 0..<100 {
      _ = relay.forward(now: now, pool: pool, sink: &sink)
      _ = relay.handleDeadline(now: now, sink: &sink)
      guard let due = relay.nextDeadline, due <= now + span else { return }
    }
    throw BenchmarkFailure("the relay does not come to rest")
  }

  func run() { Self.receive(arrivals, in: &relay, pool: pool, sink: &sink) }

  private static func receive(
    _ arrivals: [Arrival], in relay: inout Relay, pool: borrowing PacketPool,
    sink: inout FanOutSink
  ) {
    for arrival in arrivals {
      relay.receiveRTP(
        from: arrival.peer, arrival.packet, length: arrival.length, pool: pool, now: arrival.now)
      // Each frame in a turn of its own.
      if arrival.isLastOfFrame { _ = relay.forward(now: arrival.now, pool: pool, sink: &sink) }
    }
  }

  func check() throws {
    guard sink.sent - sentBefore == operations else {
      throw BenchmarkFailure("\(sink.sent - sentBefore) packets of \(operations) went out")
    }
  }
}
