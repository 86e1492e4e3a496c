/// How much a log record matters.
public enum LogLevel: Int, Comparable, Sendable, CaseIterable {
  /// For somebody who follows one fault.
  case debug
  /// What an operator reads on a quiet day.
  case info
  /// Something is wrong and the daemon copes.
  case warning
  /// Something is wrong and somebody must act.
  case error

  /// Whether `left` matters less.
  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// One line of the log, as a value: protocol code returns it, the daemon writes it.
///
/// Fields hold opaque identifiers, numbers and reasons; names, addresses and tokens are `Redacted`
/// by their type and cannot be made into a field without saying so.
public struct LogRecord: Equatable, Sendable {
  /// How much it matters.
  public var level: LogLevel
  /// What happened, in lower snake case; the same event always has the same word.
  public var event: String
  /// What it happened to, in the order to print.
  public var fields: [(name: String, value: String)]

  /// Makes a record.
  public init(
    _ level: LogLevel, _ event: String, _ fields: (String, any CustomStringConvertible)...
  ) {
    self.level = level
    self.event = event
    self.fields = fields.map { (name: $0.0, value: $0.1.description) }
  }

  /// Whether two records say the same.
  public static func == (left: LogRecord, right: LogRecord) -> Bool {
    left.level == right.level && left.event == right.event
      && left.fields.elementsEqual(right.fields, by: ==)
  }
}
