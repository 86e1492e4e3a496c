import CSecurity
import Primitives

/// A self-signed certificate with its private key: what a DTLS endpoint shows, and what the
/// fingerprint in SDP stands for (RFC 8827 section 6.5).
///
/// The key is P-256 (ECDSA). It lives in OpenSSL's memory until the last reference is gone and is
/// never exported.
public final class Certificate: @unchecked Sendable {
  /// SHA-256 of the DER form: 32 bytes (RFC 8122 section 5).
  public let digest: [UInt8]
  let certificate: OpaquePointer
  let privateKey: OpaquePointer

  private init(certificate: OpaquePointer, privateKey: OpaquePointer) throws(OpenSSLError) {
    self.certificate = certificate
    self.privateKey = privateKey
    digest = try Certificate.digest(of: certificate)
  }

  deinit {
    X509_free(certificate)
    EVP_PKEY_free(privateKey)
  }

  /// A new key and its certificate. The serial number comes from `random`, the key from OpenSSL.
  public static func generate(
    validFrom: WallTime, until: WallTime, random: inout RandomSource
  ) throws(OpenSSLError) -> Certificate {
    let key = try makeKey()
    guard let certificate = X509_new() else {
      EVP_PKEY_free(key)
      throw .last()
    }
    do throws(OpenSSLError) {
      // Bit 62 keeps the number positive and of one length.
      let serial = random.next() & (1 << 62 - 1) | 1 << 62
      let name = X509_get_subject_name(certificate)
      try requireSuccess(X509_set_version(certificate, 2))
      try requireSuccess(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial))
      try requireSuccess(
        X509_NAME_add_entry_by_txt(name, "CN", 0x1001, "WebRTC", -1, -1, 0))
      try requireSuccess(X509_set_issuer_name(certificate, name))
      try set(X509_getm_notBefore(certificate), to: validFrom)
      try set(X509_getm_notAfter(certificate), to: until)
      try requireSuccess(X509_set_pubkey(certificate, key))
      guard X509_sign(certificate, key, EVP_sha256()) > 0 else { throw .last() }
      return try Certificate(certificate: certificate, privateKey: key)
    } catch {
      X509_free(certificate)
      EVP_PKEY_free(key)
      throw error
    }
  }

  /// SHA-256 of a certificate's DER form.
  static func digest(of certificate: OpaquePointer) throws(OpenSSLError) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    try requireSuccess(X509_digest(certificate, EVP_sha256(), &digest, &length))
    return digest
  }

  private static func makeKey() throws(OpenSSLError) -> OpaquePointer {
    let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    try requireSuccess(EVP_PKEY_keygen_init(context))
    try requireSuccess(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1))
    try requireSuccess(EVP_PKEY_keygen(context, &key))
    guard let key else { throw .last() }
    return key
  }

  private static func set(
    _ field: UnsafeMutablePointer<ASN1_TIME>?, to time: WallTime
  ) throws(OpenSSLError) {
    guard ASN1_TIME_set(field, Int(time.seconds)) != nil else { throw .last() }
  }
}
