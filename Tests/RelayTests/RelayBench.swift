import Primitives
import Wire

@testable import Relay

/// An RTP packet that came out of the relay.
struct SentRTP {
  let peer: Handle
  let bytes: [UInt8]
  let headerLength: Int
  let index: UInt64
  let time: Instant

  var header: RTPHeader {
    guard let header = try? RTPHeader(parsing: bytes.span.bytes) else {
      preconditionFailure("the relay sent what is no RTP packet")
    }
    return header
  }
  var payload: [UInt8] { Array(bytes[header.payloadRange]) }
  var descriptor: VP8Descriptor? {
    try? VP8Descriptor(parsing: bytes.span.bytes, at: header.payloadRange)
  }
  /// The publisher's mark in the last bytes of the payload: who made it, and its number.
  var mark: PacketMark? { PacketMark(payload) }
}

/// What a synthetic packet says of itself in its last six bytes.
struct PacketMark: Equatable {
  var publisher: UInt16
  var number: UInt32

  init(publisher: UInt16, number: UInt32) {
    self.publisher = publisher
    self.number = number
  }

  init?(_ payload: [UInt8]) {
    guard payload.count >= 6 else { return nil }
    let tail = Array(payload.suffix(6))
    publisher = UInt16(tail[0]) << 8 | UInt16(tail[1])
    number = tail[2...].reduce(0) { $0 << 8 | UInt32($1) }
  }

  var bytes: [UInt8] {
    [UInt8(publisher >> 8), UInt8(publisher & 255)]
      + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) }
  }
}

/// Writes down what the relay sends.
struct RecordingSink: PacketSink, ~Copyable {
  var packets: [SentRTP] = []
  var reports: [(peer: Handle, time: Instant, packet: RTCPPacket)] = []
  var unreachable: Set<Handle> = []
  var now = Instant.origin
  private var receiver = Handle(index: 0, generation: 0)
  private let slot = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 8)

  deinit { slot.deallocate() }

  mutating func turn(to peer: Handle) -> Bool {
    receiver = peer
    return !unreachable.contains(peer)
  }

  mutating func openSlot() -> UnsafeMutableRawBufferPointer? { slot }

  var wantsFlush: Bool { false }

  mutating func sendRTP(_ packet: ClearPacket) {
    packet.rest.copy(into: slot)
    packets.append(
      SentRTP(
        peer: receiver, bytes: Array(slot[..<packet.length]), headerLength: packet.headerLength,
        index: packet.index, time: now))
  }

  mutating func sendRTCP(to peer: Handle, _ packet: [UInt8]) {
    guard let parsed = try? RTCPPacket.parse(packet.span.bytes) else {
      preconditionFailure("the relay sent what is no RTCP packet")
    }
    reports += parsed.map { (peer, now, $0) }
  }
}

/// A relay on virtual time, with a recording sink.
struct RelayBench: ~Copyable {
  var relay: Relay
  var pool = PacketPool(capacity: 4_096)
  var sink = RecordingSink()
  private(set) var now = Instant(nanoseconds: 7_000_000_000)
  /// The packet that was handed over last.
  private(set) var newest = PacketReference.none

  init(seed: UInt64 = 1, peers: Int = 64) {
    relay = Relay(random: RandomSource(seed: seed), peers: peers)
    sink.now = now
  }

  /// Adds a peer that can be reached, publishes and has seats, with all its sources open.
  mutating func addPeer(_ plan: MediaPlan, isMirror: Bool = false) -> Handle {
    guard let peer = relay.addPeer(plan, isMirror: isMirror, now: now) else {
      preconditionFailure("relay is full")
    }
    relay.openSources(peer, Set(MediaSource.allCases))
    relay.setReachable(peer, true, now: now)
    return peer
  }

  /// Hands a clear RTP packet to the relay.
  mutating func receive(_ bytes: [UInt8], from peer: Handle) { _ = accept(bytes, from: peer) }

  /// Hands a clear RTP packet to the relay; nil where that drops it.
  mutating func accept(_ bytes: [UInt8], from peer: Handle) -> AcceptedPacket? {
    place(bytes)
    let accepted = relay.receiveRTP(
      from: peer, newest, length: bytes.count, pool: pool, now: now)
    runDeadlines()
    return accepted
  }

  /// Hands over a packet that another relay has accepted.
  mutating func receiveShared(_ packet: AcceptedPacket, _ bytes: [UInt8], from mirror: Handle) {
    place(bytes)
    relay.receiveShared(packet, from: mirror, newest, pool: pool, now: now)
    runDeadlines()
  }

  private mutating func place(_ bytes: [UInt8]) {
    newest = pool.advance()
    pool.slot(newest).copyBytes(from: bytes)
  }

  /// What the relay has told since the last time.
  mutating func poll() -> [RelayEvent] {
    var events: [RelayEvent] = []
    while let event = relay.poll() { events.append(event) }
    return events
  }

  /// Hands RTCP packets to the relay as one compound.
  mutating func receive(_ packets: [RTCPPacket], from peer: Handle) {
    let bytes = RTCPPacket.bytes(of: packets)
    relay.receiveRTCP(from: peer, bytes.span.bytes, pool: pool, now: now, sink: &sink)
    runDeadlines()
  }

  /// Lets time pass, stopping at each deadline.
  mutating func advance(by span: Duration) {
    let end = now + span
    while let deadline = relay.nextDeadline, deadline <= end {
      now = max(now, deadline)
      sink.now = now
      runDeadlines()
    }
    now = end
    sink.now = now
  }

  /// Puts an occupant on a seat at once.
  @discardableResult
  mutating func seat(
    _ viewer: Handle, _ index: Int, _ occupant: Handle?
  ) -> (audioFrom: UInt32, videoFrom: UInt32) {
    let result = relay.seat(viewer, seat: index, occupant: occupant, now: now)
    runDeadlines()
    return result
  }

  /// What went to a peer on an SSRC since the last time it was asked for anything.
  func sent(to peer: Handle, ssrc: UInt32) -> [SentRTP] {
    sink.packets.filter { $0.peer == peer && $0.header.ssrc == ssrc }
  }

  /// How many key frames a peer was asked for.
  func keyFrameRequests(to peer: Handle) -> [Instant] {
    sink.reports.compactMap {
      guard $0.peer == peer, case .pictureLossIndication = $0.packet else { return nil }
      return $0.time
    }
  }

  /// The sequence numbers that a peer was asked for.
  func requested(from peer: Handle) -> [UInt16] {
    sink.reports.flatMap { report -> [UInt16] in
      guard report.peer == peer, case .genericNACK(let nack) = report.packet else { return [] }
      return nack.missing
    }
  }

  private mutating func runDeadlines() {
    var turns = 0
    while let deadline = relay.nextDeadline, deadline <= now {
      _ = relay.forward(now: now, pool: pool, sink: &sink)
      _ = relay.handleDeadline(now: now, sink: &sink)
      turns += 1
      precondition(turns < 10, "the relay's deadline does not move on")
    }
  }
}
