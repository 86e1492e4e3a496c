/// Why a session description could not be read, and where.
public struct SDPError: Error, Equatable {
  /// What was wrong.
  public enum Reason: Error, Hashable, Sendable {
    /// The text is longer than `Limits.sessionDescriptionBytes`.
    case tooLong
    /// A byte below 32 or the byte 127 stands in a line: NUL, most of all.
    case controlCharacter
    /// The line is not a letter, an equals sign and a value.
    case notALine
    /// The field or attribute cannot be read, or its number is out of range.
    case malformed(String)
    /// The field or attribute stands twice where it may stand once, or its value does.
    case repeated(String)
    /// There are more of these than the limits allow.
    case tooMany(String)
    /// The field or attribute is needed and is not there.
    case missing(String)
  }

  /// The line, counted from 1.
  public let line: Int
  /// What was wrong.
  public let reason: Reason

  /// Joins the two.
  public init(line: Int, reason: Reason) {
    self.line = line
    self.reason = reason
  }
}

extension SDPError: CustomStringConvertible {
  /// A sentence for the developer at the other end; it repeats none of the text.
  public var description: String {
    "line \(line): \(reason.sentence)"
  }
}

extension SDPError.Reason {
  fileprivate var sentence: String {
    switch self {
    case .tooLong: "the description is too long"
    case .controlCharacter: "a control character"
    case .notALine: "not a letter, an equals sign and a value"
    case .malformed(let field): "\(field) cannot be read"
    case .repeated(let field): "\(field) repeats one before it"
    case .tooMany(let field): "too many of \(field)"
    case .missing(let field): "\(field) is missing"
    }
  }
}
