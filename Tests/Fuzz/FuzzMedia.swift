import Primitives
import Wire

/// What we write of a compound parses, and is written the same again.
func fuzzRTCP(_ input: UnsafeRawBufferPointer) {
  guard let packets = try? RTCPPacket.parse(input.bytes) else { return }
  let written = RTCPPacket.bytes(of: packets)
  guard !written.isEmpty else { return }
  let again = try? RTCPPacket.parse(written.span.bytes)
  precondition(again.map { RTCPPacket.bytes(of: $0) } == written)
}

/// Whatever a header says, all of its parts lie inside the packet, one behind the other; what is
/// rewritten reads back, and nothing else has changed.
func fuzzRTP(_ input: UnsafeRawBufferPointer) {
  guard let header = try? RTPHeader(parsing: input.bytes) else { return }
  let payload = header.payloadRange
  precondition(header.headerLength <= payload.lowerBound && payload.upperBound <= input.count)
  for id in UInt8(0)...16 {
    guard let element = header.findExtension(id: id, in: input.bytes) else { continue }
    precondition(header.extensionRange.contains(element.lowerBound) || element.isEmpty)
    precondition(element.upperBound <= header.extensionRange.upperBound)
  }
  _ = AudioLevel(id: 1, header: header, in: input.bytes)
  fuzzPatch(Array(input), header)
  fuzzRetransmission(Array(input), header)
  fuzzVP8(Array(input), payload)
  fuzzRedundancy(Array(input), payload)
}

private func fuzzPatch(_ packet: [UInt8], _ header: RTPHeader) {
  var changed = header
  changed.sequenceNumber &+= 1
  changed.timestamp ^= 0xFFFF_FFFF
  changed.ssrc = 7
  changed.payloadType = 96
  var bytes = packet
  edit(&bytes) { changed.patch(&$0) }
  precondition((try? RTPHeader(parsing: bytes.span.bytes)) == changed)
}

/// Wrapped and unwrapped again, a packet is what it was.
private func fuzzRetransmission(_ packet: [UInt8], _ header: RTPHeader) {
  var bytes = packet + [0, 0]
  var wrapped = header
  edit(&bytes) { span in
    RetransmissionPayload.wrap(
      &span, header: &wrapped, payloadType: 97, ssrc: 8, sequenceNumber: 1)
    let isUnwrapped = RetransmissionPayload.unwrap(
      &span, header: &wrapped, payloadType: header.payloadType, ssrc: header.ssrc)
    precondition(isUnwrapped)
  }
  precondition(wrapped == header)
  precondition(Array(bytes[..<packet.count]) == packet)
}

private func fuzzVP8(_ packet: [UInt8], _ payload: Range<Int>) {
  guard let descriptor = try? VP8Descriptor(parsing: packet.span.bytes, at: payload) else { return }
  precondition(descriptor.length <= payload.count)
  var changed = descriptor
  if let picture = descriptor.pictureID { changed.pictureID?.value = picture.value ^ picture.mask }
  changed.tl0PicIdx?.value &+= 1
  var bytes = packet
  edit(&bytes) { changed.patch(&$0, payloadAt: payload.lowerBound) }
  precondition((try? VP8Descriptor(parsing: bytes.span.bytes, at: payload)) == changed)
}

/// The blocks lie inside the payload, one behind the other, and fill it.
private func fuzzRedundancy(_ packet: [UInt8], _ payload: Range<Int>) {
  guard let redundant = try? RedundantPayload(parsing: packet.span.bytes, at: payload) else {
    return
  }
  var end = payload.lowerBound
  redundant.forEachBlock(in: packet.span.bytes) { block in
    precondition(block.range.lowerBound >= end && block.range.upperBound <= payload.upperBound)
    end = block.range.upperBound
  }
  precondition(end == payload.upperBound)
  var bytes = packet
  edit(&bytes) {
    _ = redundant.patchPayloadTypes(
      &$0, payloadAt: payload.lowerBound, from: redundant.primary.payloadType, to: 5)
  }
}

private func edit(_ bytes: inout [UInt8], _ body: (inout MutableRawSpan) -> Void) {
  bytes.withUnsafeMutableBytes { buffer in
    var span = buffer.mutableBytes
    body(&span)
  }
}
