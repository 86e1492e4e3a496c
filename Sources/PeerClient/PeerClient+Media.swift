import Primitives
import Transport
import Wire

// MARK: Sending

extension PeerClient {
  /// Between two reports of a stream.
  private static var reportInterval: Duration { .seconds(1) }

  /// Lets the tracks capture that should, where the transport is up.
  mutating func applyPublishing(now: Instant) {
    for index in published.indices {
      let isPublishing =
        isConnected && published[index].payloadTypes != nil
        && wanted.contains(published[index].source)
      published[index].setPublishing(isPublishing, now: now)
    }
  }

  /// Sends the sounds and frames that are due.
  mutating func capture(now: Instant) {
    for index in published.indices {
      for packet in published[index].capture(configuration, now: now) {
        counters.packetsSent += 1
        send(packet, mid: published[index].mid)
      }
    }
  }

  /// Sends the requests for packets and key frames that are due.
  mutating func sendFeedback(now: Instant) {
    var feedback: [RTCPPacket] = []
    for index in received.indices {
      feedback += received[index].takeFeedback(sender: reportSSRC, now: now, counters: &counters)
    }
    let stream = received.first?.section.ssrc ?? 0
    feedback += self.feedback.takeDue(now: now, senderSSRC: reportSSRC, mediaSSRC: stream)
    // Each stands alone in a reduced-size packet (RFC 5506), so that none grows too long.
    for packet in feedback { send([packet]) }
  }

  /// Sends sender reports of what is published, and receiver reports of what has come.
  mutating func sendReports(now: Instant) {
    nextReport = now + Self.reportInterval
    var blocks: [ReportBlock] = []
    for index in received.indices {
      if let block = received[index].block(now: now) { blocks.append(block) }
    }
    for track in published where track.packetCount > 0 {
      let report = track.report(clockOffset: configuration.clockOffset, now: now)
      send([.senderReport(report), description(of: track.stream.ssrc)])
    }
    for start in stride(from: 0, to: blocks.count, by: 31) {
      let part = Array(blocks[start..<min(start + 31, blocks.count)])
      send([
        .receiverReport(ReceiverReport(ssrc: reportSSRC, blocks: part)),
        description(of: reportSSRC),
      ])
    }
  }

  private func description(of ssrc: UInt32) -> RTCPPacket {
    .sourceDescription(SourceDescription(chunks: [.init(ssrc: ssrc, cname: cname)]))
  }

  private mutating func send(_ packet: OutgoingPacket, mid: String) {
    transportSequence &+= 1
    let (length, headerLength) = packet.write(
      to: slot, mid: mid, transportSequence: transportSequence, extensions: extensions)
    guard
      let protected = transport?.protectRTP(
        slot, length: length, headerLength: headerLength, index: packet.index)
    else { return }
    transmit(Array(slot[..<protected]))
  }

  private mutating func send(_ packets: [RTCPPacket]) {
    var bytes = RTCPPacket.bytes(of: packets)
    guard transport?.protectRTCP(&bytes) == true else { return }
    transmit(bytes)
  }
}

// MARK: Receiving

extension PeerClient {
  /// Takes the clear RTP packet in the slot.
  mutating func receiveRTP(length: Int, now: Instant) {
    counters.packetsReceived += 1
    let packet = UnsafeMutableRawBufferPointer(rebasing: slot[..<length])
    guard var header = try? RTPHeader(parsing: packet.bytes) else {
      counters.unreadable += 1
      return
    }
    if let range = header.findExtension(id: extensions.transportSequence, in: packet.bytes),
      range.count == 2
    {
      feedback.receive(packet.bytes.uint16(at: range.lowerBound), now: now)
    }
    if let index = received.firstIndex(where: { $0.section.ssrc == header.ssrc }) {
      deliver(header, to: index, length: length, isRetransmission: false, now: now)
      return
    }
    guard
      let index = received.firstIndex(where: { $0.section.retransmissionSSRC == header.ssrc }),
      header.payloadType == received[index].section.payloadTypes.retransmission
    else {
      counters.unannounced += 1
      return
    }
    let section = received[index].section
    var bytes = packet.mutableBytes
    let isWhole = RetransmissionPayload.unwrap(
      &bytes, header: &header, payloadType: section.payloadTypes.primary, ssrc: section.ssrc)
    guard isWhole else { return }
    deliver(header, to: index, length: header.packetLength, isRetransmission: true, now: now)
  }

  /// Takes the clear RTCP packet in the slot.
  mutating func receiveRTCP(length: Int, now: Instant) {
    let bytes = UnsafeRawBufferPointer(rebasing: slot[..<length])
    guard let packets = try? RTCPPacket.parse(bytes.bytes) else {
      counters.unreadable += 1
      return
    }
    for packet in packets {
      switch packet {
      case .senderReport(let report):
        if let index = received.firstIndex(where: { $0.section.ssrc == report.ssrc }) {
          received[index].receive(report, now: now)
        }
        note(report.blocks)
      case .receiverReport(let report): note(report.blocks)
      case .genericNACK(let nack): retransmit(nack)
      case .pictureLossIndication(let indication): requestKeyFrame(of: indication.mediaSSRC)
      case .fullIntraRequest(let request):
        for entry in request.entries { requestKeyFrame(of: entry.ssrc) }
      case .transportFeedback(let feedback):
        counters.packetsConfirmed += UInt64(feedback.arrivals.count)
      case .sourceDescription, .goodbye, .receiverEstimatedMaximumBitrate,
        .unknown:
        break
      }
    }
  }

  private mutating func note(_ blocks: [ReportBlock]) {
    for block in blocks {
      let index = published.firstIndex { $0.stream.ssrc == block.ssrc }
      if let index { published[index].receptionReport = block }
    }
  }

  private mutating func retransmit(_ nack: GenericNACK) {
    guard let index = published.firstIndex(where: { $0.stream.ssrc == nack.mediaSSRC }) else {
      return
    }
    for number in nack.missing {
      guard let packet = published[index].retransmission(of: number) else { continue }
      counters.retransmissionsSent += 1
      send(packet, mid: published[index].mid)
    }
  }

  private mutating func requestKeyFrame(of ssrc: UInt32) {
    guard let index = published.firstIndex(where: { $0.stream.ssrc == ssrc }) else { return }
    counters.keyFrameRequests += 1
    published[index].needsKeyFrame = true
  }
}
