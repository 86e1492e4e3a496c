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

  /// One of a fixed set of words.
  func word<Word: RawRepresentable & CaseIterable>(
    _ name: String, _ type: Word.Type
  ) throws(SignalingError) -> Word where Word.RawValue == String {
    guard let value = present(name) else { throw missing(name) }
    guard let text = value.string, let word = Word(rawValue: text) else {
      let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
      throw bad(name, "unknown_value", "is one of \(words)")
    }
    return word
  }

  /// The arguments in a nested object.
  func nested(_ name: String) throws(SignalingError) -> ParameterReader? {
    guard let value = present(name) else { return nil }
    guard value.members != nil else { throw wrongType(name, "an object") }
    return ParameterReader(value, path: path + name + ".")
  }

  /// The arguments in each object of a list.
  func list(_ name: String, maximum: Int) throws(SignalingError) -> [ParameterReader] {
    guard let value = present(name) else { throw missing(name) }
    guard let elements = value.array else { throw wrongType(name, "a list") }
    guard elements.count <= maximum else {
      throw bad(name, "too_many", "may have \(maximum) elements at most")
    }
    var readers: [ParameterReader] = []
    for (index, element) in elements.enumerated() {
      guard element.members != nil else { throw wrongType("\(name)[\(index)]", "an object") }
      readers.append(ParameterReader(element, path: "\(path)\(name)[\(index)]."))
    }
    return readers
  }

  private func present(_ name: String) -> JSON? {
    object[name].flatMap { $0 == .null ? nil : $0 }
  }

  private func missing(_ name: String) -> SignalingError {
    bad(name, "missing", "is missing")
  }

  private func wrongType(_ name: String, _ expected: String) -> SignalingError {
    bad(name, "wrong_type", "must be \(expected)")
  }

  private func bad(_ name: String, _ reason: String, _ message: String) -> SignalingError {
    .badArgument(path + name, reason, "\(path + name) \(message)")
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
