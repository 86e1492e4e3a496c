import Primitives

/// Reads the arguments of a request by name; what is missing or wrong is named by its path.
struct ParameterReader {
  private let object: JSON
  private let path: String

  init(_ object: JSON, path: String = "") {
    self.object = object
    self.path = path
  }

  func has(_ name: String) -> Bool { object[name] != nil && object[name] != .null }

  /// Whether the argument is there and says that there is to be nothing: null or an empty text.
  func isCleared(_ name: String) -> Bool { object[name] == .null || object[name] == "" }

  /// Where the object stands among the arguments, as `proxies[0]`.
  var ownPath: String { String(path.dropLast()) }

  func string(_ name: String, maximumBytes: Int) throws(SignalingError) -> String {
    guard let text = try optionalString(name, maximumBytes: maximumBytes) else {
      throw missing(name)
    }
    return text
  }

  func optionalString(_ name: String, maximumBytes: Int) throws(SignalingError) -> String? {
    guard let value = present(name) else { return nil }
    guard let text = value.string else { throw wrongType(name, "a string") }
    guard !text.isEmpty else { throw bad(name, "empty", "must not be empty") }
    guard text.utf8.count <= maximumBytes else {
      throw bad(name, "too_long", "may have \(maximumBytes) bytes at most")
    }
    return text
  }

  /// A text that other people are shown: one line, without characters that hide or reorder what
  /// stands beside it, and with something to see in it.
  func optionalName(_ name: String, maximumBytes: Int) throws(SignalingError) -> Redacted<String>? {
    guard let text = try optionalString(name, maximumBytes: maximumBytes) else { return nil }
    let scalars = text.unicodeScalars
    guard scalars.allSatisfy(Self.isShown), !scalars.allSatisfy(\.properties.isWhitespace) else {
      throw bad(name, "bad_characters", "must be one line of visible text")
    }
    return Redacted(text)
  }

  /// A text of several lines that other people are shown: without characters that hide or reorder
  /// what stands beside it, and with something to see in it.
  func text(_ name: String, maximumBytes: Int) throws(SignalingError) -> Redacted<String> {
    guard let text = try optionalText(name, maximumBytes: maximumBytes) else { throw missing(name) }
    return text
  }

  func optionalText(_ name: String, maximumBytes: Int) throws(SignalingError) -> Redacted<String>? {
    guard let text = try optionalString(name, maximumBytes: maximumBytes) else { return nil }
    let scalars = text.unicodeScalars
    guard scalars.allSatisfy({ $0 == "\n" || $0 == "\t" || Self.isShown($0) }),
      !scalars.allSatisfy(\.properties.isWhitespace)
    else { throw bad(name, "bad_characters", "must be visible text") }
    return Redacted(text)
  }

  func bool(_ name: String) throws(SignalingError) -> Bool {
    guard let value = try optionalBool(name) else { throw missing(name) }
    return value
  }

  func optionalBool(_ name: String) throws(SignalingError) -> Bool? {
    guard let value = present(name) else { return nil }
    guard let flag = value.bool else { throw wrongType(name, "true or false") }
    return flag
  }

  func count(_ name: String) throws(SignalingError) -> Int64 {
    guard let value = present(name) else { throw missing(name) }
    guard let number = value.integer, number >= 0 else {
      throw wrongType(name, "a whole number that is not negative")
    }
    return number
  }

  func count(_ name: String, _ range: ClosedRange<Int>) throws(SignalingError) -> Int {
    guard let number = try optionalCount(name, range) else { throw missing(name) }
    return number
  }

  func optionalCount(
    _ name: String, _ range: ClosedRange<Int>
  ) throws(SignalingError) -> Int? {
    guard let value = present(name) else { return nil }
    guard let number = value.integer else { throw wrongType(name, "a whole number") }
    guard range.contains(Int(clamping: number)) else {
      throw bad(name, "out_of_range", "is from \(range.lowerBound) to \(range.upperBound)")
    }
    return Int(number)
  }

  /// A point in civil time: milliseconds since 1970 (UTC), before the year 10000.
  func optionalTime(_ name: String) throws(SignalingError) -> WallTime? {
    try optionalCount(name, 0...253_402_300_799_999).map { WallTime(milliseconds: Int64($0)) }
  }

  func identifier<Kind>(_ name: String, _ kind: Identifier<Kind>.Type) throws(SignalingError)
    -> Identifier<Kind>
  {
    guard let id = try optionalIdentifier(name, kind) else { throw missing(name) }
    return id
  }

  func optionalIdentifier<Kind>(
    _ name: String, _ kind: Identifier<Kind>.Type
  ) throws(SignalingError) -> Identifier<Kind>? {
    guard let text = try optionalString(name, maximumBytes: 64) else { return nil }
    guard let id = Identifier<Kind>(text) else {
      throw bad(name, "bad_identifier", "begins with \(Kind.prefix)_")
    }
    return id
  }

  func identifiers<Kind>(
    _ name: String, _ kind: Identifier<Kind>.Type, maximum: Int
  ) throws(SignalingError) -> [Identifier<Kind>]? {
    try elements(name, maximum: maximum)?.enumerated().map {
      (index, value) throws(SignalingError) in
      guard let id = value.string.flatMap({ Identifier<Kind>($0) }) else {
        throw bad("\(name)[\(index)]", "bad_identifier", "begins with \(Kind.prefix)_")
      }
      return id
    }
  }

  /// One of a fixed set of words.
  func word<Word: RawRepresentable & CaseIterable>(
    _ name: String, _ type: Word.Type
  ) throws(SignalingError) -> Word where Word.RawValue == String {
    guard let word = try optionalWord(name, type) else { throw missing(name) }
    return word
  }

  func optionalWord<Word: RawRepresentable & CaseIterable>(
    _ name: String, _ type: Word.Type
  ) throws(SignalingError) -> Word? where Word.RawValue == String {
    try present(name).map { value throws(SignalingError) in try read(value, name, type) }
  }

  /// Some of a fixed set of words.
  func optionalWords<Word: RawRepresentable & CaseIterable>(
    _ name: String, _ type: Word.Type
  ) throws(SignalingError) -> [Word]? where Word.RawValue == String {
    try elements(name, maximum: 32)?.enumerated().map { (index, value) throws(SignalingError) in
      try read(value, "\(name)[\(index)]", type)
    }
  }

  /// The arguments in a nested object.
  func nested(_ name: String) throws(SignalingError) -> ParameterReader? {
    guard let value = present(name) else { return nil }
    guard value.members != nil else { throw wrongType(name, "an object") }
    return ParameterReader(value, path: path + name + ".")
  }

  /// The arguments in each object of a list.
  func list(_ name: String, maximum: Int) throws(SignalingError) -> [ParameterReader] {
    guard let readers = try optionalList(name, maximum: maximum) else { throw missing(name) }
    return readers
  }

  func optionalList(_ name: String, maximum: Int) throws(SignalingError) -> [ParameterReader]? {
    try elements(name, maximum: maximum)?.enumerated().map {
      (index, element) throws(SignalingError) in
      guard element.members != nil else { throw wrongType("\(name)[\(index)]", "an object") }
      return ParameterReader(element, path: "\(path)\(name)[\(index)].")
    }
  }

  func missing(_ name: String) -> SignalingError {
    bad(name, "missing", "is missing")
  }

  func bad(_ name: String, _ reason: String, _ message: String) -> SignalingError {
    .badArgument(path + name, reason, "\(path + name) \(message)")
  }

  private func elements(_ name: String, maximum: Int) throws(SignalingError) -> [JSON]? {
    guard let value = present(name) else { return nil }
    guard let elements = value.array else { throw wrongType(name, "a list") }
    guard elements.count <= maximum else {
      throw bad(name, "too_many", "may have \(maximum) elements at most")
    }
    return elements
  }

  private func read<Word: RawRepresentable & CaseIterable>(
    _ value: JSON, _ name: String, _ type: Word.Type
  ) throws(SignalingError) -> Word where Word.RawValue == String {
    guard let text = value.string, let word = Word(rawValue: text) else {
      let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
      throw bad(name, "unknown_value", "is one of \(words)")
    }
    return word
  }

  private func present(_ name: String) -> JSON? {
    // Written with a conditional, `nil` would be read as the JSON value.
    guard let value = object[name], value != .null else { return nil }
    return value
  }

  private func wrongType(_ name: String, _ expected: String) -> SignalingError {
    bad(name, "wrong_type", "must be \(expected)")
  }

  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      false
    case .format:
      // Joiners shape letters in several scripts; all other format characters reorder or hide.
      scalar.value == 0x200C || scalar.value == 0x200D
    default: true
    }
  }
}
