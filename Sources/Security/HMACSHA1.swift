import CSecurity

/// HMAC-SHA1 (RFC 2104), which STUN's MESSAGE-INTEGRITY is made of (RFC 8489 section 14.5).
public enum HMACSHA1 {
  /// Bytes in a code.
  public static let length = 20

  /// The code of `message` under `key`.
  public static func code(key: [UInt8], message: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: length)
    var written: UInt32 = 0
    let result = HMAC(
      EVP_sha1(), key, Int32(key.count), message, message.count, &code, &written)
    precondition(result != nil && written == length, "HMAC-SHA1 is not available")
    return code
  }

  /// Whether `code` is that of `message`, in a time that tells nothing about the right one.
  public static func verify(_ code: [UInt8], key: [UInt8], message: [UInt8]) -> Bool {
    guard code.count == length else { return false }
    return CRYPTO_memcmp(code, self.code(key: key, message: message), length) == 0
  }
}
