import Primitives
import Testing
import Wire

/// The test vectors of RFC 5769 section 2 that use short-term credentials.
enum STUNVectors {
  static let request = bytes(
    """
    00010058 2112a442 b7e7a701bc34d686fa87dfae
    80220010 5354554e 20746573 7420636c 69656e74
    00240004 6e0001ff
    80290008 932ff9b1 51263b36
    00060009 6576746a3a68367659202020
    00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
    80280004 e57a3bcf
    """)
  static let responseIPv4 = bytes(
    """
    0101003c 2112a442 b7e7a701bc34d686fa87dfae
    8022000b 74657374 20766563 746f7220
    00200008 0001a147 e112a643
    00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
    80280004 c07d4c96
    """)
  static let responseIPv6 = bytes(
    """
    01010048 2112a442 b7e7a701bc34d686fa87dfae
    8022000b 74657374 20766563 746f7220
    00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
    00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
    80280004 c8fb0b4c
    """)

  private static func bytes(_ text: String) -> [UInt8] {
    let digits = Array(text.filter { !$0.isWhitespace })
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0
    }
  }
}

@Suite struct STUNTests {
  private let id = STUNTransactionID(high: 0xb7e7_a701, low: 0xbc34_d686_fa87_dfae)

  @Test func theRequestOfRFC5769IsRead() throws {
    let bytes = STUNVectors.request
    let message = try STUNMessage(bytes)
    #expect(message.messageClass == .request)
    #expect(message.method == STUNMessage.binding)
    #expect(message.transactionID == id)
    #expect(message.priority == 0x6e00_01ff)
    #expect(message.role == .controlled(tieBreaker: 0x932f_f9b1_5126_3b36))
    #expect(!message.nominates)
    #expect(message.hasFingerprint)
    #expect(message.unknownAttributes.isEmpty)
    let names = try #require(message.names(in: bytes))
    #expect(names == (receiver: "evtj", sender: "h6vY"))
    #expect(message.code(in: bytes)?.prefix(2) == [0x9a, 0xea])
    let covered = try #require(message.covered(in: bytes))
    #expect(covered.count == 76)
    #expect(covered[2...3] == [0, 0x50])
  }

  @Test func theResponsesOfRFC5769AreRead() throws {
    let ipv4 = try STUNMessage(STUNVectors.responseIPv4)
    #expect(ipv4.messageClass == .success)
    #expect(ipv4.mappedAddress == NetworkAddress(host: "192.0.2.1", port: 32_853))
    #expect(ipv4.hasFingerprint)
    let ipv6 = try STUNMessage(STUNVectors.responseIPv6)
    #expect(
      ipv6.mappedAddress
        == NetworkAddress(host: "2001:db8:1234:5678:11:2233:4455:6677", port: 32_853))
    #expect(ipv6.hasFingerprint)
  }

  @Test func everyTruncationIsRefused() {
    for vector in [STUNVectors.request, STUNVectors.responseIPv4, STUNVectors.responseIPv6] {
      for length in 0..<vector.count {
        let cut = Array(vector[..<length])
        #expect(throws: WireError.truncated) { try STUNMessage(cut) }
      }
    }
  }

  @Test func everyFlippedBitIsRefusedOrShowsInTheFingerprint() {
    for vector in [STUNVectors.request, STUNVectors.responseIPv4, STUNVectors.responseIPv6] {
      for bit in 0..<vector.count * 8 {
        var flipped = vector
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        let message = try? STUNMessage(flipped)
        #expect(message?.hasFingerprint != true, "bit \(bit)")
      }
    }
  }

  @Test func whatIsWrittenIsReadTheSame() throws {
    let addresses = [
      NetworkAddress(ipv4: 0x7F00_0001, port: 9),
      try #require(NetworkAddress(host: "2001:db8::7", port: 65_535)),
    ]
    for address in addresses {
      var writer = STUNWriter(.success, transactionID: id)
      writer.writeMappedAddress(address)
      let bytes = writer.seal(integrityCode: [UInt8](repeating: 3, count: 20))
      let message = try STUNMessage(bytes)
      #expect(message.messageClass == .success)
      #expect(message.transactionID == id)
      #expect(message.mappedAddress == address)
      #expect(message.hasFingerprint)
    }
    var writer = STUNWriter(.request, transactionID: id)
    writer.writeUsername(receiver: "abcd", sender: "efg")
    writer.writePriority(77)
    writer.writeRole(.controlling(tieBreaker: 1 << 63))
    writer.writeUseCandidate()
    let covered = writer.authenticatedBytes
    let bytes = writer.seal(integrityCode: [UInt8](repeating: 3, count: 20))
    let message = try STUNMessage(bytes)
    #expect(message.covered(in: bytes) == covered)
    #expect(message.priority == 77)
    #expect(message.nominates)
    #expect(message.role == .controlling(tieBreaker: 1 << 63))
    #expect(message.names(in: bytes)?.sender == "efg")
  }

  @Test func everyClassSurvivesTheInterleavedTypeBits() throws {
    for messageClass in [STUNMessage.Class.request, .indication, .success, .error] {
      let bytes = STUNWriter(messageClass, transactionID: id).seal(integrityCode: nil)
      let message = try STUNMessage(bytes)
      #expect(message.messageClass == messageClass)
      #expect(message.method == STUNMessage.binding)
    }
  }

  @Test func anErrorResponseNamesItsCodeAndTheUnknownAttributes() throws {
    var writer = STUNWriter(.error, transactionID: id)
    writer.writeErrorCode(487)
    writer.writeUnknownAttributes([0x1234, 0x7FFF])
    let bytes = writer.seal(integrityCode: nil)
    #expect(try STUNMessage(bytes).errorCode == 487)
  }

  @Test func unknownAttributesThatDemandToBeUnderstoodAreReportedBoundedly() throws {
    var body = ByteWriter()
    for type: UInt16 in [0x7001, 0x8001, 0x7002, 0x7003, 0x7004, 0x7005] {
      body.write(type)
      body.write(UInt16(3))
      body.write([1, 2, 3, 0])
    }
    let message = try STUNMessage(header(body.bytes))
    #expect(message.unknownAttributes == [0x7001, 0x7002, 0x7003, 0x7004])
  }

  @Test func whatFollowsMessageIntegrityIsNotBelieved() throws {
    var body = ByteWriter()
    body.write(UInt16(0x0008))
    body.write(UInt16(20))
    body.write([UInt8](repeating: 0, count: 20))
    body.write(UInt16(0x0025))
    body.write(UInt16(0))
    let message = try STUNMessage(header(body.bytes))
    #expect(!message.nominates)
    #expect(message.integrity == 24..<44)
  }

  @Test func theSHA256IntegrityAttributeIsTolerated() throws {
    var body = ByteWriter()
    body.write(UInt16(0x001C))
    body.write(UInt16(32))
    body.write([UInt8](repeating: 0, count: 32))
    let message = try STUNMessage(header(body.bytes))
    #expect(message.unknownAttributes.isEmpty)
    #expect(message.integrity == nil)
  }

  @Test func lengthsThatContradictOneAnotherAreRefused() {
    let attributes: [[UInt8]] = [
      [0, 0x24, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0],  // PRIORITY of 5 bytes
      [0, 0x20, 0, 8, 0, 2, 1, 1, 1, 1, 1, 1],  // an IPv6 address in 8 bytes
      [0, 0x20, 0, 4, 0, 1, 1, 1],  // an address cut off
      [0x80, 0x28, 0, 4, 1, 1, 1, 1, 0, 0x25, 0, 0],  // FINGERPRINT not last
      [0, 0x08, 0, 4, 1, 1, 1, 1],  // MESSAGE-INTEGRITY of 4 bytes
    ]
    for body in attributes {
      #expect(throws: WireError.length) { try STUNMessage(header(body)) }
    }
    let trailing = STUNVectors.request + [0, 0, 0, 0]
    #expect(throws: WireError.length) { try STUNMessage(trailing) }
  }

  @Test func usernamesOfAnotherFormNameNobody() throws {
    for name in ["abcd", ":", "ab cd:efgh", "ab:cd:ef", "\u{0}:\u{0}", "å:b"] {
      var body = ByteWriter()
      body.write(UInt16(6))
      body.write(UInt16(name.utf8.count))
      body.write(name.utf8)
      body.pad(to: 4)
      let bytes = header(body.bytes)
      let message = try STUNMessage(bytes)
      let names = message.names(in: bytes)
      #expect(names == nil || name == ":", "\(name)")
    }
  }

  private func header(_ body: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(UInt16(1))
    writer.write(UInt16(body.count))
    writer.write(UInt32(0x2112_A442))
    writer.write(id.high)
    writer.write(id.low)
    writer.write(body)
    return writer.bytes
  }
}

/// The same on arrays, since `#expect` cannot take a borrowed span.
extension STUNMessage {
  fileprivate init(_ bytes: [UInt8]) throws(WireError) { try self.init(parsing: bytes.span.bytes) }

  fileprivate func names(in bytes: [UInt8]) -> (receiver: String, sender: String)? {
    usernameFragments(in: bytes.span.bytes)
  }

  fileprivate func code(in bytes: [UInt8]) -> [UInt8]? { integrityCode(in: bytes.span.bytes) }

  fileprivate func covered(in bytes: [UInt8]) -> [UInt8]? {
    authenticatedBytes(in: bytes.span.bytes)
  }
}
