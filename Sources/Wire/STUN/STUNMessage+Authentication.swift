import Primitives

extension STUNMessage {
  /// What MESSAGE-INTEGRITY is computed over (RFC 8489 section 14.5): everything before the
  /// attribute, with a header length that counts up to its end.
  ///
  /// `bytes` are those that this message was parsed from; nil without MESSAGE-INTEGRITY.
  public func authenticatedBytes(in bytes: RawSpan) -> [UInt8]? {
    guard let integrity else { return nil }
    var authenticated = bytes.extracting(0..<integrity.lowerBound - 4).copied()
    let length = UInt16(integrity.upperBound - Self.headerLength)
    authenticated[2] = UInt8(length >> 8)
    authenticated[3] = UInt8(truncatingIfNeeded: length)
    return authenticated
  }

  /// The 20 bytes that the sender put into MESSAGE-INTEGRITY, or nil without the attribute.
  public func integrityCode(in bytes: RawSpan) -> [UInt8]? {
    integrity.map { bytes.extracting($0).copied() }
  }

  /// The two parts of USERNAME in a check: the receiver's fragment, a colon, and the sender's
  /// (RFC 8445 section 7.2.2). Nil where there is none, or it is not of this form.
  public func usernameFragments(in bytes: RawSpan) -> (receiver: String, sender: String)? {
    guard let username else { return nil }
    let text = bytes.extracting(username).copied()
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let receiver = text[..<colon]
    let sender = text[(colon + 1)...]
    guard receiver.allSatisfy(Self.isICECharacter), sender.allSatisfy(Self.isICECharacter) else {
      return nil
    }
    return (String(decoding: receiver, as: UTF8.self), String(decoding: sender, as: UTF8.self))
  }

  private static func isICECharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
      true
    default: false
    }
  }
}
