/// Reads the value of one line, front to back, into numbers and visible ASCII words.
///
/// Each method takes what stands before a separator and steps over both; it returns nil, and the
/// line is malformed, where that is empty or not of the wanted form.
struct SDPFields {
  static let space = UInt8(ascii: " ")

  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// Whether everything has been read.
  var isAtEnd: Bool { position >= bytes.endIndex }

  /// A word of visible characters.
  mutating func word(before separator: UInt8 = space) -> String? {
    let field = slice(before: separator)
    guard !field.isEmpty, field.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    return String(decoding: field, as: UTF8.self)
  }

  /// A decimal number within `range`.
  mutating func number(in range: ClosedRange<UInt64>, before separator: UInt8 = space) -> UInt64? {
    let field = slice(before: separator)
    guard (1...20).contains(field.count) else { return nil }
    var value: UInt64 = 0
    for byte in field {
      guard (0x30...0x39).contains(byte) else { return nil }
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(UInt64(byte - 0x30))
      if overflow || carry { return nil }
      value = sum
    }
    return range.contains(value) ? value : nil
  }

  /// All that is left: visible characters and spaces.
  mutating func rest() -> String? {
    let field = bytes[position...]
    position = bytes.endIndex
    guard !field.isEmpty, field.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
    return String(decoding: field, as: UTF8.self)
  }

  private mutating func slice(before separator: UInt8) -> ArraySlice<UInt8> {
    let start = position
    var end = start
    while end < bytes.endIndex, bytes[end] != separator { end += 1 }
    position = min(end + 1, bytes.endIndex)
    return bytes[start..<end]
  }
}
