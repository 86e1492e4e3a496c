import CSecurity

/// Keyed codes over messages (RFC 2104), by OpenSSL.
public enum HMAC {
  /// The code of `message` under `key` with SHA-256 (FIPS 180-4): 32 bytes.
  public static func sha256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    code(EVP_sha256(), length: 32, key: key, message)
  }

  /// The code of `message` under `key` with SHA-1: 20 bytes. Only for what a protocol prescribes,
  /// as STUN does for MESSAGE-INTEGRITY (RFC 8489 section 14.5).
  public static func sha1(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    code(EVP_sha1(), length: 20, key: key, message)
  }

  /// Whether two codes are equal, in a time that tells nothing about where they differ. Codes of
  /// different length are unequal; the length is no secret.
  public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }

  private static func code(
    _ digest: OpaquePointer?, length: Int, key: [UInt8], _ message: [UInt8]
  ) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: length)
    var written: UInt32 = 0
    let result = CSecurity.HMAC(
      digest, key, Int32(key.count), message, message.count, &code, &written)
    precondition(result != nil && Int(written) == length, "OpenSSL lacks the digest")
    return code
  }
}
