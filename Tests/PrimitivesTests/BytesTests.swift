import Primitives
import Testing

@Suite struct BytesTests {
  @Test func whatIsWrittenIsReadBack() throws {
    var writer = ByteWriter()
    writer.write(UInt8(1))
    writer.write(UInt16(0x0203))
    writer.writeUInt24(0x04_0506)
    writer.write(UInt32(0x0708_090A))
    writer.write(UInt64(0x0B0C_0D0E_0F10_1112))
    writer.write([0x13, 0x14])
    #expect(writer.bytes == Array(1...0x14))

    let bytes = writer.bytes
    var reader = ByteReader(bytes.span.bytes)
    #expect(try reader.readUInt8() == 1)
    #expect(try reader.readUInt16() == 0x0203)
    #expect(try reader.readUInt24() == 0x04_0506)
    #expect(try reader.readUInt32() == 0x0708_090A)
    #expect(try reader.readUInt64() == 0x0B0C_0D0E_0F10_1112)
    #expect(try reader.readBytes(2) == [0x13, 0x14])
    #expect(reader.remaining == 0)
  }

  @Test func aFieldThatDoesNotFitThrowsAndMovesNothing() {
    let bytes: [UInt8] = [1, 2, 3]
    var reader = ByteReader(bytes.span.bytes)
    var threw = false
    do { _ = try reader.readUInt32() } catch { threw = true }
    #expect(threw)
    #expect(reader.offset == 0)
    do {
      threw = false
      try reader.skip(-1)
    } catch { threw = true }
    #expect(threw)
    #expect(reader.remaining == 3)
  }

  @Test func paddingReachesTheBoundary() {
    var writer = ByteWriter()
    writer.write([1, 2, 3, 4, 5])
    writer.pad(to: 4)
    writer.overwrite(0xFFFE, at: 1)
    #expect(writer.bytes == [1, 0xFF, 0xFE, 4, 5, 0, 0, 0])
  }

  @Test func base64HasOneSpellingForEachValue() {
    var random = RandomSource(seed: 1)
    for length in 0..<50 {
      let bytes = random.bytes(length)
      #expect(Base64.decodeURL(Base64.encodeURL(bytes)) == bytes)
    }
    #expect(Base64.encode(Array("any carnal pleas".utf8)) == "YW55IGNhcm5hbCBwbGVhcw==")
    for bad in ["A", "AB", "AAA=", "AA+A", "AAB"] where bad != "AAA=" || bad.contains("=") {
      #expect(Base64.decodeURL(bad) == nil, "\(bad)")
    }
  }
}

@Suite struct NetworkAddressTests {
  @Test(arguments: [
    ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "::"), ("2001:db8::", "2001:db8::"),
    ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
    ("::ffff:10.0.0.1", "10.0.0.1"), ("fe80::1:0:2", "fe80::1:0:2"),
    ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"),
  ])
  func addressesPrintInTheirShortestForm(text: String, expected: String) throws {
    let address = try #require(NetworkAddress(host: text, port: 9))
    #expect(address.host == expected)
    #expect(NetworkAddress(host: address.host, port: 9) == address)
  }

  @Test(arguments: [
    "", "1.2.3", "1.2.3.256", "1.2.3.4.5", "01234.1.1.1", "::1::", "1:2:3:4:5:6:7", "g::",
    "1:2:3:4:5:6:7:8:9", "localhost", "12345::", "+1.2.3.4", ":1:2:3:4:5:6:7",
  ])
  func whatIsNoAddressIsRefused(text: String) {
    #expect(NetworkAddress(host: text, port: 1) == nil)
  }

  @Test func anAddressKnowsItsFamilyAndLoopback() throws {
    #expect(NetworkAddress(ipv4: 0x7F00_0001, port: 80).isLoopback)
    #expect(try #require(NetworkAddress(host: "::1", port: 80)).isLoopback)
    #expect(!NetworkAddress(ipv4: 0x0A00_0001, port: 80).isLoopback)
    #expect("\(NetworkAddress(ipv4: 0x0A00_0001, port: 80))" == "10.0.0.1:80")
    #expect("\(try #require(NetworkAddress(host: "::1", port: 80)))" == "[::1]:80")
  }
}

@Suite struct RandomSourceTests {
  /// RFC 8439 section 2.3.2 has a nonce; with key and nonce all zero, appendix A.1 test vector 1.
  @Test func theStreamIsChaCha20() {
    var random = RandomSource(seed: [])
    #expect(random.bytes(8) == [0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90])
    var skipped = RandomSource(seed: [])
    _ = skipped.bytes(64)
    #expect(skipped.bytes(8) == [0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a])
  }

  @Test func oneSeedGivesOneStreamAndForksDiffer() {
    var one = RandomSource(seed: 42)
    var two = RandomSource(seed: 42)
    #expect(one.bytes(100) == two.bytes(100))
    var fork = one.fork()
    #expect(fork.bytes(16) != one.bytes(16))
  }

  @Test func identifiersAreOfTheirKindOnly() {
    enum Visit: IdentifierKind { static let prefix = "vis" }
    var random = RandomSource(seed: 3)
    let id = Identifier<Visit>(random: &random)
    #expect(Identifier<Visit>(id.text) == id)
    for bad in [
      "vis_", "cal_abc", "vis_a b", "vis_å", "vis", "vis_" + String(repeating: "a", count: 80),
    ] {
      #expect(Identifier<Visit>(bad) == nil, "\(bad)")
    }
  }

  @Test func redactedValuesDoNotPrint() {
    let secret = Redacted("19121212-1212")
    #expect("\(secret)" == "‹redacted›")
    #expect(String(reflecting: secret) == "‹redacted›")
    var dumped = ""
    dump(secret, to: &dumped)
    #expect(!dumped.contains("1212"))
    #expect("\(LogRecord(.info, "x", ("name", secret)).fields)".contains("1212") == false)
  }
}
