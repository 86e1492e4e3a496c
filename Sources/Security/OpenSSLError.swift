import CSecurity

/// A call into OpenSSL that failed: its first queued error, as numbers.
public struct OpenSSLError: Error, Equatable, CustomStringConvertible {
  /// OpenSSL's packed error code; 0 where it queued none.
  public let code: UInt

  /// Takes the oldest error off the thread's queue and empties the rest.
  static func last() -> OpenSSLError {
    let code = ERR_get_error()
    ERR_clear_error()
    return OpenSSLError(code: UInt(code))
  }

  /// OpenSSL's own words; they hold no secret.
  public var description: String {
    var text = [CChar](repeating: 0, count: 256)
    ERR_error_string_n(UInt(code), &text, text.count)
    return String(
      decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Turns OpenSSL's "1 is success" into a thrown error.
func requireSuccess(_ result: Int32) throws(OpenSSLError) {
  guard result == 1 else { throw .last() }
}
