/// A value that is personal or secret: it can be used, but not printed.
///
/// Interpolating it into a log line, a trace or an error gives `‹redacted›`.
public struct Redacted<Value> {
  /// The value itself.
  public var value: Value

  /// Wraps a value.
  public init(_ value: Value) { self.value = value }
}

extension Redacted: Sendable where Value: Sendable {}
extension Redacted: Equatable where Value: Equatable {}
extension Redacted: Hashable where Value: Hashable {}

extension Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Always the same word.
  public var description: String { "‹redacted›" }
  /// Always the same word.
  public var debugDescription: String { description }
  /// Shows nothing to `dump` either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
