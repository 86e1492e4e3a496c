import Primitives
import Wire

/// What has become of a packet on one route.
enum SendOutcome {
  /// It stands in the slot, but for what is named as its rest. Whether the stream's source has yet
  /// to be told of in a report.
  case written(ClearPacket, owesReport: Bool)
  case dropped(RelayDrop)
}

extension SendStream {
  /// Payloads of pictures that are at most this much shorter than the longest of those that go out
  /// together are padded to its length: browsers split a frame into nearly equal parts.
  private static let longestPadding = 16

  /// Writes what a packet goes out as into `slot`. `source` is the publisher's packet, `longest`
  /// the longest payload of those that go out together.
  mutating func forward(
    _ packet: MediaPacket, source: UnsafeRawBufferPointer, bestLayer: UInt8,
    longest: Int, into slot: UnsafeMutableRawBufferPointer, now: Instant
  ) -> SendOutcome {
    if let reason = admit(packet, bestLayer: bestLayer, now: now) { return .dropped(reason) }
    guard let index = sequence.rewrite(packet.sequence) else { return .dropped(.late) }
    let timestamp = timestamps.rewrite(packet.header.timestamp)
    let payload = payload(of: packet, in: source.bytes)

    var out = slot.mutableBytes
    let headerLength = writeHeader(
      of: packet, index: index, timestamp: timestamp, isRED: payload.isRED, to: &out)
    let copied = payload.isRED ? payload.range.count : copiedBytes(of: packet, payload.range)
    let copiedEnd = payload.range.lowerBound + copied
    UnsafeMutableRawBufferPointer(rebasing: slot[headerLength..<headerLength + copied])
      .copyMemory(
        from: UnsafeRawBufferPointer(rebasing: source[payload.range.lowerBound..<copiedEnd]))
    let rest = PacketRest(
      UnsafeRawBufferPointer(rebasing: source[copiedEnd..<payload.range.upperBound]),
      at: headerLength + copied)
    if payload.isRED, let blocks = packet.redundancy {
      _ = blocks.patchPayloadTypes(
        &out, payloadAt: headerLength, from: blocks.primary.payloadType,
        to: section.payloadTypes.primary)
    }
    var record = SentPacket(
      reference: packet.reference, time: now, sequence: UInt32(truncatingIfNeeded: index),
      timestamp: timestamp, length: UInt16(packet.header.packetLength), pictureID: 0,
      baseLayerIndex: 0)
    if let descriptor = packet.descriptor {
      (record.pictureID, record.baseLayerIndex) =
        picture.rewrite(descriptor, in: &out, payloadAt: headerLength)
    }
    var length = headerLength + payload.range.count
    let padding = longest - payload.range.count
    if padding > 0, padding <= Self.longestPadding {
      Self.pad(slot, from: length, count: padding)
      length += padding
    }
    sent.record(record, at: index)
    budget.earn(length)
    packetCount &+= 1
    octetCount &+= UInt32(truncatingIfNeeded: payload.range.count)
    return .written(
      ClearPacket(length: length, headerLength: headerLength, index: index, rest: rest),
      owesReport: owesReport)
  }

  /// How many bytes of a payload are copied into the slot, because they are changed there: of a
  /// picture a block of the cipher, which holds the descriptor. Without any, the cipher takes the
  /// payload at one go.
  private func copiedBytes(of packet: MediaPacket, _ payload: Range<Int>) -> Int {
    guard let descriptor = packet.descriptor, !picture.changesNothing else { return 0 }
    return min(payload.count, max(16, descriptor.length))
  }

  /// Puts padding behind a packet (RFC 3550 section 5.1): zeros, and last how many bytes it has.
  private static func pad(_ slot: UnsafeMutableRawBufferPointer, from end: Int, count: Int) {
    for offset in end..<end + count - 1 { slot[offset] = 0 }
    slot[end + count - 1] = UInt8(count)
    slot[0] |= 0x20
  }

  /// Judges a packet, and starts its layer where it is the first of it; nil to let it out.
  private mutating func admit(
    _ packet: MediaPacket, bestLayer: UInt8, now: Instant
  ) -> RelayDrop? {
    if packet.isPadding {
      if packet.layer == selector.current { sequence.skip(packet.sequence) }
      return .padding
    }
    let best = min(bestLayer, wantedLayer)
    switch selector.decide(packet.layer, best: best, isEntry: packet.isEntry) {
    case .notSelected: return .notSelected
    case .awaitKeyFrame: return .awaitingKeyFrame
    case .start:
      guard
        timestamps.start(timestamp: packet.header.timestamp, capture: packet.captureTime)
      else { return .beforeSeating }
      selector.start(packet.layer)
      sequence.start(at: packet.sequence)
      if let descriptor = packet.descriptor { picture.start(at: descriptor) }
      owesReport = true
      return nil
    case .forward:
      guard timestamps.isPlausible(packet.header.timestamp, now: now) else {
        // The source's clock has stood still or jumped: it is tied to the line again.
        let isTied =
          !packet.isLate
          && timestamps.start(timestamp: packet.header.timestamp, capture: packet.captureTime)
        return isTied ? nil : .late
      }
      return timestamps.admits(packet.header.timestamp) ? nil : .beforeSeating
    }
  }

  /// The part of the payload that goes out: RED as it is where the receiver knows it, else the
  /// newest block alone. So too where an older block is from before the source began to go out
  /// here: what was said before somebody was seated, or while muted, is nobody's to hear.
  private func payload(of packet: MediaPacket, in bytes: RawSpan) -> (
    range: Range<Int>, isRED: Bool
  ) {
    guard let blocks = packet.redundancy else { return (packet.header.payloadRange, false) }
    var isRED = section.payloadTypes.redundancy != nil
    blocks.forEachBlock(in: bytes) { block in
      let timestamp = packet.header.timestamp &- UInt32(block.timestampOffset)
      isRED = isRED && timestamps.admits(timestamp)
    }
    return isRED ? (packet.header.payloadRange, true) : (blocks.primary.range, false)
  }

  /// Writes a fresh header; returns its length.
  private func writeHeader(
    of packet: MediaPacket, index: UInt64, timestamp: UInt32, isRED: Bool,
    to out: inout MutableRawSpan
  ) -> Int {
    let types = section.payloadTypes
    let header = RTPHeader(
      payloadType: isRED ? types.redundancy ?? types.primary : types.primary,
      sequenceNumber: UInt16(truncatingIfNeeded: index), timestamp: timestamp, ssrc: section.ssrc,
      marker: packet.header.marker)
    header.write(to: &out)
    var extensions = HeaderExtensionWriter()
    if let level = packet.audioLevel {
      extensions.append(id: audioLevelID, level.byte, to: &out)
    }
    return extensions.finish(&out)
  }
}
