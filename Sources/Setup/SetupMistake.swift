/// What is wrong in a file that the operator wrote.
public struct SetupMistake: Error, Equatable, CustomStringConvertible, Sendable {
  /// The file, as it was named.
  public var file: String
  /// The line, from 1; 0 where it is about the whole.
  public var line: Int
  /// The key, as far as there is one.
  public var key: String
  /// What is wrong, and what would be right. It repeats no secret.
  public var reason: String

  /// Joins the parts.
  public init(file: String, line: Int = 0, key: String = "", reason: String) {
    self.file = file
    self.line = line
    self.key = key
    self.reason = reason
  }

  /// `FILE:LINE: KEY: REASON`.
  public var description: String {
    (line > 0 ? "\(file):\(line): " : "\(file): ") + (key.isEmpty ? "" : "\(key): ") + reason
  }
}
