import Primitives

/// A STUN message (RFC 8489 section 5) with the attributes that connectivity checks use (RFC 8445
/// section 7): small values, and ranges into the bytes that were parsed.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |0 0|     STUN message type     |         message length        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                    magic cookie 0x2112A442                    |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                                                               |
///     |                 transaction id (96 bits)                      |
///     |                                                               |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |        attribute type         |   value length, unpadded      |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                value, padded to 32 bits                    ....
///
/// Being well formed says nothing about the sender: only MESSAGE-INTEGRITY does. What stands after
/// MESSAGE-INTEGRITY is not read, FINGERPRINT excepted (RFC 8489 section 14.5).
public struct STUNMessage: Equatable, Sendable {
  /// The class bits of the message type (RFC 8489 section 5).
  public enum Class: UInt8, Sendable {
    case request = 0
    case indication = 1
    case success = 2
    case error = 3
  }

  /// Request, indication, or response.
  public var messageClass: Class
  /// The 12 bits of the method; `binding` is the only one spoken here.
  public var method: UInt16
  /// Ties a response to its request.
  public var transactionID: STUNTransactionID
  /// The value of USERNAME.
  public var username: Range<Int>?
  /// PRIORITY (RFC 8445 section 16.1).
  public var priority: UInt32?
  /// Whether USE-CANDIDATE is there: the check nominates its pair.
  public var nominates = false
  /// Which ICE role the sender claims.
  public var role: STUNRole?
  /// XOR-MAPPED-ADDRESS, decoded.
  public var mappedAddress: NetworkAddress?
  /// ERROR-CODE, 300...699.
  public var errorCode: UInt16?
  /// The 20 bytes of MESSAGE-INTEGRITY; their attribute begins 4 bytes before.
  public var integrity: Range<Int>?
  /// Whether FINGERPRINT is there, ends the message, and is right.
  public var hasFingerprint = false
  /// The first attribute types below 0x8000 (comprehension required) that are not known here.
  public var unknownAttributes: [UInt16] = []

  /// The method of a connectivity check (RFC 8489 section 18.2).
  public static let binding: UInt16 = 1
  /// Bytes in the header.
  public static let headerLength = 20

  static let magicCookie: UInt32 = 0x2112_A442
  /// How many unknown attribute types are kept for the answer.
  static let unknownAttributesKept = 4

  /// Parses the message that fills `bytes`.
  ///
  /// A wrong FINGERPRINT is reported by `hasFingerprint`, not thrown. Throws `truncated` where an
  /// attribute or the message is cut off, `version` where the magic cookie is missing, and
  /// `length` where lengths contradict one another or a known attribute has a wrong one.
  public init(parsing bytes: RawSpan) throws(WireError) {
    guard bytes.byteCount >= Self.headerLength else { throw .truncated }
    let type = bytes.uint16(at: 0)
    guard type & 0xC000 == 0 else { throw .reserved }
    guard bytes.uint32(at: 4) == Self.magicCookie else { throw .version }
    let length = Int(bytes.uint16(at: 2))
    guard length % 4 == 0 else { throw .length }
    guard Self.headerLength + length <= bytes.byteCount else { throw .truncated }
    guard Self.headerLength + length == bytes.byteCount else { throw .length }
    messageClass = Self.messageClass(of: type)
    method = type & 0x000F | (type & 0x00E0) >> 1 | (type & 0x3E00) >> 2
    transactionID = STUNTransactionID(parsing: bytes)
    try readAttributes(bytes)
  }

  private static func messageClass(of type: UInt16) -> Class {
    switch (type & 0x0100 != 0, type & 0x0010 != 0) {
    case (false, false): .request
    case (false, true): .indication
    case (true, false): .success
    case (true, true): .error
    }
  }

  private mutating func readAttributes(_ bytes: RawSpan) throws(WireError) {
    var offset = Self.headerLength
    while offset < bytes.byteCount {
      guard bytes.byteCount - offset >= 4 else { throw .truncated }
      let type = bytes.uint16(at: offset)
      let value = offset + 4..<offset + 4 + Int(bytes.uint16(at: offset + 2))
      let end = value.lowerBound + (value.count + 3) & ~3
      guard end <= bytes.byteCount else { throw .truncated }
      if type == STUNAttribute.fingerprint.rawValue {
        guard value.count == 4, end == bytes.byteCount else { throw .length }
        let code = STUNFingerprint.value(of: bytes.extracting(0..<offset))
        hasFingerprint = bytes.uint32(at: value.lowerBound) == code
      } else if integrity == nil {
        try readAttribute(type, value, bytes)
      }
      offset = end
    }
  }

  private mutating func readAttribute(
    _ type: UInt16, _ value: Range<Int>, _ bytes: RawSpan
  ) throws(WireError) {
    guard let attribute = STUNAttribute(rawValue: type) else {
      if type < 0x8000, unknownAttributes.count < Self.unknownAttributesKept {
        unknownAttributes.append(type)
      }
      return
    }
    if let expected = attribute.fixedLength, value.count != expected { throw .length }
    let start = value.lowerBound
    switch attribute {
    case .username:
      guard value.count <= 513 else { throw .length }
      username = value
    case .priority: priority = bytes.uint32(at: start)
    case .useCandidate: nominates = true
    case .controlling: role = .controlling(tieBreaker: bytes.uint64(at: start))
    case .controlled: role = .controlled(tieBreaker: bytes.uint64(at: start))
    case .xorMappedAddress:
      mappedAddress = try NetworkAddress(xorMapped: value, in: bytes)
    case .errorCode:
      guard value.count >= 4 else { throw .length }
      let code = UInt16(bytes[start + 2] & 7) &* 100 &+ UInt16(bytes[start + 3])
      guard 300...699 ~= code else { throw .reserved }
      errorCode = code
    case .messageIntegrity: integrity = value
    case .messageIntegritySHA256, .unknownAttributes, .fingerprint: break
    }
  }
}

/// The 96 bits that tie a STUN response to its request; random, so that nobody off the path can
/// answer (RFC 8489 section 5).
public struct STUNTransactionID: Hashable, Sendable {
  /// The first 32 bits.
  public let high: UInt32
  /// The other 64 bits.
  public let low: UInt64

  /// Joins the two parts.
  public init(high: UInt32, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// A fresh random id.
  public init(random: inout RandomSource) {
    self.init(high: UInt32(truncatingIfNeeded: random.next()), low: random.next())
  }

  init(parsing bytes: RawSpan) {
    self.init(high: bytes.uint32(at: 8), low: bytes.uint64(at: 12))
  }
}

/// An ICE agent's role, as a check claims it (RFC 8445 section 7.1.3).
public enum STUNRole: Hashable, Sendable {
  /// ICE-CONTROLLING.
  case controlling(tieBreaker: UInt64)
  /// ICE-CONTROLLED.
  case controlled(tieBreaker: UInt64)
}

extension RawSpan {
  func uint64(at offset: Int) -> UInt64 {
    UInt64(uint32(at: offset)) << 32 | UInt64(uint32(at: offset + 4))
  }
}
