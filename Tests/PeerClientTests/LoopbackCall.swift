import PeerClient
import Primitives
import Relay
import Security
import Signaling
import Transport
import Wire

/// What the path between clients and relay does to each datagram.
struct PathForm {
  var delay = Duration.milliseconds(20)
  /// Added at random: datagrams overtake one another.
  var jitter = Duration.zero
  /// Chance of each datagram to be lost, 0...1, once the call is connected.
  var loss = 0.0
}

/// Keeps what a relay sends until it can be protected.
struct PacketCollector: PacketSink, ~Copyable {
  enum Packet {
    case rtp(to: Handle, bytes: [UInt8], headerLength: Int, index: UInt64)
    case rtcp(to: Handle, bytes: [UInt8])
  }

  var packets: [Packet] = []
  private var receiver = Handle(index: 0, generation: 0)
  private let slot = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)

  deinit { slot.deallocate() }

  mutating func turn(to peer: Handle) -> Bool {
    receiver = peer
    return true
  }

  mutating func openSlot() -> UnsafeMutableRawBufferPointer? { slot }

  var wantsFlush: Bool { false }

  mutating func sendRTP(_ packet: ClearPacket) {
    packet.rest.copy(into: slot)
    packets.append(
      .rtp(
        to: receiver, bytes: Array(slot[..<packet.length]), headerLength: packet.headerLength,
        index: packet.index))
  }

  mutating func sendRTCP(to peer: Handle, _ packet: [UInt8]) {
    packets.append(.rtcp(to: peer, bytes: packet))
  }
}

/// Clients around one relay on a virtual network, in virtual time: no signaling but the offers.
final class LoopbackCall {
  /// A client, and the relay's side of it.
  final class Member {
    var client: PeerClient
    var negotiator: MediaNegotiator
    var transport: PeerTransport
    let handle: Handle
    let address: NetworkAddress
    var frames: [PeerClient.ReceivedFrame] = []
    var sounds: [PeerClient.ReceivedSound] = []
    var isConnected = false
    var counters: PeerClientCounters { client.counters }

    init(
      client: consuming PeerClient, negotiator: MediaNegotiator,
      transport: consuming PeerTransport, handle: Handle, address: NetworkAddress
    ) {
      self.client = client
      self.negotiator = negotiator
      self.transport = transport
      self.handle = handle
      self.address = address
    }
  }

  private struct InFlight {
    var at: Instant
    var order: Int
    var member: Int
    var isForRelay: Bool
    var bytes: [UInt8]
  }

  static let relayAddress = NetworkAddress(ipv4: 0x0A00_0001, port: 40_000)

  var now = Instant.origin + .seconds(100)
  var path = PathForm()
  var relay: Relay
  var pool = PacketPool(capacity: 16_384)
  private(set) var members: [Member] = []
  private var sink = PacketCollector()
  private var inFlight: [InFlight] = []
  private var random: RandomSource
  private var order = 0

  init(seed: UInt64) {
    random = RandomSource(seed: seed)
    relay = Relay(random: random.fork(), peers: 16)
  }

  /// Adds a client that negotiates at once; publishers are numbered by their place.
  @discardableResult
  func join(_ change: (inout PeerClient.Configuration) -> Void = { _ in }) throws -> Member {
    var form = PeerClient.Configuration(publisher: UInt32(members.count))
    change(&form)
    let (ours, theirs) = (try certificate(), try certificate())
    var client = PeerClient(
      configuration: form, certificate: theirs, random: random.fork())
    var negotiator = MediaNegotiator(
      fingerprint: Fingerprint(digest: ours.digest), candidates: [Self.relayAddress],
      cname: "viewer-\(members.count)")
    let answer = try negotiator.answer(client.makeOffer(), random: &random)
    try client.apply(answer: answer.sdp, seats: answer.numberedSeats, now: now)
    var transport = PeerTransport(
      plan: answer.transport, certificate: ours, profiles: [.aeadAES128GCM], now: now)
    transport.isMediaAdmitted = true
    guard let handle = relay.addPeer(answer.media, now: now) else { throw LoopbackError.full }
    relay.openSources(handle, Set(MediaSource.allCases))
    relay.setReachable(handle, true, now: now)
    let member = Member(
      client: client, negotiator: negotiator, transport: transport, handle: handle,
      address: NetworkAddress(ipv4: 0xC000_0200 + UInt32(members.count), port: 5_000))
    members.append(member)
    return member
  }

  /// Puts a member on another one's seat, or empties it.
  func seat(_ viewer: Member, _ seat: Int, _ occupant: Member?) -> UInt32 {
    relay.seat(viewer.handle, seat: seat, occupant: occupant?.handle, now: now).videoFrom
  }

  /// Connects all members that have joined.
  func connect() -> Bool {
    run(for: .seconds(10)) { call in call.members.allSatisfy(\.isConnected) }
  }

  /// Lets virtual time pass, or until `condition` holds; false where it never did.
  @discardableResult
  func run(for span: Duration, until condition: (LoopbackCall) -> Bool = { _ in false }) -> Bool {
    let end = now + span
    while true {
      drain()
      if condition(self) { return true }
      var next = earliest(inFlight.map(\.at).min(), relay.nextDeadline)
      for member in members {
        next = earliest(next, earliest(member.client.nextDeadline, member.transport.nextDeadline))
      }
      guard let next, next <= end else {
        now = end
        return condition(self)
      }
      now = max(now, next)
      deliver()
      handleDeadlines()
    }
  }

  private func handleDeadlines() {
    for member in members {
      if let due = member.client.nextDeadline, due <= now { member.client.handleDeadline(now: now) }
      if let due = member.transport.nextDeadline, due <= now {
        member.transport.handleDeadline(now: now)
      }
    }
    if let due = relay.nextDeadline, due <= now {
      _ = relay.forward(now: now, pool: pool, sink: &sink)
      _ = relay.handleDeadline(now: now, sink: &sink)
    }
  }

  private func deliver() {
    let due = inFlight.filter { $0.at <= now }.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
    inFlight.removeAll { $0.at <= now }
    for datagram in due {
      let member = members[datagram.member]
      if datagram.isForRelay {
        receive(datagram.bytes, from: member)
      } else {
        member.client.receive(
          datagram.bytes.span.bytes, from: Self.relayAddress, now: now)
      }
      drain()
    }
  }

  private func receive(_ bytes: [UInt8], from member: Member) {
    let reference = pool.advance()
    let slot = pool.slot(reference)
    slot.copyBytes(from: bytes)
    switch member.transport.receive(slot, length: bytes.count, from: member.address, now: now) {
    case .rtp(let length):
      relay.receiveRTP(
        from: member.handle, reference, length: length, pool: pool, now: now)
    case .rtcp(let length):
      let packet = UnsafeRawBufferPointer(rebasing: slot[..<length])
      relay.receiveRTCP(
        from: member.handle, packet.bytes, pool: pool, now: now, sink: &sink)
    case .nothing, .dropped: break
    }
  }

  private func drain() {
    for (index, member) in members.enumerated() {
      while let output = member.client.poll() {
        switch output {
        case .transmit(let bytes, _): carry(bytes, of: index, isForRelay: true)
        case .frame(let frame): member.frames.append(frame)
        case .sound(let sound): member.sounds.append(sound)
        case .connected: member.isConnected = true
        case .silent, .heard, .closed: break
        }
      }
      while let output = member.transport.poll() {
        if case .transmit(let bytes, _) = output { carry(bytes, of: index, isForRelay: false) }
      }
    }
    let packets = sink.packets
    sink.packets.removeAll()
    for packet in packets { protect(packet) }
  }

  private func protect(_ packet: PacketCollector.Packet) {
    switch packet {
    case .rtp(let peer, let bytes, let headerLength, let index):
      guard let place = members.firstIndex(where: { $0.handle == peer }) else { return }
      var room = bytes + [UInt8](repeating: 0, count: 64)
      let length = room.withUnsafeMutableBytes { slot in
        members[place].transport.protectRTP(
          slot, length: bytes.count, headerLength: headerLength, index: index)
      }
      if let length { carry(Array(room[..<length]), of: place, isForRelay: false) }
    case .rtcp(let peer, var bytes):
      guard let place = members.firstIndex(where: { $0.handle == peer }) else { return }
      if members[place].transport.protectRTCP(&bytes) {
        carry(bytes, of: place, isForRelay: false)
      }
    }
  }

  private func carry(_ bytes: [UInt8], of member: Int, isForRelay: Bool) {
    order += 1
    let chance = Double.random(in: 0..<1, using: &random)
    let jitter = Int64.random(in: 0...path.jitter.nanoseconds, using: &random)
    if chance < path.loss { return }
    inFlight.append(
      InFlight(
        at: now + path.delay + Duration(nanoseconds: jitter), order: order, member: member,
        isForRelay: isForRelay, bytes: bytes))
  }

  private func certificate() throws -> Certificate {
    try Certificate.generate(
      validFrom: WallTime(milliseconds: 1_700_000_000_000),
      until: WallTime(milliseconds: 1_800_000_000_000), random: &random)
  }

  /// Lets a member offer again, and gives the answer to both sides.
  @discardableResult
  func negotiateAgain(
    _ member: Member, restart: Bool = false, morePersonSeats: Int = 0
  ) throws -> MediaNegotiator.Answer {
    let offer = member.client.makeOffer(restart: restart, morePersonSeats: morePersonSeats)
    let answer = try member.negotiator.answer(offer, random: &random)
    if answer.isRestart { member.transport.restart(answer.transport, now: now) }
    relay.updatePeer(member.handle, plan: answer.media)
    try member.client.apply(answer: answer.sdp, seats: answer.numberedSeats, now: now)
    return answer
  }
}

extension MediaNegotiator {
  /// Answers a client's offer, as the control plane would.
  mutating func answer(
    _ offer: PeerOffer, random: inout RandomSource
  ) throws(NegotiationError) -> Answer {
    try answer(
      offer: offer.sdp, tracks: offer.tracks.map { .init(mid: $0.mid, source: $0.source) },
      seats: offer.seats.map {
        .init(kind: $0.kind, audioMID: $0.audioMID, videoMID: $0.videoMID)
      }, random: &random)
  }
}

extension MediaNegotiator.Answer {
  /// The seats with their numbers, as the reply to `media.negotiate` lists them.
  var numberedSeats: [OfferedSeat] {
    seats.map { seat in
      OfferedSeat(
        kind: seat.kind, audioMID: seat.audio?.mid, videoMID: seat.video?.mid,
        number: seat.index)
    }
  }
}

enum LoopbackError: Error {
  case full
}
