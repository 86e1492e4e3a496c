import CSecurity
import Primitives

/// The certificate that pages are served with, and its key: looked at before it is used, so that
/// the operator is told what is wrong in words.
public enum ServerCertificate {
  /// What is wrong with a certificate or a key.
  public enum Problem: Error, Equatable, Sendable {
    /// The text holds no certificate in PEM (RFC 7468 section 5).
    case noCertificate
    /// Its time is over, or has not come.
    case notValidNow
    /// The text holds no private key in PEM, or one under a password.
    case noKey
    /// The key is another certificate's.
    case foreignKey
  }

  /// Throws what is wrong with a chain, its own certificate first, and its key, both in PEM.
  public static func check(chain: String, key: String, at now: WallTime) throws(Problem) {
    defer { ERR_clear_error() }
    let certificate = PEM.certificate(in: chain)
    defer { X509_free(certificate) }
    guard let certificate else { throw .noCertificate }
    guard isPast(X509_get0_notBefore(certificate), now),
      !isPast(X509_get0_notAfter(certificate), now)
    else { throw .notValidNow }
    let privateKey = PEM.privateKey(in: key)
    defer { EVP_PKEY_free(privateKey) }
    guard let privateKey else { throw .noKey }
    guard X509_check_private_key(certificate, privateKey) == 1 else { throw .foreignKey }
  }

  private static func isPast(_ time: UnsafePointer<ASN1_TIME>?, _ now: WallTime) -> Bool {
    ASN1_TIME_cmp_time_t(time, Int(now.seconds)) <= 0
  }
}
