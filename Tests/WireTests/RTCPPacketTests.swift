import Primitives
import Testing
import Wire

/// One packet of each kind that is written here.
let everyRTCPPacket: [RTCPPacket] = [
  .senderReport(
    SenderReport(
      ssrc: 1, ntpTime: 0xE000_0001_8000_0002, rtpTimestamp: 3, packetCount: 4, octetCount: 5,
      blocks: [reportBlock(cumulativeLost: -3)])),
  .receiverReport(
    ReceiverReport(ssrc: 6, blocks: (0..<31).map { reportBlock(cumulativeLost: $0) })),
  .sourceDescription(
    SourceDescription(chunks: [
      .init(ssrc: 7, cname: "aB3"), .init(ssrc: 8, cname: "ab"), .init(ssrc: 9, cname: nil),
    ])),
  .genericNACK(GenericNACK(senderSSRC: 9, mediaSSRC: 10, missing: [65_534, 65_535, 14, 15, 900])),
  .pictureLossIndication(PictureLossIndication(senderSSRC: 11, mediaSSRC: 12)),
  .fullIntraRequest(
    FullIntraRequest(
      senderSSRC: 13,
      entries: [.init(ssrc: 14, sequenceNumber: 255), .init(ssrc: 15, sequenceNumber: 0)])),
  .receiverEstimatedMaximumBitrate(
    ReceiverEstimatedMaximumBitrate(
      senderSSRC: 16, bitrate: Bitrate(bitsPerSecond: 1_250_000), ssrcs: [17, 18])),
  .transportFeedback(
    TransportFeedback(
      senderSSRC: 19, mediaSSRC: 20, baseSequenceNumber: 65_530, statusCount: 40,
      referenceTime: -5, feedbackCount: 255,
      arrivals: [
        .init(sequenceNumber: 65_530, delta: 255), .init(sequenceNumber: 65_535, delta: 256),
        .init(sequenceNumber: 0, delta: -1), .init(sequenceNumber: 33, delta: 0),
      ])),
  .goodbye(Goodbye(ssrcs: [21, 22], reason: "left")),
  .goodbye(Goodbye(ssrcs: [23])),
]

private func reportBlock(cumulativeLost: Int32) -> ReportBlock {
  ReportBlock(
    ssrc: 101, fractionLost: 102, cumulativeLost: cumulativeLost, highestSequenceNumber: 103,
    jitter: 104, lastSenderReport: 105, delaySinceLastSenderReport: 106)
}

func parseRTCP(_ bytes: [UInt8]) throws(WireError) -> [RTCPPacket] {
  try RTCPPacket.parse(bytes.span.bytes)
}

@Suite struct RTCPPacketTests {
  /// Bytes that are no UTF-8 become characters of three bytes each; a cut between those is not one
  /// within them.
  @Test func aTextThatGrowsTooLongIsCutBetweenCharacters() throws {
    var packet: [UInt8] = [0x81, 203, 0, 0, 0, 0, 0, 9, 200]
    packet += Array(repeating: 0xFF, count: 200) + [0, 0, 0]
    packet[3] = UInt8(packet.count / 4 - 1)
    let written = RTCPPacket.bytes(of: try RTCPPacket.parse(packet.span.bytes))
    let again = try RTCPPacket.parse(written.span.bytes)
    #expect(RTCPPacket.bytes(of: again) == written)
    guard case .goodbye(let goodbye) = again.first else {
      Issue.record("no BYE came back")
      return
    }
    #expect(goodbye.reason?.unicodeScalars.allSatisfy { $0 == "\u{FFFD}" } == true)
  }

  @Test func whatIsWrittenIsReadBackAloneAndInACompound() throws {
    for packet in everyRTCPPacket {
      #expect(try parseRTCP(RTCPPacket.bytes(of: [packet])) == [packet])
    }
    #expect(try parseRTCP(RTCPPacket.bytes(of: everyRTCPPacket)) == everyRTCPPacket)
  }

  @Test func aReceiverReportHasTheBytesOfTheFormat() {
    let report = RTCPPacket.receiverReport(
      ReceiverReport(ssrc: 0x0102_0304, blocks: [reportBlock(cumulativeLost: -1)]))
    #expect(
      RTCPPacket.bytes(of: [report]) == [
        0x81, 201, 0, 7, 1, 2, 3, 4, 0, 0, 0, 101, 102, 0xFF, 0xFF, 0xFF, 0, 0, 0, 103,
        0, 0, 0, 104, 0, 0, 0, 105, 0, 0, 0, 106,
      ])
  }

  @Test func unknownPacketsAreSteppedOver() throws {
    let bytes: [UInt8] =
      [0x82, 204, 0, 1, 1, 2, 3, 4, 0x80, 207, 0, 0, 0x9F, 206, 0, 0, 0x8F, 206, 0, 2]
      + [0, 0, 0, 1, 0, 0, 0, 2] + [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]
    #expect(
      try parseRTCP(bytes) == [
        .unknown(type: 204, format: 2), .unknown(type: 207, format: 0),
        .unknown(type: 206, format: 31), .unknown(type: 206, format: 15),
        .pictureLossIndication(PictureLossIndication(senderSSRC: 1, mediaSSRC: 2)),
      ])
  }

  @Test func paddingIsTakenOffAndChecked() throws {
    let indication = RTCPPacket.pictureLossIndication(
      PictureLossIndication(senderSSRC: 1, mediaSSRC: 2))
    var bytes = RTCPPacket.bytes(of: [indication]) + [0, 0, 0, 4]
    bytes[0] |= 0x20
    bytes[3] += 1
    #expect(try parseRTCP(bytes) == [indication])
    bytes[15] = 5
    #expect(throws: WireError.truncated) { try parseRTCP(bytes) }
    for count: UInt8 in [0, 13, 255] {
      bytes[15] = count
      #expect(throws: WireError.padding) { try parseRTCP(bytes) }
    }
    #expect(throws: WireError.padding) { try parseRTCP([0xA0, 204, 0, 0]) }
  }

  @Test func countsOverTheBufferAreRefused_S15() {
    let reports: [UInt8] = [200, 201]
    for type in reports + [202, 203] {
      for count: UInt8 in 1...31 {
        let bytes: [UInt8] = [0x80 | count, type, 0, 0]
        #expect(throws: WireError.truncated) { try parseRTCP(bytes) }
      }
    }
    let estimate: [UInt8] = [0x8F, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0x52, 0x45, 0x4D, 0x42]
    for count: UInt8 in 1...255 {
      #expect(throws: WireError.truncated) { try parseRTCP(estimate + [count, 0, 0, 9]) }
    }
    for length: UInt8 in 0...2 {
      let nack = [0x81, 205, 0, length] + [UInt8](repeating: 1, count: 4 * Int(length))
      #expect(throws: WireError.truncated) { try parseRTCP(nack) }
    }
  }

  @Test func everyCutOfEveryPacketIsRefused_S15() {
    for packet in everyRTCPPacket {
      let bytes = RTCPPacket.bytes(of: [packet])
      for length in 0..<bytes.count {
        #expect(throws: WireError.truncated) { try parseRTCP(Array(bytes.prefix(length))) }
      }
    }
  }

  /// The length field says less than the counts inside of the packet.
  @Test func aShortenedLengthFieldIsNeverReadBeyond_S15() {
    for packet in everyRTCPPacket {
      let bytes = RTCPPacket.bytes(of: [packet])
      for words in 0..<bytes.count / 4 - 1 {
        var cut = Array(bytes.prefix(4 * (words + 1)))
        cut[2] = 0
        cut[3] = UInt8(words)
        if let packets = try? parseRTCP(cut) { #expect(packets.count == 1) }
      }
    }
  }

  @Test func textsAndChunksThatRunOverTheirPacketAreRefused_S15() throws {
    let chunk: [UInt8] = [0x81, 202, 0, 2, 0, 0, 0, 1]
    #expect(throws: WireError.truncated) { try parseRTCP(chunk + [1, 3, 0x61, 0x62]) }
    #expect(throws: WireError.truncated) { try parseRTCP(chunk + [1, 2, 0x61, 0x62]) }
    #expect(throws: WireError.truncated) { try parseRTCP(chunk + [1, 255, 0, 0]) }
    #expect(throws: WireError.truncated) {
      try parseRTCP([0x81, 203, 0, 2, 0, 0, 0, 1, 4, 0, 0, 0])
    }
    let named = try parseRTCP(chunk + [1, 1, 0x61, 0])
    #expect(named == [.sourceDescription(.init(chunks: [.init(ssrc: 1, cname: "a")]))])
  }

  @Test func anEstimateKeepsEighteenBitsAndSaturates() throws {
    func reread(_ rate: Int64) throws -> Int64? {
      let packet = RTCPPacket.receiverEstimatedMaximumBitrate(
        .init(senderSSRC: 1, bitrate: Bitrate(bitsPerSecond: rate), ssrcs: []))
      guard
        case .receiverEstimatedMaximumBitrate(let read)? = try parseRTCP(
          RTCPPacket.bytes(of: [packet])
        ).first
      else { return nil }
      return read.bitrate.bitsPerSecond
    }
    for rate: Int64 in [0, 1, 262_143, 262_144, 2_500_000, 1 << 40] {
      #expect(try reread(rate) == rate)
    }
    #expect(try reread(262_145) == 262_144)
    #expect(try reread(.max) == 0x3FFFF << 45)
    var huge: [UInt8] = [0x8F, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0x52, 0x45, 0x4D, 0x42]
    huge += [0, 0xFF, 0xFF, 0xFF]
    guard case .receiverEstimatedMaximumBitrate(let read)? = try parseRTCP(huge).first else {
      Issue.record("not an estimate")
      return
    }
    #expect(read.bitrate == ReceiverEstimatedMaximumBitrate.highest)
  }

  @Test func aNACKPacksNeighboursAndSurvivesTheWrap() throws {
    let nack = GenericNACK(senderSSRC: 1, mediaSSRC: 2, missing: [65_530, 65_531, 9, 10])
    let bytes = RTCPPacket.bytes(of: [.genericNACK(nack)])
    #expect(bytes.count == 12 + 4)
    #expect(try parseRTCP(bytes) == [.genericNACK(nack)])
  }

  @Test func noFlippedByteAndNoRandomBytesTrap() {
    let seed: UInt64 = 4585
    var random = RandomSource(seed: seed)
    for packet in everyRTCPPacket {
      let bytes = RTCPPacket.bytes(of: [packet])
      for index in bytes.indices {
        for value in 0...UInt8.max {
          var changed = bytes
          changed[index] = value
          expectRewritable(changed, seed)
        }
      }
    }
    for _ in 0..<10_000 {
      let body = random.bytes(4 * Int.random(in: 0...24, using: &random))
      let type = UInt8.random(in: 199...208, using: &random)
      let count = UInt8.random(in: 0...31, using: &random)
      expectRewritable([0x80 | count, type, 0, UInt8(body.count / 4)] + body, seed)
    }
  }

  /// What could be read is written in a form that reads the same.
  private func expectRewritable(_ bytes: [UInt8], _ seed: UInt64) {
    guard let packets = try? parseRTCP(bytes) else { return }
    let known = packets.filter { if case .unknown = $0 { false } else { true } }
    guard !known.isEmpty else { return }
    let again = try? parseRTCP(RTCPPacket.bytes(of: known))
    #expect(again == known, "seed \(seed): \(bytes)")
  }
}
