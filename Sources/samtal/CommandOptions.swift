/// The options of one command: each a name with a value, some of them more than once, and flags
/// without a value.
struct CommandOptions {
  /// Why arguments make no sense, in words for the operator.
  struct Mistake: Error, CustomStringConvertible {
    var description: String
  }

  private var values: [String: [String]] = [:]
  private var flags: Set<String> = []

  /// Reads arguments; an option that is not among the names is a mistake, and so is one of
  /// `single` that comes twice.
  init(
    _ arguments: [String], single: Set<String>, repeated: Set<String> = [],
    flags known: Set<String> = []
  ) throws(Mistake) {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      if known.contains(name) {
        flags.insert(name)
        continue
      }
      guard single.contains(name) || repeated.contains(name) else {
        throw Mistake(description: "no option '\(name)'")
      }
      guard let value = rest.popFirst() else { throw Mistake(description: "\(name) wants a value") }
      guard repeated.contains(name) || values[name] == nil else {
        throw Mistake(description: "\(name) comes twice")
      }
      values[name, default: []].append(value)
    }
  }

  /// The value of an option that comes once.
  subscript(name: String) -> String? { values[name]?.first }

  /// The values of an option that may come more than once.
  func all(_ name: String) -> [String] { values[name] ?? [] }

  /// Whether a flag was given.
  func has(_ flag: String) -> Bool { flags.contains(flag) }

  /// The value of an option that must be there.
  func required(_ name: String) throws(Mistake) -> String {
    guard let value = self[name] else { throw Mistake(description: "\(name) is missing") }
    return value
  }

  /// The value as `read` understands it; nil where the option is not given.
  func read<Value>(
    _ name: String, _ expected: String, _ read: (String) -> Value?
  ) throws(Mistake) -> Value? {
    guard let text = self[name] else { return nil }
    guard let value = read(text) else {
      throw Mistake(description: "\(name) wants \(expected), not '\(text)'")
    }
    return value
  }
}
