import Glibc

/// A system call that failed for a reason that the caller has to deal with.
public struct SystemError: Error, Equatable, CustomStringConvertible {
  /// What was tried, in words: "bind [::]:40000".
  public var attempt: String
  /// The `errno` that it left.
  public var code: Int32

  /// Joins the two.
  public init(_ attempt: String, code: Int32) {
    self.attempt = attempt
    self.code = code
  }

  /// The error that the last system call of this thread left.
  static func last(_ attempt: String) -> SystemError { SystemError(attempt, code: errno) }

  /// What was tried, and why it failed.
  public var description: String { "\(attempt): \(String(cString: strerror(code)))" }
}

/// Runs a system call again for as long as a signal interrupts it; -1 and `errno` otherwise mean
/// what they mean.
func retryingInterrupts<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
