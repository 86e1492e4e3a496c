extension JSON {
  /// Why a text is not JSON that we take, and where.
  public struct ParseError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, for the person who sent it.
    public var reason: String
    /// Offset of the offending byte.
    public var offset: Int

    /// The reason with its place.
    public var description: String { "\(reason) at byte \(offset)" }
  }

  /// Reads one JSON text (RFC 8259), stricter than most readers.
  ///
  /// Refused beside what is no JSON: a name twice in an object (receivers would disagree on which
  /// counts), nesting deeper than `maximumDepth`, text that is not UTF-8, a lone surrogate, a
  /// number that is not finite as a double.
  public init(parsing text: [UInt8], maximumDepth: Int = 16) throws(ParseError) {
    var parser = Parser(text: text, maximumDepth: maximumDepth)
    self = try parser.parseText()
  }

  /// Reads one JSON text from a string.
  public init(parsing text: String, maximumDepth: Int = 16) throws(ParseError) {
    try self.init(parsing: Array(text.utf8), maximumDepth: maximumDepth)
  }
}

private struct Parser {
  let text: [UInt8]
  let maximumDepth: Int
  var position = 0

  init(text: [UInt8], maximumDepth: Int) {
    self.text = text
    self.maximumDepth = maximumDepth
  }

  mutating func parseText() throws(JSON.ParseError) -> JSON {
    let value = try parseValue(depth: 0)
    skipSpace()
    guard position == text.count else { throw fail("something follows the value") }
    return value
  }

  private func fail(_ reason: String) -> JSON.ParseError {
    JSON.ParseError(reason: reason, offset: position)
  }

  private var current: UInt8? { position < text.count ? text[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    position += 1
    return true
  }

  private mutating func parseValue(depth: Int) throws(JSON.ParseError) -> JSON {
    guard depth <= maximumDepth else { throw fail("nested too deeply") }
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try parseObject(depth: depth)
    case UInt8(ascii: "["): return try parseArray(depth: depth)
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
      return try parseNumber()
    default: throw fail("a value is missing")
    }
  }

  private mutating func parseWord(_ word: String, _ value: JSON) throws(JSON.ParseError) -> JSON {
    for byte in word.utf8 where !take(byte) { throw fail("unknown word") }
    return value
  }

  private mutating func parseObject(depth: Int) throws(JSON.ParseError) -> JSON {
    position += 1
    var members: [JSON.Member] = []
    var names: Set<String> = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object([]) }
    repeat {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw fail("a member's name is missing") }
      let name = try parseString()
      guard names.insert(name).inserted else { throw fail("a name comes twice") }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw fail("a colon is missing") }
      members.append(JSON.Member(name, try parseValue(depth: depth + 1)))
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw fail("an object does not end") }
    return .object(members)
  }

  private mutating func parseArray(depth: Int) throws(JSON.ParseError) -> JSON {
    position += 1
    var elements: [JSON] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array([]) }
    repeat {
      elements.append(try parseValue(depth: depth + 1))
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw fail("an array does not end") }
    return .array(elements)
  }

  private mutating func parseNumber() throws(JSON.ParseError) -> JSON {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try skipDigits() }
    var whole = true
    if take(UInt8(ascii: ".")) {
      whole = false
      try skipDigits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      whole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try skipDigits()
    }
    let digits = String(decoding: text[start..<position], as: UTF8.self)
    if whole, let value = Int64(digits) { return .integer(value) }
    guard let value = Double(digits), value.isFinite else { throw fail("number out of range") }
    return .number(value)
  }

  private mutating func skipDigits() throws(JSON.ParseError) {
    guard let first = current, (0x30...0x39).contains(first) else {
      throw fail("a digit is missing")
    }
    while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
  }

  private mutating func parseString() throws(JSON.ParseError) -> String {
    position += 1
    var bytes: [UInt8] = []
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: bytes, as: UTF8.self) else {
          throw fail("text is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): try parseEscape(into: &bytes)
      case 0..<0x20: throw fail("a control character stands in a string")
      default: bytes.append(byte)
      }
    }
    throw fail("a string does not end")
  }

  private mutating func parseEscape(into bytes: inout [UInt8]) throws(JSON.ParseError) {
    guard let byte = current else { throw fail("a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"): bytes += try parseUnicodeEscape()
    default: throw fail("unknown escape")
    }
  }

  private mutating func parseUnicodeEscape() throws(JSON.ParseError) -> [UInt8] {
    var code = UInt32(try parseHex())
    if (0xD800...0xDBFF).contains(code), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let low = UInt32(try parseHex())
      guard (0xDC00...0xDFFF).contains(low) else { throw fail("a lone surrogate") }
      code = 0x1_0000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw fail("a lone surrogate") }
    return Array(String(Character(scalar)).utf8)
  }

  private mutating func parseHex() throws(JSON.ParseError) -> UInt16 {
    guard position + 4 <= text.count else { throw fail("an escape is cut off") }
    var value: UInt16 = 0
    for byte in text[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fail("an escape is not hexadecimal")
      }
      value = value << 4 | UInt16(digit)
    }
    position += 4
    return value
  }
}
