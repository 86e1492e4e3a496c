import Primitives
import Wire

extension SendStream {
  /// The shortest time between two retransmissions of one packet.
  private static let shortestQuietTime = Duration.milliseconds(10)

  /// Writes the retransmission of a packet that the viewer misses into `slot` (RFC 4588): the same
  /// packet as it went out, under the RTX stream's own SSRC and sequence number.
  ///
  /// A packet that the pool has recycled is forgotten. One is not sent again before the last time
  /// can have reached the viewer, which takes half of `roundTrip`.
  mutating func retransmit(
    _ number: UInt16, pool: borrowing PacketPool, roundTrip: Duration,
    into slot: UnsafeMutableRawBufferPointer, now: Instant
  ) -> SendOutcome {
    guard let ssrc = section.retransmissionSSRC,
      let payloadType = section.payloadTypes.retransmission,
      let highest = sequence.highest,
      let original = ExtendedSequenceNumber(highest).nearest(number)
    else { return .dropped(.forgotten) }
    let quietTime = max(Self.shortestQuietTime, roundTrip / 2)
    guard let packet = sent.take(original.value, now: now, quietTime: quietTime),
      pool.isLive(packet.reference)
    else { return .dropped(.forgotten) }
    let source = UnsafeRawBufferPointer(
      rebasing: pool.slot(packet.reference)[..<Int(packet.length)])
    guard let header = try? RTPHeader(parsing: source.bytes) else { return .dropped(.forgotten) }
    let payload = header.payloadRange
    let length = RTPHeader.fixedLength + RetransmissionPayload.overhead + payload.count
    guard budget.spend(length) else { return .dropped(.overBudget) }

    retransmissionIndex += 1
    let index = retransmissionIndex
    var out = slot.mutableBytes
    RTPHeader(
      payloadType: payloadType, sequenceNumber: UInt16(truncatingIfNeeded: index),
      timestamp: packet.timestamp, ssrc: ssrc, marker: header.marker
    ).write(to: &out)
    out.store(original.number, at: RTPHeader.fixedLength)
    let start = RTPHeader.fixedLength + RetransmissionPayload.overhead
    UnsafeMutableRawBufferPointer(rebasing: slot[start..<length])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[payload]))
    if var descriptor = try? VP8Descriptor(parsing: source.bytes, at: payload) {
      descriptor.pictureID?.value = packet.pictureID
      descriptor.tl0PicIdx?.value = packet.baseLayerIndex
      descriptor.patch(&out, payloadAt: start)
    }
    return .written(
      ClearPacket(length: length, headerLength: RTPHeader.fixedLength, index: index),
      owesReport: false)
  }
}
