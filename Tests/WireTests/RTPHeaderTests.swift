import Primitives
import Testing
import Wire

@Suite struct RTPHeaderTests {
  @Test func everyFieldIsRead() throws {
    let header = try parse(plainPacket)
    #expect(header.marker)
    #expect(header.payloadType == 96)
    #expect(header.sequenceNumber == 0x1234)
    #expect(header.timestamp == 0xDEAD_BEEF)
    #expect(header.ssrc == 0xCAFE_BABE)
    #expect(header.headerLength == 12)
    #expect(header.extensionRange.isEmpty)
    #expect(header.payloadRange == 12..<16)
  }

  @Test func sourcesExtensionAndPaddingAreSteppedOver() throws {
    let header = try parse(fullPacket)
    #expect(!header.marker)
    #expect(header.extensionProfile == RTPHeader.oneByteProfile)
    #expect(header.extensionRange == 24..<32)
    #expect(header.headerLength == 32)
    #expect(header.paddingLength == 3)
    #expect(header.payloadRange == 32..<35)
  }

  @Test func aHeaderCutAnywhereIsRefused() {
    for length in 0..<12 {
      #expect(throws: WireError.truncated) { try parse(Array(plainPacket.prefix(length))) }
    }
    var unpadded = fullPacket
    unpadded[0] &= ~0x20
    for length in 0..<32 {
      #expect(throws: WireError.truncated) { try parse(Array(unpadded.prefix(length))) }
    }
    for length in 32...unpadded.count {
      #expect(throws: Never.self) { try parse(Array(unpadded.prefix(length))) }
    }
  }

  @Test func otherVersionsAreRefused() {
    for version: UInt8 in [0, 1, 3] {
      var packet = plainPacket
      packet[0] = version << 6
      #expect(throws: WireError.version) { try parse(packet) }
    }
  }

  @Test func paddingOfNothingOrOfMoreThanThePayloadIsRefused_S12() throws {
    var packet = plainPacket
    packet[0] |= 0x20
    for count in 0...UInt8.max {
      packet[15] = count
      if 1...4 ~= count {
        let header = try parse(packet)
        #expect(header.payloadRange == 12..<16 - Int(count))
      } else {
        #expect(throws: WireError.padding) { try parse(packet) }
      }
    }
    #expect(throws: WireError.padding) { try parse(Array(packet.prefix(12))) }
  }

  @Test func patchingChangesItsFieldsAndNothingElse() throws {
    var packet = fullPacket
    var header = try parse(packet)
    header.marker = true
    header.payloadType = 111
    header.sequenceNumber = 65_535
    header.timestamp = 77
    header.ssrc = 0x0102_0304
    edit(&packet) { header.patch(&$0) }
    #expect(try parse(packet) == header)
    #expect(packet[0] == fullPacket[0])
    #expect(packet[12...] == fullPacket[12...])
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let header = RTPHeader(
      payloadType: 45, sequenceNumber: 9, timestamp: 10, ssrc: 11, marker: true, payloadLength: 8)
    var packet = [UInt8](repeating: 0xFF, count: 20)
    edit(&packet) { header.write(to: &$0) }
    #expect(try parse(packet) == header)
  }

  @Test func noFlippedByteAndNoRandomPacketLeadsOutOfTheBytes() {
    for seedPacket in [plainPacket, fullPacket] {
      for index in seedPacket.indices {
        for value in 0...UInt8.max {
          var packet = seedPacket
          packet[index] = value
          expectInBounds(packet)
        }
      }
    }
    let seed: UInt64 = 3550
    var random = RandomSource(seed: seed)
    for _ in 0..<10_000 {
      var packet = random.bytes(Int.random(in: 0...64, using: &random))
      if !packet.isEmpty { packet[0] = 0x80 | packet[0] & 0x3F }
      expectInBounds(packet, "seed \(seed)")
    }
  }

  private func expectInBounds(_ packet: [UInt8], _ note: Comment? = nil) {
    guard let header = try? parse(packet) else { return }
    #expect(header.payloadRange.lowerBound >= 12, note)
    #expect(header.payloadRange.upperBound <= packet.count, note)
    #expect(header.extensionRange.upperBound <= header.headerLength, note)
    for id in 0...UInt8.max {
      guard let element = header.findExtension(id: id, in: packet.span.bytes) else { continue }
      #expect(header.extensionRange.lowerBound < element.lowerBound, note)
      #expect(header.extensionRange.upperBound >= element.upperBound, note)
    }
  }
}
