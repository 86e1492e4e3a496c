import Primitives
import Relay
import Wire

/// Three peers who all publish and all have seats, and an input that is a sequence of packets,
/// reports, changes of seats and sources, and time. Every packet carries its publisher's mark in
/// its last byte: what comes out on a seat is its occupant's, and not from before the seating.
func fuzzRelay(_ input: UnsafeRawBufferPointer) {
  var input = FuzzInput(input)
  var call = FuzzCall()
  var steps = 0
  while !input.isEmpty, steps < 300 {
    call.step(&input)
    call.check()
    steps += 1
  }
}

private struct FuzzCall: ~Copyable {
  /// Who sits on a seat, and since which output timestamps.
  struct Seating {
    var occupant: Int?
    var audioFrom: UInt32 = 0
    var videoFrom: UInt32 = 0
  }

  private var relay = Relay(random: RandomSource(seed: 1), peers: 4)
  private var pool = PacketPool(capacity: 64)
  private var sink = FuzzSink()
  private var now = Instant.origin + .seconds(10)
  private var peers: [Handle] = []
  private var seatings = Array(repeating: Array(repeating: Seating(), count: 2), count: 3)
  private var open: [Set<MediaSource>] = Array(repeating: Set(MediaSource.allCases), count: 3)

  init() {
    for peer in 0..<3 { peers.append(add(peer)) }
  }

  mutating func step(_ input: inout FuzzInput) {
    let operation = input.byte()
    let peer = input.index(below: 3)
    switch operation % 9 {
    case 0, 1: receivePacket(&input, from: peer)
    case 2: receiveReport(input.bytes(), from: peer)
    case 3: askAgain(&input, by: peer)
    case 4: seat(input.index(below: 2), of: peer, occupant: input.index(below: 4))
    case 5:
      let choice = input.byte()
      open[peer] = Set(
        MediaSource.allCases.enumerated().filter { choice >> $0.offset & 1 == 1 }
          .map(\.element))
      relay.openSources(peers[peer], open[peer])
    case 6: pass(.milliseconds(Int(input.byte()) * 10))
    case 7: sink.unreachable.formSymmetricDifference([peers[peer]])
    default: replace(peer)
    }
    pass(.zero)
  }

  /// What holds after each step; then what has been sent is forgotten.
  mutating func check() {
    let counters = relay.counters
    precondition(counters.areConserved)
    precondition(counters.sent + counters.retransmitted == sink.count)
    for packet in sink.packets {
      guard let viewer = peers.firstIndex(of: packet.viewer),
        let (seat, stream) = FuzzAgreement.seat(of: packet.header.ssrc), seat < 2,
        let occupant = seatings[viewer][seat].occupant
      else { preconditionFailure("a packet on no seat, or on an empty one") }
      let seating = seatings[viewer][seat]
      if let mark = packet.mark(in: stream) { precondition(mark == Self.mark(of: occupant)) }
      switch stream {
      case .audio:
        precondition(open[occupant].contains(.microphone))
        precondition(Int32(bitPattern: packet.header.timestamp &- seating.audioFrom) >= 0)
      case .video:
        precondition(open[occupant].contains(.camera))
        precondition(Int32(bitPattern: packet.header.timestamp &- seating.videoFrom) >= 0)
      case .repair: break
      }
    }
    sink.packets = []
  }

  private static func mark(of peer: Int) -> UInt8 { 0xA0 | UInt8(peer) }

  private mutating func add(_ peer: Int) -> Handle {
    guard let handle = relay.addPeer(FuzzAgreement.plan(of: peer), now: now) else {
      preconditionFailure("the relay has room for four")
    }
    relay.openSources(handle, open[peer])
    relay.setReachable(handle, true, now: now)
    return handle
  }

  /// A packet of the input with an SSRC of the peer's, and with the mark in place of any padding.
  private mutating func receivePacket(_ input: inout FuzzInput, from peer: Int) {
    let stream = FuzzAgreement.Stream(rawValue: UInt32(input.byte() & 3))
    var packet = input.bytes()
    guard packet.count >= RTPHeader.fixedLength else { return }
    packet[0] &= ~0x20
    if packet.count > RTPHeader.fixedLength { packet[packet.count - 1] = Self.mark(of: peer) }
    if let stream {
      let ssrc = FuzzAgreement.ssrc(of: peer, stream)
      for index in 0..<4 {
        packet[8 + index] = UInt8(truncatingIfNeeded: ssrc >> (24 - 8 * UInt32(index)))
      }
    }
    let reference = pool.advance()
    let slot = pool.slot(reference)
    slot.copyBytes(from: packet.prefix(slot.count))
    relay.receiveRTP(
      from: peers[peer], reference, length: min(packet.count, slot.count), pool: pool, now: now)
    if relay.mustForward { _ = relay.forward(now: now, pool: pool, sink: &sink) }
  }

  private mutating func receiveReport(_ bytes: [UInt8], from peer: Int) {
    relay.receiveRTCP(from: peers[peer], bytes.span.bytes, pool: pool, now: now, sink: &sink)
  }

  /// A NACK for a packet that was sent on a seat, and those after it.
  private mutating func askAgain(_ input: inout FuzzInput, by peer: Int) {
    let ssrc = FuzzAgreement.ssrc(
      ofSeat: input.index(below: 2), input.byte() & 1 == 0 ? .video : .audio)
    let newest = sink.newest[peers[peer]]?[ssrc] ?? 0
    let first = UInt16(truncatingIfNeeded: newest) &- UInt16(input.byte())
    let missing = (0...UInt16(input.byte() & 31)).map { first &+ $0 }
    let nack = GenericNACK(senderSSRC: 1, mediaSSRC: ssrc, missing: missing)
    receiveReport(RTCPPacket.bytes(of: [.genericNACK(nack)]), from: peer)
  }

  private mutating func seat(_ seat: Int, of viewer: Int, occupant: Int) {
    let occupant = occupant < 3 && occupant != viewer ? occupant : nil
    let (audioFrom, videoFrom) = relay.seat(
      peers[viewer], seat: seat, occupant: occupant.map { peers[$0] }, now: now)
    seatings[viewer][seat] = Seating(
      occupant: occupant, audioFrom: audioFrom, videoFrom: videoFrom)
  }

  /// The peer leaves and is back at once, with nobody on its seats and on nobody's.
  private mutating func replace(_ peer: Int) {
    relay.removePeer(peers[peer], now: now)
    peers[peer] = add(peer)
    seatings[peer] = [Seating(), Seating()]
    for viewer in seatings.indices {
      for seat in 0..<2 where seatings[viewer][seat].occupant == peer {
        seatings[viewer][seat].occupant = nil
      }
    }
  }

  private mutating func pass(_ span: Duration) {
    let end = now + span
    var turns = 0
    while let deadline = relay.nextDeadline, deadline <= end {
      now = max(now, deadline)
      _ = relay.forward(now: now, pool: pool, sink: &sink)
      _ = relay.handleDeadline(now: now, sink: &sink)
      turns += 1
      precondition(turns < 2_000, "a deadline does not move on")
    }
    now = end
    while relay.poll() != nil {}
  }
}
