import CSecurity
import Primitives
import Testing

@testable import Security

@Suite struct CertificateTests {
  @Test func itsValidityIsThatOfTheTimesGiven() throws {
    let certificate = try makeCertificate()
    for (offset, field) in [
      (1_700_000_000, X509_get0_notBefore(certificate.certificate)),
      (1_800_000_000, X509_get0_notAfter(certificate.certificate)),
    ] {
      let expected = ASN1_TIME_set(nil, offset)
      defer { ASN1_STRING_free(expected) }
      #expect(ASN1_TIME_compare(field, expected) == 0)
    }
  }

  @Test func itIsSignedByItsOwnP256Key() throws {
    let certificate = try makeCertificate()
    #expect(X509_verify(certificate.certificate, certificate.privateKey) == 1)
    #expect(EVP_PKEY_get_bits(certificate.privateKey) == 256)
    #expect(certificate.digest.count == 32)
  }

  @Test func twoCertificatesNeverShareAKey() throws {
    #expect(try makeCertificate(seed: 1).digest != makeCertificate(seed: 1).digest)
  }

  @Test func withASeedTheyAreTheSameToTheByte() throws {
    defer { SecurityRandom.useOperatingSystem() }
    SecurityRandom.useDeterministic(seed: 3)
    let first = try makeCertificate()
    SecurityRandom.useDeterministic(seed: 3)
    #expect(try makeCertificate().digest == first.digest)
  }
}
