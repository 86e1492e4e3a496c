import Primitives

extension SessionDescription {
  /// Reads a description, with CRLF or LF line ends. It takes time in proportion to the length,
  /// and memory within `Limits.sessionDescriptionBytes`.
  public init(parsing text: String) throws(SDPError) {
    try self.init(parsing: Array(text.utf8).span.bytes)
  }

  /// Reads a description from bytes.
  public init(parsing bytes: RawSpan) throws(SDPError) {
    guard bytes.byteCount <= Limits.sessionDescriptionBytes else {
      throw SDPError(line: 1, reason: .tooLong)
    }
    let text = bytes.copied()
    var parser = SDPParser()
    var start = 0
    while start < text.count {
      var end = start
      while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
      let hasReturn = end > start && end < text.count && text[end - 1] == UInt8(ascii: "\r")
      try parser.read(line: text[start..<(hasReturn ? end - 1 : end)])
      start = end + 1
    }
    self = try parser.finish()
  }
}

/// What has been read so far, line by line.
struct SDPParser {
  private var number = 0
  private var sectionLine = 0
  private var description: SessionDescription?
  private var hasVersion = false
  private var direction: MediaDirection?
  private var mids: Set<String> = []
  /// The SSRCs that were named, each with the number of its media section.
  private var sources: [UInt32: Int] = [:]
  private var section: SDPSectionParser?
  private var credentials = SDPCredentials()

  /// Reads the next line.
  mutating func read(line: ArraySlice<UInt8>) throws(SDPError) {
    number += 1
    do throws(SDPError.Reason) {
      try take(line)
    } catch {
      throw SDPError(line: number, reason: error)
    }
  }

  /// The description, after the last line.
  mutating func finish() throws(SDPError) -> SessionDescription {
    do throws(SDPError.Reason) {
      try closeSection()
    } catch {
      throw SDPError(line: sectionLine, reason: error)
    }
    guard hasVersion, var description else {
      throw SDPError(line: max(1, number), reason: .missing(hasVersion ? "o=" : "v="))
    }
    description.transport.credentials = credentials.joined
    guard description.bundle.allSatisfy(mids.contains) else {
      throw SDPError(line: number, reason: .malformed("a=group"))
    }
    return description
  }

  private mutating func take(_ line: ArraySlice<UInt8>) throws(SDPError.Reason) {
    guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { throw .controlCharacter }
    guard line.count >= 2, line[line.startIndex + 1] == UInt8(ascii: "=") else { throw .notALine }
    var fields = SDPFields(line.dropFirst(2))
    guard hasVersion else {
      guard line.first == UInt8(ascii: "v"), fields.rest() == "0" else { throw .missing("v=") }
      hasVersion = true
      return
    }
    switch line[line.startIndex] {
    case UInt8(ascii: "v"): throw .repeated("v=")
    case UInt8(ascii: "o"): try takeOrigin(&fields)
    case UInt8(ascii: "m"): try openSection(&fields)
    case UInt8(ascii: "c"): try section?.takeConnection(&fields)
    case UInt8(ascii: "a"): try takeAttribute(&fields)
    case UInt8(ascii: "a")...UInt8(ascii: "z"): return
    default: throw .notALine
    }
  }

  private mutating func takeOrigin(_ fields: inout SDPFields) throws(SDPError.Reason) {
    if description != nil { throw .repeated("o=") }
    guard fields.word() != nil, let id = fields.number(in: 0...UInt64.max),
      let version = fields.number(in: 0...UInt64.max)
    else { throw .malformed("o=") }
    description = SessionDescription(sessionID: id, version: version)
  }

  private mutating func openSection(_ fields: inout SDPFields) throws(SDPError.Reason) {
    do throws(SDPError.Reason) {
      try closeSection()
    } catch {
      number = sectionLine
      throw error
    }
    guard let description else { throw .missing("o=") }
    guard description.media.count < Limits.mediaSections else { throw .tooMany("m=") }
    section = try SDPSectionParser(&fields, direction: direction)
    sectionLine = number
  }

  private mutating func closeSection() throws(SDPError.Reason) {
    guard let section = try self.section?.finish() else { return }
    self.section = nil
    description?.media.append(section)
  }

  private mutating func takeAttribute(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard let name = fields.word(before: UInt8(ascii: ":")) else { throw .malformed("a=") }
    if section != nil {
      try takeSectionAttribute(name, &fields)
      return
    }
    guard description != nil else { throw .missing("o=") }
    switch name {
    case "ice-lite": description?.isICELite = true
    case "ice-ufrag", "ice-pwd": try credentials.take(name, &fields)
    case "fingerprint": try description?.transport.takeFingerprint(&fields)
    case "setup": try description?.transport.takeSetup(&fields)
    case "group": try takeGroup(&fields)
    default: if let way = MediaDirection(rawValue: name) { direction = way }
    }
  }

  /// Reads an attribute of a section; MIDs and SSRCs are unique in the whole description.
  private mutating func takeSectionAttribute(
    _ name: String, _ fields: inout SDPFields
  ) throws(SDPError.Reason) {
    try section?.take(name, &fields)
    if name == "mid", let mid = section?.mid {
      guard mids.insert(mid).inserted else { throw .repeated("a=mid") }
    }
    if name == "ssrc", let ssrc = section?.lastSource, let current = description?.media.count {
      guard sources.updateValue(current, forKey: ssrc) ?? current == current else {
        throw .repeated("a=ssrc")
      }
    }
  }

  private mutating func takeGroup(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard fields.word() == "BUNDLE" else { return }
    guard let description, description.bundle.isEmpty else { throw .repeated("a=group") }
    var members: [String] = []
    var seen: Set<String> = []
    while !fields.isAtEnd {
      guard let mid = fields.word() else { throw .malformed("a=group") }
      guard seen.insert(mid).inserted else { throw .repeated("a=group") }
      guard members.count < Limits.mediaSections else { throw .tooMany("a=group") }
      members.append(mid)
    }
    self.description?.bundle = members
  }
}

/// The two halves of ICE credentials, which stand on lines of their own.
struct SDPCredentials {
  private var usernameFragment: String?
  private var password: String?

  /// The credentials, where both halves have been read.
  var joined: ICECredentials? {
    guard let usernameFragment, let password else { return nil }
    return ICECredentials(usernameFragment: usernameFragment, password: password)
  }

  /// Reads `ice-ufrag` (4...256 characters) or `ice-pwd` (22...256), RFC 8839 section 5.4.
  mutating func take(_ name: String, _ fields: inout SDPFields) throws(SDPError.Reason) {
    let isPassword = name == "ice-pwd"
    guard (isPassword ? password : usernameFragment) == nil else { throw .repeated("a=\(name)") }
    guard let value = fields.rest(), (isPassword ? 22...256 : 4...256).contains(value.utf8.count),
      value.utf8.allSatisfy(Self.isICECharacter)
    else { throw .malformed("a=\(name)") }
    if isPassword { password = value } else { usernameFragment = value }
  }

  private static func isICECharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"): true
    // RFC 8839 does not allow these two, but clients exist that use base64url.
    case UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }
}

extension TransportAttributes {
  /// Reads the value of `a=fingerprint` (RFC 8122 section 5).
  mutating func takeFingerprint(_ fields: inout SDPFields) throws(SDPError.Reason) {
    guard let hash = fields.word() else { throw .malformed("a=fingerprint") }
    guard hash.lowercased() == "sha-256" else { return }
    var digest: [UInt8] = []
    while !fields.isAtEnd {
      guard digest.count < 32, let pair = fields.word(before: UInt8(ascii: ":")),
        pair.utf8.count == 2, pair.first?.isHexDigit == true, let byte = UInt8(pair, radix: 16)
      else { throw .malformed("a=fingerprint") }
      digest.append(byte)
    }
    guard digest.count == 32 else { throw .malformed("a=fingerprint") }
    let fingerprint = Fingerprint(digest: digest)
    if fingerprints.contains(fingerprint) { throw .repeated("a=fingerprint") }
    guard fingerprints.count < Limits.fingerprints else { throw .tooMany("a=fingerprint") }
    fingerprints.append(fingerprint)
  }

  /// Reads the value of `a=setup`.
  mutating func takeSetup(_ fields: inout SDPFields) throws(SDPError.Reason) {
    if setup != nil { throw .repeated("a=setup") }
    guard let role = Setup(rawValue: fields.rest() ?? "") else { throw .malformed("a=setup") }
    setup = role
  }
}
