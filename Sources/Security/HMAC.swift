import CSecurity

/// HMAC with SHA-256 (RFC 2104, FIPS 180-4), by OpenSSL.
public enum HMAC {
  /// Bytes in a code.
  public static let length = 32

  /// The code of `message` under `key`; 32 bytes.
  public static func sha256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: length)
    var written: UInt32 = 0
    let result = CSecurity.HMAC(
      EVP_sha256(), key, Int32(key.count), message, message.count, &code, &written)
    precondition(result != nil && Int(written) == length, "OpenSSL has no SHA-256")
    return code
  }

  /// Whether two codes are equal, in a time that tells nothing about where they differ. Codes of
  /// different length are unequal; the length is no secret.
  public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }
}
