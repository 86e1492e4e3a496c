import Primitives

/// The attributes that are understood (RFC 8489 section 18.3, RFC 8445 section 20.1).
enum STUNAttribute: UInt16 {
  case username = 0x0006
  case messageIntegrity = 0x0008
  case errorCode = 0x0009
  case unknownAttributes = 0x000A
  /// Tolerated, not verified: ICE uses MESSAGE-INTEGRITY (RFC 8445 section 7.1).
  case messageIntegritySHA256 = 0x001C
  case xorMappedAddress = 0x0020
  case priority = 0x0024
  case useCandidate = 0x0025
  case fingerprint = 0x8028
  case controlled = 0x8029
  case controlling = 0x802A

  /// Bytes in the value, where every message has the same number.
  var fixedLength: Int? {
    switch self {
    case .messageIntegrity: 20
    case .priority, .fingerprint: 4
    case .useCandidate: 0
    case .controlled, .controlling: 8
    case .username, .errorCode, .unknownAttributes, .messageIntegritySHA256, .xorMappedAddress: nil
    }
  }
}

/// FINGERPRINT (RFC 8489 section 14.7): tells STUN from what shares the port with it. It proves
/// nothing about the sender.
enum STUNFingerprint {
  /// Bytes in the attribute with its header.
  static let attributeLength = 8

  /// The value for a message whose bytes before the attribute are `bytes`.
  static func value(of bytes: RawSpan) -> UInt32 {
    var checksum: UInt32 = .max
    for offset in 0..<bytes.byteCount {
      checksum = checksum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: checksum) ^ bytes[offset])]
    }
    return ~checksum ^ 0x5354_554E
  }

  /// CRC-32 (ITU-T V.42) of each byte: polynomial 0x04C11DB7, bits reversed.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0xEDB8_8320 : rest >> 1 }
  }
}

/// XOR-MAPPED-ADDRESS (RFC 8489 section 14.2):
///
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |0 0 0 0 0 0 0 0|    family     |    port ^ cookie's upper half |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |   address ^ cookie (IPv4), ^ cookie and transaction id (IPv6) |
extension NetworkAddress {
  init(xorMapped value: Range<Int>, in bytes: RawSpan) throws(WireError) {
    guard value.count >= 8 else { throw .length }
    let start = value.lowerBound
    let port = bytes.uint16(at: start + 2) ^ UInt16(STUNMessage.magicCookie >> 16)
    switch (bytes[start + 1], value.count) {
    case (1, 8):
      self.init(ipv4: bytes.uint32(at: start + 4) ^ STUNMessage.magicCookie, port: port)
    case (2, 20):
      self.init(
        high: bytes.uint64(at: start + 4) ^ bytes.uint64(at: 4),
        low: bytes.uint64(at: start + 12) ^ bytes.uint64(at: 12), port: port)
    case (1, _), (2, _): throw .length
    default: throw .reserved
    }
  }

  func writeXORMapped(to writer: inout ByteWriter, transactionID: STUNTransactionID) {
    writer.write(UInt8(0))
    writer.write(UInt8(isIPv4 ? 1 : 2))
    writer.write(port ^ UInt16(STUNMessage.magicCookie >> 16))
    if isIPv4 {
      writer.write(ipv4 ^ STUNMessage.magicCookie)
    } else {
      writer.write(high ^ (UInt64(STUNMessage.magicCookie) << 32 | UInt64(transactionID.high)))
      writer.write(low ^ transactionID.low)
    }
  }
}
