import Primitives
import Wire

/// A packet that the relay has taken in, as it then stands in its slot.
public struct AcceptedPacket: BitwiseCopyable, Sendable {
  /// Bytes of header, payload and padding.
  public var length: Int
  /// Which of the publisher's sources it is of.
  public var source: MediaSource
  /// The simulcast layer, 0 the lowest.
  public var layer: UInt8
}

extension Relay {
  /// Takes in a clear RTP packet of a peer, to be sent to all that its track is routed to by
  /// `forward`.
  ///
  /// A retransmission is turned back into the original in its slot, which then counts as that
  /// packet's for as long as the pool keeps it. Answers nil where the packet was dropped.
  @discardableResult
  public mutating func receiveRTP(
    from peer: Handle, _ reference: PacketReference, length: Int, pool: borrowing PacketPool,
    now: Instant
  ) -> AcceptedPacket? {
    receive(reference, length: length, from: peer, as: nil, pool: pool, now: now)
  }

  /// Takes in a packet that another relay has accepted from the publisher whom a mirror stands for,
  /// as `receiveRTP` does. What the packet says of its stream is not looked at: a publisher need
  /// not say it twice.
  public mutating func receiveShared(
    _ packet: AcceptedPacket, from mirror: Handle, _ reference: PacketReference,
    pool: borrowing PacketPool, now: Instant
  ) {
    _ = receive(reference, length: packet.length, from: mirror, as: packet, pool: pool, now: now)
  }

  private mutating func receive(
    _ reference: PacketReference, length: Int, from peer: Handle, as known: AcceptedPacket?,
    pool: borrowing PacketPool, now: Instant
  ) -> AcceptedPacket? {
    counters.received &+= 1
    do throws(RelayDrop) {
      guard length <= Limits.packetBytes else { throw .tooLong }
      let slot = UnsafeMutableRawBufferPointer(rebasing: pool.slot(reference)[..<max(0, length)])
      let (stream, packet) = try accept(
        slot, reference: reference, from: peer, as: known, now: now)
      counters.accepted &+= 1
      queue(packet, of: stream, now: now)
      return AcceptedPacket(
        length: packet.header.packetLength, source: tracks[receivers[stream].track].source,
        layer: packet.layer.layer)
    } catch {
      counters.drop(error)
      return nil
    }
  }

  /// Parses a packet, finds its stream, and lets the stream take it in.
  private mutating func accept(
    _ slot: UnsafeMutableRawBufferPointer, reference: PacketReference, from peer: Handle,
    as known: AcceptedPacket?, now: Instant
  ) throws(RelayDrop) -> (stream: Handle, packet: MediaPacket) {
    guard peers.contains(peer) else { throw .unknownPeer }
    guard var header = try? RTPHeader(parsing: slot.bytes) else { throw .malformed }
    noteTransportSequence(header, in: slot.bytes, from: peer, now: now)
    let binding =
      if let known {
        try place(header, of: known.source, layer: known.layer, from: peer)
      } else {
        try demultiplex(header, in: slot.bytes, from: peer)
      }
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
    guard !tracks[track].waiting.isFull else { throw .crowded }
    packet.sequence = sequence
    packet.isLate = isLate
    packet.layer = receivers[stream].layer
    packet.captureTime = captureTime(of: header.timestamp, stream: stream, now: now)
    return (stream, packet)
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
    guard peers[peer].reportsDue == nil, !peers[peer].isMirror else { return }
    peers[peer].reportsDue = now + Peer.reportInterval
    timers.lower(Int(peer.index), to: peers[peer].reportsDue)
  }

  /// Lets the first sender report of a source go at once (W15).
  mutating func hastenReports(of route: Handle, now: Instant) {
    let viewer = senders[route].viewer
    peers[viewer].reportsDue = now
    timers.lower(Int(viewer.index), to: now)
  }
}
