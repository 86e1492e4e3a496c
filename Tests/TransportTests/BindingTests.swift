import Primitives
import Security
import Testing
import Wire

@Suite struct BindingTests {
  /// RFC 5769 section 2.1: the request, whose MESSAGE-INTEGRITY is under this password.
  @Test func theIntegrityOfRFC5769sRequestIsVerified() throws {
    let text =
      "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74"
      + "002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020"
      + "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf"
    let digits = Array(text)
    let bytes = stride(from: 0, to: digits.count, by: 2).map {
      UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0
    }
    let message = try STUNMessage(bytes)
    let code = try #require(message.code(in: bytes))
    let covered = try #require(message.covered(in: bytes))
    let password = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)
    #expect(HMAC.areEqual(code, HMAC.sha1(key: password, covered)))
    #expect(!HMAC.areEqual(code, HMAC.sha1(key: password + [1], covered)))
  }
}

/// The same on arrays, since `#expect` cannot take a borrowed span.
extension STUNMessage {
  fileprivate init(_ bytes: [UInt8]) throws(WireError) { try self.init(parsing: bytes.span.bytes) }

  fileprivate func code(in bytes: [UInt8]) -> [UInt8]? { integrityCode(in: bytes.span.bytes) }

  fileprivate func covered(in bytes: [UInt8]) -> [UInt8]? {
    authenticatedBytes(in: bytes.span.bytes)
  }
}
