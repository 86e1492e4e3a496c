import Primitives
import Testing

@testable import Security

/// One key of each algorithm that has a public half, able to sign.
private let pairs: [JWTKey] = [
  JWTKey(id: "clinic", algorithm: .es256, pem: JWTKeySamples.p256Private),
  JWTKey(id: "clinic", algorithm: .edDSA, pem: JWTKeySamples.publishedEd25519Private),
  JWTKey(id: "clinic", algorithm: .rs256, pem: JWTKeySamples.rsaPrivate),
].compactMap { $0 }

private let shared = JWTKey(id: "clinic", sharedSecret: Array(repeating: 7, count: 32))
private let now = WallTime(milliseconds: 1_800_000_000_000)

private func token(_ key: JWTKey) -> String {
  JWT.sign(subject: "per_1", claims: ["role": "staff"], from: now, for: .minutes(5), key: key)
}

private func refusal(_ text: String, _ key: JWTKey) -> JWTError? {
  do throws(JWTError) {
    _ = try JWT(verifying: text, keys: [key], now: now)
    return nil
  } catch {
    return error
  }
}

@Suite struct JWTKeyTests {
  @Test func aTokenOfEachAlgorithmIsReadBack() throws {
    #expect(pairs.map(\.algorithm) == [.es256, .edDSA, .rs256])
    for key in pairs + [try #require(shared)] {
      #expect(key.canSign)
      #expect(refusal(token(key), key) == nil, "\(key.algorithm)")
    }
  }

  /// RFC 7515 appendices A.2 and A.3, RFC 8037 appendix A.4.
  @Test(arguments: [
    (
      JWTKey.Algorithm.rs256, JWTKeySamples.publishedRSA,
      "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGx"
        + "lLmNvbS9pc19yb290Ijp0cnVlfQ",
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2"
        + "Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvk"
        + "SjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1ph"
        + "CnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    ),
    (
      .es256, JWTKeySamples.publishedP256,
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGx"
        + "lLmNvbS9pc19yb290Ijp0cnVlfQ",
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    ),
    (
      .edDSA, JWTKeySamples.publishedEd25519,
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    ),
  ])
  func thePublishedSignaturesVerify(
    algorithm: JWTKey.Algorithm, pem: String, signed: String, signature: String
  ) throws {
    let key = try #require(JWTKey(id: "joe", algorithm: algorithm, pem: pem))
    #expect(!key.canSign)
    var bytes = try #require(Base64.decodeURL(signature))
    #expect(key.verify(bytes, of: signed))
    #expect(!key.verify(bytes, of: signed + "x"))
    #expect(!key.verify(Array(bytes.dropLast()), of: signed))
    #expect(!key.verify(bytes + [0], of: signed))
    #expect(!key.verify([], of: signed))
    bytes[bytes.count / 2] ^= 1
    #expect(!key.verify(bytes, of: signed))
  }

  /// CVE-2015-9235 and its kin: a public key is no shared secret.
  @Test func aTokenSignedWithThePublicKeyAsASecretIsRefused() throws {
    for key in pairs {
      let pem =
        key.algorithm == .edDSA ? JWTKeySamples.publishedEd25519 : JWTKeySamples.publishedRSA
      let forged = try #require(JWTKey(id: "clinic", sharedSecret: Array(pem.utf8)))
      #expect(refusal(token(forged), key) == .wrongAlgorithm)
    }
  }

  @Test func aSwappedAlgorithmIsRefusedWhicheverWayItIsSwapped() throws {
    let all = pairs + [try #require(shared)]
    for signing in all {
      for verifying in all where verifying.algorithm != signing.algorithm {
        #expect(refusal(token(signing), verifying) == .wrongAlgorithm)
        // The same with the header that the key wants, and the signature left as it is.
        let parts = token(signing).split(separator: ".")
        let header = #"{"alg":"\#(verifying.algorithm.rawValue)","typ":"JWT"}"#
        let swapped = "\(Base64.encodeURL(Array(header.utf8))).\(parts[1]).\(parts[2])"
        #expect(refusal(swapped, verifying) == .badSignature)
      }
    }
  }

  /// Two numbers that are zero satisfied a well-known verifier (CVE-2022-21449).
  @Test func numbersOfZeroAndOutOfRangeAreNoSignature() throws {
    let key = try #require(pairs.first)
    #expect(!key.verify([UInt8](repeating: 0, count: 64), of: "a.b"))
    #expect(!key.verify([UInt8](repeating: 0xFF, count: 64), of: "a.b"))
  }

  @Test(arguments: [
    (JWTKey.Algorithm.rs256, JWTKeySamples.shortRSA), (.rs256, JWTKeySamples.publishedP256),
    (.es256, JWTKeySamples.p384), (.es256, JWTKeySamples.publishedEd25519),
    (.es256, JWTKeySamples.lockedP256Private), (.edDSA, JWTKeySamples.publishedRSA),
    (.hs256, JWTKeySamples.publishedRSA), (.edDSA, ""), (.edDSA, "-----BEGIN PUBLIC KEY-----"),
  ])
  func aKeyThatIsNotTheAlgorithmsMakesNone(algorithm: JWTKey.Algorithm, pem: String) {
    #expect(JWTKey(id: "clinic", algorithm: algorithm, pem: pem) == nil)
  }

  @Test func everyChangedCharacterIsRefusedUnderEachAlgorithm() {
    for key in pairs {
      let characters = Array(token(key).utf8)
      for index in characters.indices {
        var changed = characters
        changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(refusal(String(decoding: changed, as: UTF8.self), key) != nil)
      }
    }
  }
}
