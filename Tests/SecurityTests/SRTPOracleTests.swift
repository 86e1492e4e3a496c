import Primitives
import Security
import Testing

/// Our transform against libsrtp2, byte for byte.
@Suite struct SRTPOracleTests {
  @Test(arguments: SRTPProfile.allCases)
  func everyFormOfRTPPacketIsTheSame(_ profile: SRTPProfile) throws {
    let seed: UInt64 = 3711
    var random = RandomSource(seed: seed)
    let key = SRTPMasterKey.random(profile, &random)
    var sender = SRTPSender(key)
    var receiver = SRTPReceiver(key)
    let theirSender = try #require(SRTPOracle(key, .sending))
    let theirReceiver = try #require(SRTPOracle(key, .receiving))

    var index: UInt64 = 20_000
    for payload in Array(0...80) + [127, 128, 129, 500, 1_000, 1_187, 1_350] {
      for (sources, words) in [(0, nil), (0, 0), (0, 3), (2, nil), (15, 1), (1, 20)] {
        index += 1
        let (clear, headerLength) = rtpPacket(
          index: index, ssrc: 0xA000_0001, payload: payload, sources: sources,
          extensionWords: words, &random)
        var slot = SRTPSlot(clear)
        let isProtected = slot.protect(by: &sender, headerLength: headerLength, index: index)
        #expect(isProtected)
        #expect(slot.length == clear.count + profile.rtpTrailer)
        #expect(slot.bytes[slot.length...].allSatisfy { $0 == 0xEE }, "wrote behind the trailer")
        #expect(theirSender.protect(clear) == slot.packet, "seed \(seed), \(payload) bytes")
        #expect(theirReceiver.unprotect(slot.packet) == clear, "seed \(seed)")
        try slot.unprotect(by: &receiver)
        #expect(slot.packet == clear)
      }
    }
  }

  @Test(arguments: SRTPProfile.allCases)
  func everySizeOfRTCPPacketIsTheSame(_ profile: SRTPProfile) throws {
    let seed: UInt64 = 7714
    var random = RandomSource(seed: seed)
    let key = SRTPMasterKey.random(profile, &random)
    var sender = SRTPSender(key)
    var receiver = SRTPReceiver(key)
    let theirSender = try #require(SRTPOracle(key, .sending))
    let theirReceiver = try #require(SRTPOracle(key, .receiving))

    // RFC 3711 section 3.4 counts from 0; libsrtp2 from 1.
    var first = rtcpPacket(ssrc: 7, words: 1, &random)
    let firstIsProtected = sender.protectRTCP(&first)
    #expect(firstIsProtected)
    for words in 0...300 {
      let clear = rtcpPacket(ssrc: 7, words: words, &random)
      var packet = clear
      let isProtected = sender.protectRTCP(&packet)
      #expect(isProtected)
      #expect(packet.count == clear.count + profile.rtcpTrailer)
      #expect(theirSender.protectRTCP(clear) == packet, "seed \(seed), \(words) words")
      #expect(theirReceiver.unprotectRTCP(packet) == clear, "seed \(seed)")
      var slot = SRTPSlot(packet)
      try slot.unprotectRTCP(by: &receiver)
      #expect(slot.packet == clear)
    }
  }

  /// The sender is ours or theirs; both receivers get the same lossy, disordered packets.
  @Test(arguments: SRTPProfile.allCases, [false, true])
  func lossAndReorderingOverSeveralRollOversLoseNothing_W7(
    _ profile: SRTPProfile, _ isOursSending: Bool
  ) throws {
    let seed: UInt64 = 65_530
    var random = RandomSource(seed: seed)
    let key = SRTPMasterKey.random(profile, &random)
    var sender = SRTPSender(key)
    var receiver = SRTPReceiver(key)
    let theirSender = try #require(SRTPOracle(key, .sending))
    let theirReceiver = try #require(SRTPOracle(key, .receiving))
    let lossPercent = 20

    var inFlight: [(clear: [UInt8], protected: [UInt8])] = []
    var delivered = 0
    var index: UInt64 = 65_530
    while index < 65_536 * 4 {
      let clear = rtpPacket(index: index, ssrc: 5, payload: 40, &random).bytes
      var slot = SRTPSlot(clear)
      let isProtected = slot.protect(by: &sender, index: index)
      #expect(isProtected)
      let theirs = theirSender.protect(clear)
      #expect(theirs == slot.packet, "seed \(seed), index \(index)")
      if Int.random(in: 0..<100, using: &random) >= lossPercent {
        inFlight.append((clear, isOursSending ? slot.packet : theirs ?? []))
      }
      if inFlight.count >= 20 {
        // libsrtp2 has to hear a packet from before the roll-over first; ours has not.
        if delivered > 0 { inFlight.shuffle(using: &random) }
        for (clear, protected) in inFlight {
          var arrived = SRTPSlot(protected)
          try arrived.unprotect(by: &receiver)
          #expect(arrived.packet == clear, "seed \(seed)")
          #expect(theirReceiver.unprotect(protected) == clear, "seed \(seed)")
        }
        delivered += inFlight.count
        inFlight.removeAll()
      }
      // Every packet around the roll-overs, between them one in twenty: bursts of loss.
      index += 300..<65_200 ~= index % 65_536 ? 20 : 1
    }
    #expect(delivered > 5_000)
  }
}
