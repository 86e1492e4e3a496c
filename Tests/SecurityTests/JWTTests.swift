import Primitives
import Testing

@testable import Security

@Suite struct HMACTests {
  /// RFC 2202 section 3, test case 2.
  @Test func codesWithSHA1MatchThePublishedVector() {
    let code = HMAC.sha1(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
    #expect(code.count == 20)
    #expect(code.prefix(4) == [0xef, 0xfc, 0xdf, 0x6a])
  }

  /// RFC 4231, test cases 1, 2 and 6.
  @Test func codesMatchThePublishedVectors() {
    let cases: [(key: [UInt8], message: String, code: String)] = [
      (
        Array(repeating: 0x0b, count: 20), "Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        Array("Jefe".utf8), "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        Array(repeating: 0xaa, count: 131),
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
    ]
    for test in cases {
      let code = HMAC.sha256(key: test.key, Array(test.message.utf8))
      let hex = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      #expect(hex == test.code)
    }
  }

  @Test func codesOfDifferentLengthAreUnequal() {
    #expect(HMAC.areEqual([1, 2, 3], [1, 2, 3]))
    #expect(!HMAC.areEqual([1, 2, 3], [1, 2, 4]))
    #expect(!HMAC.areEqual([1, 2, 3], [1, 2]))
    #expect(HMAC.areEqual([], []))
  }
}

@Suite struct JWTTests {
  let key = JWTKey(id: "demo", sharedSecret: Array(repeating: 7, count: 32))!
  let now = WallTime(milliseconds: 1_800_000_000_000)
  let claims: JSON = ["clinic": "cli_1", "role": "staff"]

  private func token(
    header: String = #"{"alg":"HS256","typ":"JWT"}"#, payload: String, key: JWTKey? = nil
  ) -> String {
    let signed = [header, payload].map { Base64.encodeURL(Array($0.utf8)) }.joined(separator: ".")
    return signed + "." + Base64.encodeURL((key ?? self.key).sign(signed))
  }

  private func payload(_ times: String, more: String = "") -> String {
    #"{"iss":"demo","sub":"per_1",\#(times)\#(more),"samtal":{}}"#
  }

  private func refusal(_ text: String, keys: [JWTKey]? = nil) -> JWTError? {
    do throws(JWTError) {
      _ = try JWT(verifying: text, keys: keys ?? [key], now: now)
      return nil
    } catch {
      return error
    }
  }

  @Test func aSignedTokenIsReadBack() throws {
    let text = JWT.sign(
      subject: "per_1", claims: claims, from: now, for: .minutes(5), id: "j1", key: key)
    let token = try JWT(verifying: text, keys: [key], now: now)
    #expect(token.issuer == "demo")
    #expect(token.subject == "per_1")
    #expect(token.id == "j1")
    #expect(token.expires == now.seconds + 300)
    #expect(token.claims == claims)
  }

  /// RFC 7515 appendix A.1, whose header and payload end their lines with CR LF.
  @Test func thePublishedExampleVerifies() throws {
    let secret = try #require(
      Base64.decodeURL(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
    let key = try #require(JWTKey(id: "joe", sharedSecret: secret))
    let header = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"
    let payload =
      "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
    let text = token(header: header, payload: payload, key: key)
    #expect(text.hasSuffix(".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
    let before = WallTime(milliseconds: 1_300_819_000_000)
    #expect(throws: JWTError.missingClaim("sub")) {
      try JWT(verifying: text, keys: [key], now: before)
    }
  }

  @Test func aShortSecretMakesNoKey() {
    #expect(JWTKey(id: "demo", sharedSecret: Array(repeating: 7, count: 31)) == nil)
    #expect(JWTKey(id: "demo", sharedSecret: []) == nil)
  }

  @Test(arguments: [
    (#"{"alg":"none"}"#, JWTError.wrongAlgorithm),
    (#"{"alg":"None"}"#, .wrongAlgorithm),
    (#"{"alg":"ES256"}"#, .wrongAlgorithm),
    (#"{"alg":"RS256"}"#, .wrongAlgorithm),
    (#"{"alg":"hs256"}"#, .wrongAlgorithm),
    (#"{"typ":"JWT"}"#, .wrongAlgorithm),
    (#"{"alg":["HS256"]}"#, .wrongAlgorithm),
    (#"{"alg":"HS256","crit":["exp"]}"#, .unsupportedHeader),
    (#"{"alg":"HS256","crit":[]}"#, .unsupportedHeader),
    (#"{"alg":"HS256","b64":false}"#, .unsupportedHeader),
    (#"{"alg":"HS256","jwk":{}}"#, .unsupportedHeader),
    (#"{"alg":"HS256","kid":"../../etc/passwd"}"#, .unknownKey),
    (#"{"alg":"HS256","kid":"other"}"#, .unknownKey),
    (#"{"alg":"HS256","kid":1}"#, .unknownKey),
    (#"{"alg":"HS256","typ":"JWE"}"#, .unsupportedHeader),
    (#"{"alg":"HS256","alg":"none"}"#, .malformed),
    ("[]", .malformed), ("{", .malformed),
  ])
  func aHeaderThatIsNotTheKeysOwnIsRefused(header: String, error: JWTError) {
    let body = payload(#""exp":\#(now.seconds + 60)"#)
    #expect(refusal(token(header: header, payload: body)) == error)
  }

  @Test func anUnsignedTokenIsRefused() {
    let parts = token(payload: payload(#""exp":\#(now.seconds + 60)"#)).split(separator: ".")
    let none = Base64.encodeURL(Array(#"{"alg":"none"}"#.utf8))
    #expect(refusal("\(none).\(parts[1]).") == .wrongAlgorithm)
    #expect(refusal("\(parts[0]).\(parts[1]).") == .badSignature)
    #expect(refusal("\(parts[0]).\(parts[1])") == .malformed)
  }

  @Test(arguments: [
    ("", "sub", JWTError.malformed),
    (#""iat":1"#, "exp", .missingClaim("exp")),
    (#""exp":"1900000000""#, "exp", .malformed),
    (#""exp":1.5"#, "exp", .malformed),
    (#""exp":9223372036854775807"#, "exp", .malformed),
    (#""exp":1,"exp":1900000000"#, "exp", .malformed),
    (#""exp":1900000000,"nbf":-9223372036854775808"#, "nbf", .malformed),
    (#""exp":1900000000,"sub":"per_2""#, "sub", .malformed),
  ])
  func timesThatAreMissingDoubledOrOddAreRefused(times: String, name: String, error: JWTError) {
    #expect(refusal(token(payload: payload(times))) == error)
  }

  @Test func clocksMayDifferByAMinute() {
    func refused(exp: Int64, nbf: Int64 = 0, iat: Int64 = 0) -> JWTError? {
      let times = #""exp":\#(now.seconds + exp),"nbf":\#(now.seconds + nbf)"#
      return refusal(
        token(payload: payload(times + #","iat":\#(now.seconds + iat)"#)))
    }
    #expect(refused(exp: -59) == nil)
    #expect(refused(exp: -60) == .expired)
    #expect(refused(exp: 60, nbf: 60) == nil)
    #expect(refused(exp: 90, nbf: 61) == .notYetValid)
    #expect(refused(exp: 90, iat: 61) == .notYetValid)
  }

  @Test func anotherKeysTokenIsRefused() throws {
    let other = try #require(JWTKey(id: "demo", sharedSecret: Array(repeating: 8, count: 32)))
    let text = JWT.sign(subject: "per_1", claims: claims, from: now, for: .minutes(5), key: other)
    #expect(refusal(text) == .badSignature)
    #expect(refusal(text, keys: []) == .unknownKey)
    let foreign = try #require(JWTKey(id: "x", sharedSecret: Array(repeating: 7, count: 32)))
    let swapped = JWT.sign(
      subject: "per_1", claims: claims, from: now, for: .minutes(5), key: foreign)
    #expect(refusal(swapped) == .unknownKey)
  }

  @Test func everyChangedCharacterIsRefused() {
    let text = JWT.sign(subject: "per_1", claims: claims, from: now, for: .minutes(5), key: key)
    let characters = Array(text.utf8)
    for index in characters.indices {
      var changed = characters
      changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(refusal(String(decoding: changed, as: UTF8.self)) != nil)
      #expect(refusal(String(decoding: characters[..<index], as: UTF8.self)) != nil)
    }
  }

  @Test func onlyAnExpiredTokenIsToldApart() {
    #expect(JWTError.expired.reason == "token_expired")
    #expect(JWTError.badSignature.reason == JWTError.unknownKey.reason)
    #expect(JWTError.wrongAlgorithm.reason == JWTError.missingClaim("exp").reason)
  }
}
