import Primitives
import Wire

extension Relay {
  /// Takes in a clear RTP packet of a peer and sends it to all that its track is routed to.
  ///
  /// A retransmission is turned back into the original in its slot, which then counts as that
  /// packet's for as long as the pool keeps it.
  public mutating func receiveRTP(
    from peer: Handle, _ reference: PacketReference, length: Int, pool: borrowing PacketPool,
    now: Instant, sink: inout some PacketSink & ~Copyable
  ) {
    counters.received &+= 1
    do throws(RelayDrop) {
      guard length <= Limits.packetBytes else { throw .tooLong }
      let slot = UnsafeMutableRawBufferPointer(rebasing: pool.slot(reference)[..<max(0, length)])
      let (stream, packet) = try accept(slot, reference: reference, from: peer, now: now)
      counters.accepted &+= 1
      forward(packet, of: stream, source: UnsafeRawBufferPointer(slot), now: now, sink: &sink)
    } catch {
      counters.drop(error)
    }
  }

  /// Parses a packet, finds its stream, and lets the stream take it in.
  private mutating func accept(
    _ slot: UnsafeMutableRawBufferPointer, reference: PacketReference, from peer: Handle,
    now: Instant
  ) throws(RelayDrop) -> (stream: Handle, packet: MediaPacket) {
    guard peers.contains(peer) else { throw .unknownPeer }
    guard var header = try? RTPHeader(parsing: slot.bytes) else { throw .malformed }
    noteTransportSequence(header, in: slot.bytes, from: peer, now: now)
    let binding = try demultiplex(header, in: slot.bytes, from: peer)
    let stream = binding.stream
    let track = receivers[stream].track
    let types = tracks[track].payloadTypes

    if binding.isRetransmission {
      guard header.payloadType == types.retransmission else { throw .unknownPayloadType }
      guard let ssrc = receivers[stream].ssrc else { throw .unknownStream }
      var bytes = slot.mutableBytes
      guard
        RetransmissionPayload.unwrap(
          &bytes, header: &header, payloadType: types.primary, ssrc: ssrc)
      else { throw .emptyRetransmission }
    }
    var packet = MediaPacket(reference: reference, header: header)
    try packet.readPayload(
      slot.bytes, kind: tracks[track].kind, types: types,
      audioLevelID: peers[peer].extensions.audioLevel)

    let arrival = receivers[stream].receive(
      header, isRetransmission: binding.isRetransmission, now: now)
    timers.lower(Int(peer.index), to: receivers[stream].nextDeadline)
    noteReception(from: peer, now: now)
    guard case .new(let sequence, let isLate) = arrival else {
      if case .dropped(let reason) = arrival { throw reason }
      throw .duplicate
    }
    guard tracks[track].isOpen else { throw .muted }
    packet.sequence = sequence
    packet.isLate = isLate
    packet.layer = receivers[stream].layer
    packet.captureTime = captureTime(of: header.timestamp, stream: stream, now: now)
    return (stream, packet)
  }

  /// Walks the track's routes.
  private mutating func forward(
    _ packet: MediaPacket, of stream: Handle, source: UnsafeRawBufferPointer, now: Instant,
    sink: inout some PacketSink & ~Copyable
  ) {
    let track = receivers[stream].track
    if let level = packet.audioLevel, tracks[track].source == .microphone {
      speakers.receive(level, from: tracks[track].peer, now: now)
    }
    if packet.isEntry, tracks[track].kind == .video {
      receivers[stream].keyFrames.receiveKeyFrame()
    }
    let hasNewBest = tracks[track].receive(layer: packet.layer.layer, now: now)
    let best = tracks[track].bestLayer

    for index in 0..<tracks[track].routes.count {
      let route = tracks[track].routes[index]
      counters.attempted &+= 1
      guard let slot = sink.openSlot(for: senders[route].viewer) else {
        counters.drop(.unreachable)
        continue
      }
      let outcome = senders[route].forward(
        packet, source: source, bestLayer: best, into: slot, now: now)
      switch outcome {
      case .written(let length, let headerLength, let index):
        counters.sent &+= 1
        sink.sendRTP(
          to: senders[route].viewer, length: length, headerLength: headerLength, index: index)
        if senders[route].owesReport { hastenReports(of: route, now: now) }
      case .dropped(let reason):
        counters.drop(reason)
        if reason == .awaitingKeyFrame || reason == .beforeSeating {
          requestKeyFrame(for: route, now: now)
        }
      }
    }
    if hasNewBest, tracks[track].routes.count > 0 {
      requestKeyFrame(for: tracks[track].routes[0], now: now)
    }
  }

  /// When a sample was captured, by the best that is known; now, where that makes no sense.
  private func captureTime(of timestamp: UInt32, stream: Handle, now: Instant) -> Instant {
    let offset = peers[receivers[stream].peer].wallClock.offset
    let time = receivers[stream].clock.captureTime(of: timestamp, offset: offset) ?? now
    return time > now + TimestampMapper.ahead || time + TimestampMapper.behind < now ? now : time
  }

  private mutating func noteTransportSequence(
    _ header: RTPHeader, in bytes: RawSpan, from peer: Handle, now: Instant
  ) {
    let id = peers[peer].extensions.transportSequence
    guard let range = header.findExtension(id: id, in: bytes), range.count >= 2 else { return }
    peers[peer].feedback.receive(bytes.uint16(at: range.lowerBound), now: now)
    timers.lower(Int(peer.index), to: peers[peer].feedback.nextDeadline)
  }

  /// Lets a receiver report go to the peer within a second.
  private mutating func noteReception(from peer: Handle, now: Instant) {
    guard peers[peer].reportsDue == nil else { return }
    peers[peer].reportsDue = now + Peer.reportInterval
    timers.lower(Int(peer.index), to: peers[peer].reportsDue)
  }

  /// Lets the first sender report of a source go at once (W15).
  private mutating func hastenReports(of route: Handle, now: Instant) {
    let viewer = senders[route].viewer
    peers[viewer].reportsDue = now
    timers.lower(Int(viewer.index), to: now)
  }
}
