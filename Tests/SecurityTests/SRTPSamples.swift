import Primitives
import Security

/// A packet in a slot with room for a trailer, as the packet path holds it.
struct SRTPSlot {
  var bytes: [UInt8]
  var length: Int

  init(_ packet: [UInt8]) {
    bytes = packet + [UInt8](repeating: 0xEE, count: 64)
    length = packet.count
  }

  /// The packet without the room behind it.
  var packet: [UInt8] { Array(bytes[..<length]) }

  mutating func protect(
    by sender: inout SRTPSender, headerLength: Int = 12, index: UInt64
  ) -> Bool {
    let clear = length
    let protected = bytes.withUnsafeMutableBytes {
      sender.protectRTP($0, length: clear, headerLength: headerLength, index: index)
    }
    length = protected ?? length
    return protected != nil
  }

  mutating func unprotect(by receiver: inout SRTPReceiver) throws(SRTPReceiver.Failure) {
    let result = bytes.withUnsafeMutableBytes { slot in
      Result { () throws(SRTPReceiver.Failure) in
        try receiver.unprotectRTP(slot, length: length)
      }
    }
    length = try result.get()
  }

  mutating func unprotectRTCP(by receiver: inout SRTPReceiver) throws(SRTPReceiver.Failure) {
    let result = bytes.withUnsafeMutableBytes { slot in
      Result { () throws(SRTPReceiver.Failure) in
        try receiver.unprotectRTCP(slot, length: length)
      }
    }
    length = try result.get()
  }
}

extension SRTPMasterKey {
  static func random(_ profile: SRTPProfile, _ random: inout RandomSource) -> SRTPMasterKey {
    SRTPMasterKey(
      profile: profile, key: random.bytes(profile.keyLength), salt: random.bytes(profile.saltLength)
    )
  }
}

/// An RTP packet of `ssrc` with random contents, and the length of its header.
func rtpPacket(
  index: UInt64, ssrc: UInt32, payload: Int, sources: Int = 0, extensionWords: Int? = nil,
  _ random: inout RandomSource
) -> (bytes: [UInt8], headerLength: Int) {
  var writer = ByteWriter()
  writer.write(UInt8(0x80 | sources | (extensionWords == nil ? 0 : 0x10)))
  writer.write(UInt8.random(in: 0...255, using: &random))
  writer.write(UInt16(truncatingIfNeeded: index))
  writer.write(UInt32.random(in: 0...UInt32.max, using: &random))
  writer.write(ssrc)
  writer.write(random.bytes(4 * sources))
  if let extensionWords {
    writer.write(UInt16(0xBEDE))
    writer.write(UInt16(extensionWords))
    writer.write(random.bytes(4 * extensionWords))
  }
  let headerLength = writer.count
  writer.write(random.bytes(payload))
  return (writer.bytes, headerLength)
}

/// An RTCP packet of `ssrc` with `words` random words behind its first two.
func rtcpPacket(ssrc: UInt32, words: Int, _ random: inout RandomSource) -> [UInt8] {
  var writer = ByteWriter()
  writer.write(UInt8(0x80))
  writer.write(UInt8(201))
  writer.write(UInt16(words + 1))
  writer.write(ssrc)
  writer.write(random.bytes(4 * words))
  return writer.bytes
}

/// The bytes that a text of hexadecimal digits stands for.
func hex(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
