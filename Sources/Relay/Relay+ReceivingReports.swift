import Primitives
import Wire

extension Relay {
  /// Takes in a clear RTCP packet of a peer, compound or reduced-size: its reports on what it
  /// sends, and its requests about what it gets. Nothing of it is passed on as it is.
  public mutating func receiveRTCP(
    from peer: Handle, _ bytes: RawSpan, pool: borrowing PacketPool, now: Instant,
    sink: inout some PacketSink & ~Copyable
  ) {
    guard peers.contains(peer), let packets = try? RTCPPacket.parse(bytes) else {
      counters.malformedReports &+= 1
      return
    }
    for packet in packets {
      switch packet {
      case .senderReport(let report):
        receive(report, from: peer, now: now)
        noteRoundTrip(report.blocks, of: peer, now: now)
      case .receiverReport(let report):
        noteRoundTrip(report.blocks, of: peer, now: now)
      case .genericNACK(let nack):
        guard let stream = sendStream(nack.mediaSSRC, of: peer) else { continue }
        retransmit(nack.missing, on: stream, pool: pool, now: now, sink: &sink)
      case .pictureLossIndication(let indication):
        receiveKeyFrameRequest(for: indication.mediaSSRC, from: peer, now: now)
      case .fullIntraRequest(let request):
        for entry in request.entries {
          receiveKeyFrameRequest(for: entry.ssrc, from: peer, now: now)
        }
      case .sourceDescription, .goodbye, .receiverEstimatedMaximumBitrate, .transportFeedback,
        .unknown:
        // A publisher's BYE is not the end of the stream that a viewer gets.
        continue
      }
    }
  }

  private mutating func receive(_ report: SenderReport, from peer: Handle, now: Instant) {
    guard let binding = peers[peer].binding(of: report.ssrc), !binding.isRetransmission else {
      return
    }
    let time = NTPTime(value: report.ntpTime)
    peers[peer].wallClock.record(time, arrival: now)
    receivers[binding.stream].clock.record(time, timestamp: report.rtpTimestamp)
    receivers[binding.stream].lastReport = (time, now)
  }

  /// Learns the time to a peer and back from what it says of our reports (RFC 3550 section 6.4.1).
  private mutating func noteRoundTrip(_ blocks: [ReportBlock], of peer: Handle, now: Instant) {
    for block in blocks where block.lastSenderReport != 0 {
      guard sendStream(block.ssrc, of: peer) != nil else { continue }
      let units =
        NTPTime(at: now).middle &- block.lastSenderReport &- block.delaySinceLastSenderReport
      let time = Duration.ticks(Int64(Int32(bitPattern: units)), at: 65_536)
      guard time >= .zero, time < .seconds(5) else { continue }
      peers[peer].roundTrip = peers[peer].roundTrip * 7 / 8 + time / 8
    }
  }

  private mutating func receiveKeyFrameRequest(for ssrc: UInt32, from peer: Handle, now: Instant) {
    guard let stream = sendStream(ssrc, of: peer), senders[stream].keyFrames.spend(now: now)
    else { return }
    requestKeyFrame(for: stream, now: now)
  }

  private func sendStream(_ ssrc: UInt32, of peer: Handle) -> Handle? {
    for seat in peers[peer].seats {
      for stream in seat.streams where senders[stream].section.ssrc == ssrc { return stream }
    }
    return nil
  }

  /// Sends the packets that a viewer misses again, as far as they are known and the stream's share
  /// allows.
  private mutating func retransmit(
    _ missing: [UInt16], on stream: Handle, pool: borrowing PacketPool, now: Instant,
    sink: inout some PacketSink & ~Copyable
  ) {
    let viewer = senders[stream].viewer
    counters.attempted &+= UInt64(missing.count)
    guard sink.turn(to: viewer) else {
      counters.drop(.unreachable, count: missing.count)
      return
    }
    for number in missing {
      guard let slot = sink.openSlot() else {
        counters.drop(.noRoom)
        continue
      }
      let outcome = senders[stream].retransmit(
        number, pool: pool, roundTrip: peers[viewer].roundTrip, into: slot, now: now)
      switch outcome {
      case .written(let packet, _):
        counters.retransmitted &+= 1
        sink.sendRTP(packet)
      case .dropped(let reason):
        counters.drop(reason)
      }
    }
  }
}
