import Primitives
import Wire

// What goes back to publishers, and what viewers are told of their streams.
extension Relay {
  /// Sender reports in one compound: with their CNAMEs they fit a datagram.
  private static let reportsPerPacket = 12
  /// Sequence numbers in one NACK: even when none can share an entry, it fits a datagram.
  private static let numbersPerNACK = 256

  /// Sends a peer the transport-wide feedback, NACKs and key frame requests that are due.
  mutating func sendFeedback(
    to peer: Handle, now: Instant, sink: inout some PacketSink & ~Copyable
  ) {
    let ssrc = peers[peer].reportSSRC
    let mediaSSRC = peers[peer].bindings.count > 0 ? peers[peer].bindings[0].ssrc : 0
    var packets = peers[peer].feedback.takeDue(now: now, senderSSRC: ssrc, mediaSSRC: mediaSSRC)
    for track in peers[peer].tracks {
      for index in 0..<tracks[track].layers.count {
        packets += requests(for: tracks[track].layers[index], from: ssrc, now: now)
      }
    }
    for packet in packets { sink.sendRTCP(to: peer, RTCPPacket.bytes(of: [packet])) }
  }

  /// The NACKs and the key frame request that are due for a publisher's stream.
  private mutating func requests(
    for stream: Handle, from sender: UInt32, now: Instant
  ) -> [RTCPPacket] {
    guard let deadline = receivers[stream].nextDeadline, deadline <= now else { return [] }
    let track = receivers[stream].track
    let publisher = receivers[stream].peer
    guard let ssrc = receivers[stream].ssrc, tracks[track].isOpen,
      tracks[track].routes.count > 0 || peers[publisher].isShared
    else {
      // Nobody sees it, or it cannot be asked.
      receivers[stream].keyFrames.cancel()
      receivers[stream].gaps.reset()
      return []
    }
    var result: [RTCPPacket] = []
    let roundTrip = peers[publisher].roundTrip
    var missing = receivers[stream].gaps.takeDue(now: now, roundTrip: roundTrip)[...]
    while !missing.isEmpty {
      let numbers = Array(missing.prefix(Self.numbersPerNACK))
      result.append(
        .genericNACK(GenericNACK(senderSSRC: sender, mediaSSRC: ssrc, missing: numbers)))
      missing = missing.dropFirst(Self.numbersPerNACK)
    }
    if receivers[stream].keyFrames.handleDeadline(now: now) {
      guard !peers[publisher].isMirror else {
        let layer = receivers[stream].layer.layer
        events.append(.keyFrameWanted(publisher, tracks[track].source, layer: layer))
        return []
      }
      result.append(
        .pictureLossIndication(PictureLossIndication(senderSSRC: sender, mediaSSRC: ssrc)))
    }
    return result
  }

  /// Sends a peer its reports, where they are due: on what it gets, and on what it sends.
  mutating func sendReports(to peer: Handle, now: Instant, sink: inout some PacketSink & ~Copyable)
  {
    guard let due = peers[peer].reportsDue, due <= now else { return }
    var streams: [Handle] = []
    for seat in peers[peer].seats {
      streams += seat.streams.filter { senders[$0].currentLayer != nil }
    }
    let blocks = receptionReports(from: peer, now: now)
    peers[peer].reportsDue =
      streams.isEmpty && blocks.isEmpty ? nil : now + Peer.reportInterval

    var rest = streams[...]
    while !rest.isEmpty {
      let batch = rest.prefix(Self.reportsPerPacket)
      let cname = peers[peer].cname
      var compound = batch.map { RTCPPacket.senderReport(senderReport(of: $0, now: now)) }
      compound.append(
        .sourceDescription(
          SourceDescription(
            chunks: batch.map { .init(ssrc: senders[$0].section.ssrc, cname: cname) })))
      for stream in batch { senders[stream].owesReport = false }
      sink.sendRTCP(to: peer, RTCPPacket.bytes(of: compound))
      rest = rest.dropFirst(Self.reportsPerPacket)
    }
    guard !blocks.isEmpty else { return }
    let ssrc = peers[peer].reportSSRC
    sink.sendRTCP(
      to: peer,
      RTCPPacket.bytes(of: [
        .receiverReport(ReceiverReport(ssrc: ssrc, blocks: blocks)),
        .sourceDescription(
          SourceDescription(chunks: [.init(ssrc: ssrc, cname: peers[peer].cname)])),
      ]))
  }

  /// What a stream has sent, and which instant its media time stands for: that of the source's
  /// own clock, as its reports have it by now.
  private func senderReport(of stream: Handle, now: Instant) -> SenderReport {
    SenderReport(
      ssrc: senders[stream].section.ssrc, ntpTime: NTPTime(at: now).value,
      rtpTimestamp: outputTimestamp(of: stream, at: now),
      packetCount: senders[stream].packetCount, octetCount: senders[stream].octetCount)
  }

  private func outputTimestamp(of stream: Handle, at now: Instant) -> UInt32 {
    let line = senders[stream].timestamps.output(at: now)
    guard let track = senders[stream].track, let layer = senders[stream].currentLayer,
      Int(layer.layer) < tracks[track].layers.count
    else { return line }
    let source = tracks[track].layers[Int(layer.layer)]
    let offset = peers[tracks[track].peer].wallClock.offset
    guard let timestamp = receivers[source].clock.timestamp(at: now, offset: offset),
      senders[stream].timestamps.isPlausible(timestamp, now: now)
    else { return line }
    return senders[stream].timestamps.output(of: timestamp)
  }

  /// A block for each stream that a peer has sent something on since the last report.
  private mutating func receptionReports(from peer: Handle, now: Instant) -> [ReportBlock] {
    var blocks: [ReportBlock] = []
    for track in peers[peer].tracks {
      for index in 0..<tracks[track].layers.count {
        let stream = tracks[track].layers[index]
        guard let ssrc = receivers[stream].ssrc,
          let last = receivers[stream].lastArrival, last + Peer.reportInterval * 2 > now,
          let summary = receivers[stream].statistics.summarize()
        else { continue }
        let report = receivers[stream].lastReport
        let delay = report.map { (now - $0.arrival).ticks(at: 65_536) } ?? 0
        blocks.append(
          ReportBlock(
            ssrc: ssrc, fractionLost: summary.fractionLost, cumulativeLost: summary.cumulativeLost,
            highestSequenceNumber: summary.highestSequence, jitter: summary.jitter,
            lastSenderReport: report?.time.middle ?? 0,
            delaySinceLastSenderReport: UInt32(truncatingIfNeeded: delay)))
      }
    }
    return blocks
  }
}
