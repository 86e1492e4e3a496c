import Primitives
import Security
import Wire

/// Nothing opens without its tag, and what is refused is left as it came. A packet that was
/// protected opens to what it was, once, and not at all with one bit changed.
func fuzzSRTP(_ input: UnsafeRawBufferPointer) {
  var input = FuzzInput(input)
  let profile = SRTPProfile.allCases[input.index(below: SRTPProfile.allCases.count)]
  let flippedBit = Int(input.uint16())
  let packet = Array(input.remainder().prefix(Limits.packetBytes))
  let key = SRTPMasterKey(
    profile: profile, key: Array(repeating: 7, count: profile.keyLength),
    salt: Array(repeating: 9, count: profile.saltLength))
  var receiver = SRTPReceiver(key)
  for use in [DatagramKind.rtp, .rtcp] {
    let refused = open(packet, as: use, &receiver)
    precondition(refused.result != .opened && refused.bytes == packet)
  }
  guard let (use, protected) = protect(packet, key) else { return }

  var changed = protected
  let bit = flippedBit % (changed.count * 8)
  changed[bit / 8] ^= 1 << UInt8(bit % 8)
  let refused = open(changed, as: use, &receiver)
  precondition(refused.result != .opened && refused.bytes == changed)

  let first = open(protected, as: use, &receiver)
  precondition(first.result == .opened && first.bytes == packet)
  precondition(open(protected, as: use, &receiver).result == .refused(.replayed))
}

private enum Opening: Equatable {
  case opened
  case refused(SRTPReceiver.Failure)
}

/// What became of a packet, and what its bytes are now.
private func open(
  _ packet: [UInt8], as use: DatagramKind, _ receiver: inout SRTPReceiver
) -> (result: Opening, bytes: [UInt8]) {
  withSlot(packet) { slot in
    do throws(SRTPReceiver.Failure) {
      let length =
        use == .rtp
        ? try receiver.unprotectRTP(slot, length: packet.count)
        : try receiver.unprotectRTCP(slot, length: packet.count)
      return (.opened, Array(slot[..<length]))
    } catch {
      return (.refused(error), Array(slot[..<packet.count]))
    }
  }
}

/// The packet as a sender protects it; nil where it is neither RTP nor RTCP.
private func protect(_ packet: [UInt8], _ key: SRTPMasterKey) -> (DatagramKind, [UInt8])? {
  var sender = SRTPSender(key)
  switch DatagramKind(packet.span.bytes) {
  case .rtcp where packet.count >= 8:
    var protected = packet
    return sender.protectRTCP(&protected) ? (.rtcp, protected) : nil
  case .rtp:
    guard let header = try? RTPHeader(parsing: packet.span.bytes) else { return nil }
    return withSlot(packet) { slot in
      let length = sender.protectRTP(
        slot, length: packet.count, headerLength: header.headerLength,
        index: UInt64(header.sequenceNumber))
      return length.map { (.rtp, Array(slot[..<$0])) }
    }
  default: return nil
  }
}
