import Primitives
import Testing
import Wire

@Suite struct RetransmissionPayloadTests {
  @Test func wrappingAndUnwrappingGiveTheOriginalBack() throws {
    var slot = fullPacket + [0, 0]
    let original = try parse(fullPacket)
    var header = original
    edit(&slot) {
      RetransmissionPayload.wrap(
        &$0, header: &header, payloadType: 97, ssrc: 0xABCD, sequenceNumber: 500)
    }
    #expect(header.packetLength == fullPacket.count + 2)
    #expect(try parse(slot) == header)
    #expect(header.payloadType == 97 && header.ssrc == 0xABCD && header.sequenceNumber == 500)
    #expect(header.timestamp == original.timestamp && header.marker == original.marker)
    #expect(RetransmissionPayload.originalSequenceNumber(of: header, in: slot.span.bytes) == 1)

    let unwrapped = edit(&slot) {
      RetransmissionPayload.unwrap(
        &$0, header: &header, payloadType: original.payloadType, ssrc: original.ssrc)
    }
    #expect(unwrapped)
    #expect(header == original)
    #expect(Array(slot[..<header.packetLength]) == fullPacket)
  }

  @Test func aProbeOfPaddingOrOfOneByteHasNoOriginal() throws {
    var probe = Array(plainPacket.prefix(12)) + [0, 0, 0, 4]
    probe[0] |= 0x20
    for var packet in [probe, Array(plainPacket.prefix(12)), Array(plainPacket.prefix(13))] {
      let before = packet
      var header = try parse(packet)
      let unwrapped = edit(&packet) {
        RetransmissionPayload.unwrap(&$0, header: &header, payloadType: 96, ssrc: 1)
      }
      #expect(!unwrapped)
      #expect(try packet == before && header == parse(before))
    }
  }
}

@Suite struct RedundantPayloadTests {
  /// Two earlier blocks of 3 and 2 bytes, 1,920 and 960 ticks old, and a newest of 4.
  private static let payload: [UInt8] = [
    0x80 | 111, 0x1E, 0x00, 0x03, 0x80 | 111, 0x0F, 0x00, 0x02, 111,
    1, 2, 3, 4, 5, 6, 7, 8, 9,
  ]

  private func parse(_ bytes: [UInt8]) throws(WireError) -> RedundantPayload {
    try RedundantPayload(parsing: bytes.span.bytes, at: 0..<bytes.count)
  }

  private func blocks(_ bytes: [UInt8]) throws -> [RedundantPayload.Block] {
    var found: [RedundantPayload.Block] = []
    try parse(bytes).forEachBlock(in: bytes.span.bytes) { found.append($0) }
    return found
  }

  @Test func theBlocksAreWalkedOldestFirst() throws {
    #expect(
      try blocks(Self.payload) == [
        .init(payloadType: 111, timestampOffset: 1_920, range: 9..<12),
        .init(payloadType: 111, timestampOffset: 960, range: 12..<14),
        .init(payloadType: 111, timestampOffset: 0, range: 14..<18),
      ])
    #expect(try parse(Self.payload).primary.range == 14..<18)
  }

  @Test func aPayloadWithoutRedundancyHasOneBlock() throws {
    #expect(
      try blocks([111, 1, 2]) == [.init(payloadType: 111, timestampOffset: 0, range: 1..<3)])
    #expect(try blocks([111]).first?.range == 1..<1)
  }

  @Test func headersAndBlocksThatDoNotFitAreRefused() {
    for length in 0..<14 {
      #expect(throws: WireError.truncated) { try parse(Array(Self.payload.prefix(length))) }
    }
    for length in 14...18 {
      #expect(throws: Never.self) { try parse(Array(Self.payload.prefix(length))) }
    }
  }

  @Test func payloadTypesArePatchedInEveryBlockOrInNone() throws {
    let redundant = try parse(Self.payload)
    var packet = [0xAA] + Self.payload
    let patched = edit(&packet) {
      redundant.patchPayloadTypes(&$0, payloadAt: 1, from: 111, to: 63)
    }
    #expect(patched)
    let moved = Array(packet[1...])
    #expect(try blocks(moved).map(\.payloadType) == [63, 63, 63])
    #expect(moved[9...] == Self.payload[9...])

    var mixed = Self.payload
    mixed[4] = 0x80 | 9
    let before = mixed
    let refusal = edit(&mixed) {
      redundant.patchPayloadTypes(&$0, payloadAt: 0, from: 111, to: 63)
    }
    #expect(!refusal)
    #expect(mixed == before)
  }

  @Test func noRandomPayloadLeadsOutOfItself() {
    let seed: UInt64 = 2198
    var random = RandomSource(seed: seed)
    for round in 0..<10_000 {
      let payload = random.bytes(round % 40).map { round % 3 == 0 ? $0 : $0 & 0x83 }
      guard let redundant = try? parse(payload) else { continue }
      var position = 4 * redundant.redundantCount + 1
      redundant.forEachBlock(in: payload.span.bytes) { block in
        #expect(block.range.lowerBound == position, "seed \(seed)")
        position = block.range.upperBound
      }
      #expect(position == payload.count, "seed \(seed)")
    }
  }
}
