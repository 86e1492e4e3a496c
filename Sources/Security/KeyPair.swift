import CSecurity

/// A public key, and the private one where it is known, for signatures over messages.
///
/// It lives in OpenSSL's memory until the last reference is gone, and never changes.
final class KeyPair: @unchecked Sendable {
  /// A kind of key, with the one digest that is used with it.
  enum Scheme {
    /// ECDSA on P-256 with SHA-256; a signature is R and S, 32 bytes each.
    case p256
    /// Ed25519 (RFC 8032 section 5.1).
    case ed25519
    /// PKCS #1 version 1.5 with SHA-256 (RFC 8017 section 8.2).
    case rsa
  }

  /// Bits that an RSA key must have at least (RFC 7518 section 3.3).
  private static let minimumRSABits: Int32 = 2_048
  /// Bytes of either number in a signature on P-256.
  private static let numberLength = 32

  /// Whether it can sign.
  let isPrivate: Bool
  private let scheme: Scheme
  private let key: OpaquePointer

  /// The first key in a PEM text; nil where there is none, or another kind than `scheme`'s.
  init?(_ scheme: Scheme, pem: String) {
    defer { ERR_clear_error() }
    let privateKey = PEM.privateKey(in: pem)
    guard let key = privateKey ?? PEM.publicKey(in: pem) else { return nil }
    guard Self.isKey(key, for: scheme) else {
      EVP_PKEY_free(key)
      return nil
    }
    self.scheme = scheme
    self.key = key
    isPrivate = privateKey != nil
  }

  deinit { EVP_PKEY_free(key) }

  /// The signature of a message; the key must be private.
  func sign(_ message: [UInt8]) -> [UInt8] {
    precondition(isPrivate, "a public key does not sign")
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var length = Int(EVP_PKEY_get_size(key))
    var signature = [UInt8](repeating: 0, count: length)
    let isSigned =
      EVP_DigestSignInit(context, nil, digest, nil, key) == 1
      && EVP_DigestSign(context, &signature, &length, message, message.count) == 1
    precondition(isSigned, "OpenSSL does not sign with a key that it has read")
    let made = Array(signature.prefix(length))
    return scheme == .p256 ? Self.joinedNumbers(made) : made
  }

  /// Whether a signature is this key's over the message.
  func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard let signature = scheme == .p256 ? Self.encodedNumbers(signature) : signature else {
      return false
    }
    let context = EVP_MD_CTX_new()
    defer {
      EVP_MD_CTX_free(context)
      ERR_clear_error()
    }
    return EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }

  private var digest: OpaquePointer? { scheme == .ed25519 ? nil : EVP_sha256() }

  private static func isKey(_ key: OpaquePointer, for scheme: Scheme) -> Bool {
    let kind = EVP_PKEY_get_base_id(key)
    switch scheme {
    case .ed25519: return kind == NID_ED25519
    case .rsa: return kind == NID_rsaEncryption && EVP_PKEY_get_bits(key) >= minimumRSABits
    case .p256:
      var name = [CChar](repeating: 0, count: 32)
      var length = 0
      guard kind == NID_X9_62_id_ecPublicKey,
        EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1
      else { return false }
      return name.prefix(length).elementsEqual("prime256v1".utf8.map { CChar($0) })
    }
  }

  /// R and S side by side (RFC 7518 section 3.4) as OpenSSL wants them, in DER; nil where they are
  /// not of their one length.
  private static func encodedNumbers(_ signature: [UInt8]) -> [UInt8]? {
    guard signature.count == 2 * numberLength else { return nil }
    let pair = ECDSA_SIG_new()
    defer { ECDSA_SIG_free(pair) }
    let r = BN_bin2bn(signature, Int32(numberLength), nil)
    let s = BN_bin2bn(Array(signature[numberLength...]), Int32(numberLength), nil)
    guard ECDSA_SIG_set0(pair, r, s) == 1 else {
      BN_free(r)
      BN_free(s)
      return nil
    }
    var encoded = [UInt8](repeating: 0, count: Int(max(0, i2d_ECDSA_SIG(pair, nil))))
    let length = encoded.withUnsafeMutableBufferPointer { buffer in
      var next = buffer.baseAddress
      return i2d_ECDSA_SIG(pair, &next)
    }
    return length > 0 ? encoded : nil
  }

  /// The other way round, from what OpenSSL has made.
  private static func joinedNumbers(_ encoded: [UInt8]) -> [UInt8] {
    let pair = encoded.withUnsafeBufferPointer { buffer in
      var next = buffer.baseAddress
      return d2i_ECDSA_SIG(nil, &next, buffer.count)
    }
    defer { ECDSA_SIG_free(pair) }
    var result = [UInt8](repeating: 0, count: 2 * numberLength)
    let length = Int32(numberLength)
    let isWhole = result.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return false }
      return BN_bn2binpad(ECDSA_SIG_get0_r(pair), start, length) == length
        && BN_bn2binpad(ECDSA_SIG_get0_s(pair), start + numberLength, length) == length
    }
    precondition(isWhole, "OpenSSL has made a signature that is none")
    return result
  }
}

extension KeyPair: Equatable {
  /// Whether both hold the same public key.
  static func == (left: KeyPair, right: KeyPair) -> Bool {
    left.isPrivate == right.isPrivate && EVP_PKEY_eq(left.key, right.key) == 1
  }
}
