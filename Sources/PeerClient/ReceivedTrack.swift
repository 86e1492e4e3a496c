import Primitives
import Wire

/// One section that the client receives on: repair, reassembly and reports of its stream.
struct ReceivedTrack {
  let section: ReceiveSection
  let seat: Int
  /// A key frame is asked for again after this time.
  private static let keyFrameInterval = Duration.milliseconds(500)

  private var report = ReceptionReport()
  private var missing = MissingPackets()
  private var assembler = FrameAssembler()
  private var keyFrameRequestDue: Instant?
  private var lastSound: UInt32?

  /// Whether frames and sounds are handed out with their bytes.
  private let keepsPayloads: Bool

  init(section: ReceiveSection, seat: Int, keepsPayloads: Bool) {
    self.section = section
    self.seat = seat
    self.keepsPayloads = keepsPayloads
  }

  /// The stream's account so far.
  var account: PeerClient.StreamAccount {
    PeerClient.StreamAccount(
      kind: section.kind, expected: report.expected, received: report.received,
      jitter: report.jitter(clockRate: section.kind.clockRate))
  }

  /// Takes a packet of the stream, or one that RTX brought again.
  mutating func receive(
    _ header: RTPHeader, in bytes: RawSpan, isRetransmission: Bool, now: Instant,
    counters: inout PeerClientCounters, outputs: inout [PeerClient.Output]
  ) {
    guard let (index, gap) = number(header, isRetransmission: isRetransmission, now: now) else {
      return
    }
    switch section.kind {
    case .audio: receiveSound(header, in: bytes, counters: &counters, outputs: &outputs)
    case .video:
      if section.retransmissionSSRC != nil {
        if !gap.isEmpty, !missing.insert(gap, now: now) { assembler.needsKeyFrame = true }
        if missing.remove(index), isRetransmission { counters.recovered += 1 }
      } else if !gap.isEmpty {
        assembler.needsKeyFrame = true
      }
      receiveFragment(header, at: index, in: bytes, counters: &counters)
      takeFrames(counters: &counters, outputs: &outputs)
    }
    updateKeyFrameRequest(now: now)
  }

  /// Notes a sender report of the stream.
  mutating func receive(_ senderReport: SenderReport, now: Instant) {
    report.receive(senderReport, now: now)
  }

  /// The feedback that is due: requests for packets and for a key frame.
  mutating func takeFeedback(
    sender: UInt32, now: Instant, counters: inout PeerClientCounters
  ) -> [RTCPPacket] {
    var packets: [RTCPPacket] = []
    let (wanted, lost) = missing.takeDue(now: now)
    if !wanted.isEmpty {
      counters.packetsAskedFor += UInt64(wanted.count)
      packets.append(
        .genericNACK(
          GenericNACK(senderSSRC: sender, mediaSSRC: section.ssrc, missing: wanted)))
    }
    if let first = assembler.next, lost.contains(where: { $0 >= first }) {
      assembler.needsKeyFrame = true
      updateKeyFrameRequest(now: now)
    }
    if let due = keyFrameRequestDue, due <= now {
      keyFrameRequestDue = now + Self.keyFrameInterval
      counters.keyFramesAskedFor += 1
      packets.append(
        .pictureLossIndication(
          PictureLossIndication(senderSSRC: sender, mediaSSRC: section.ssrc)))
    }
    return packets
  }

  /// The block of a receiver report.
  mutating func block(now: Instant) -> ReportBlock? {
    report.block(ssrc: section.ssrc, now: now)
  }

  /// When `takeFeedback` has something.
  var nextDeadline: Instant? { earliest(missing.nextDeadline, keyFrameRequestDue) }

  private func senderTime(at timestamp: UInt32) -> Duration? {
    report.senderTime(at: timestamp, clockRate: section.kind.clockRate)
  }

  private mutating func number(
    _ header: RTPHeader, isRetransmission: Bool, now: Instant
  ) -> (index: UInt64, gap: Range<UInt64>)? {
    guard isRetransmission else {
      return report.receive(header, clockRate: section.kind.clockRate, now: now)
    }
    guard let index = report.highest?.nearest(header.sequenceNumber)?.value else { return nil }
    return (index, index..<index)
  }

  private mutating func receiveSound(
    _ header: RTPHeader, in bytes: RawSpan, counters: inout PeerClientCounters,
    outputs: inout [PeerClient.Output]
  ) {
    var sounds: [(timestamp: UInt32, mark: MediaMark?, payload: [UInt8])] = []
    // A synthetic sound's mark stands behind the table-of-contents byte.
    func read(_ range: Range<Int>, at timestamp: UInt32) {
      let mark = MediaMark(in: bytes, ofPayload: range.dropFirst())
      sounds.append((timestamp, mark, keepsPayloads ? Array(bytes, at: range) : []))
    }
    if header.payloadType == section.payloadTypes.redundancy {
      guard let payload = try? RedundantPayload(parsing: bytes, at: header.payloadRange) else {
        counters.unreadable += 1
        return
      }
      payload.forEachBlock(in: bytes) { block in
        guard block.payloadType == section.payloadTypes.primary else { return }
        read(block.range, at: header.timestamp &- UInt32(block.timestampOffset))
      }
    } else if header.payloadType == section.payloadTypes.primary {
      read(header.payloadRange, at: header.timestamp)
    }
    for (timestamp, mark, payload) in sounds {
      if let lastSound, Int32(bitPattern: timestamp &- lastSound) <= 0 { continue }
      lastSound = timestamp
      guard let mark else {
        counters.unreadable += 1
        continue
      }
      outputs.append(
        .sound(
          PeerClient.ReceivedSound(
            seat: seat, rtpTimestamp: timestamp, senderTime: senderTime(at: timestamp),
            mark: mark, payload: payload)))
    }
  }

  private mutating func receiveFragment(
    _ header: RTPHeader, at index: UInt64, in bytes: RawSpan, counters: inout PeerClientCounters
  ) {
    var fragment = FrameAssembler.Fragment(timestamp: header.timestamp, marker: header.marker)
    let payload = header.payloadRange
    if !payload.isEmpty {
      guard header.payloadType == section.payloadTypes.primary,
        let descriptor = try? VP8Descriptor(parsing: bytes, at: payload)
      else {
        counters.unreadable += 1
        return
      }
      fragment.descriptor = descriptor
      // Behind the descriptor, the payload header's first byte.
      fragment.mark = MediaMark(in: bytes, ofPayload: payload.dropFirst(descriptor.length + 1))
      if keepsPayloads {
        fragment.payload = Array(bytes, at: payload.dropFirst(descriptor.length))
      }
    }
    if !assembler.insert(fragment, at: index) { counters.duplicates += 1 }
  }

  private mutating func takeFrames(
    counters: inout PeerClientCounters, outputs: inout [PeerClient.Output]
  ) {
    while let frame = assembler.takeFrame() {
      if frame.isDiscontinuous { counters.discontinuities += 1 }
      guard let mark = frame.mark, frame.isConsistent else {
        counters.unreadable += 1
        continue
      }
      outputs.append(
        .frame(
          PeerClient.ReceivedFrame(
            seat: seat, rtpTimestamp: frame.timestamp,
            senderTime: senderTime(at: frame.timestamp), mark: mark,
            isKeyFrame: frame.isKeyFrame, payload: frame.payload)))
    }
    if let next = assembler.next { missing.removeAll(before: next) }
  }

  private mutating func updateKeyFrameRequest(now: Instant) {
    guard section.kind == .video else { return }
    if !assembler.needsKeyFrame {
      keyFrameRequestDue = nil
    } else if keyFrameRequestDue == nil {
      keyFrameRequestDue = now
    }
  }
}

extension Array<UInt8> {
  /// A copy of some of a packet's bytes.
  fileprivate init(_ bytes: RawSpan, at range: Range<Int>) {
    self = bytes.withUnsafeBytes { Array($0[range]) }
  }
}
