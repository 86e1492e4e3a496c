import Primitives
import Security
import Testing

/// A sender and a receiver that share a key.
private struct Pair: ~Copyable {
  var sender: SRTPSender
  var receiver: SRTPReceiver
  var random: RandomSource

  init(_ profile: SRTPProfile, seed: UInt64) {
    random = RandomSource(seed: seed)
    let key = SRTPMasterKey.random(profile, &random)
    sender = SRTPSender(key)
    receiver = SRTPReceiver(key)
  }

  mutating func protected(_ index: UInt64, ssrc: UInt32 = 1, payload: Int = 20) -> [UInt8] {
    var slot = SRTPSlot(rtpPacket(index: index, ssrc: ssrc, payload: payload, &random).bytes)
    let isProtected = slot.protect(by: &sender, index: index)
    precondition(isProtected)
    return slot.packet
  }

  mutating func protectedRTCP(ssrc: UInt32 = 1, words: Int = 6) -> [UInt8] {
    var packet = rtcpPacket(ssrc: ssrc, words: words, &random)
    let isProtected = sender.protectRTCP(&packet)
    precondition(isProtected)
    return packet
  }

  mutating func receive(_ packet: [UInt8]) throws(SRTPReceiver.Failure) {
    var slot = SRTPSlot(packet)
    try slot.unprotect(by: &receiver)
  }

  mutating func receiveRTCP(_ packet: [UInt8]) throws(SRTPReceiver.Failure) {
    var slot = SRTPSlot(packet)
    try slot.unprotectRTCP(by: &receiver)
  }

  /// Why the receiver refuses the packet; nil where it takes it.
  mutating func refusal(of packet: [UInt8]) -> SRTPReceiver.Failure? {
    do throws(SRTPReceiver.Failure) { try receive(packet) } catch { return error }
    return nil
  }

  mutating func refusalOfRTCP(_ packet: [UInt8]) -> SRTPReceiver.Failure? {
    do throws(SRTPReceiver.Failure) { try receiveRTCP(packet) } catch { return error }
    return nil
  }
}

@Suite struct SRTPReceiverTests {
  @Test(arguments: SRTPProfile.allCases)
  func everyFlippedBitIsDropped_S11(_ profile: SRTPProfile) throws {
    var pair = Pair(profile, seed: 11)
    try pair.receive(pair.protected(99))
    let packet = pair.protected(100)
    let control = pair.protectedRTCP()
    for bit in 0..<packet.count * 8 {
      var changed = packet
      changed[bit / 8] ^= 1 << (bit % 8)
      let refusal = pair.refusal(of: changed)
      #expect(refusal != nil, "bit \(bit)")
    }
    for bit in 0..<control.count * 8 {
      var changed = control
      changed[bit / 8] ^= 1 << (bit % 8)
      let refusal = pair.refusalOfRTCP(changed)
      #expect(refusal != nil, "bit \(bit)")
    }
    // None of it did harm.
    try pair.receive(packet)
    try pair.receiveRTCP(control)
  }

  @Test(arguments: SRTPProfile.allCases)
  func everyReplayIsDropped_S11(_ profile: SRTPProfile) throws {
    var pair = Pair(profile, seed: 12)
    let packets = (0..<700).map { pair.protected(65_000 + UInt64($0)) }
    let controls = (0..<50).map { _ in pair.protectedRTCP() }
    for packet in packets { try pair.receive(packet) }
    for packet in controls { try pair.receiveRTCP(packet) }
    for packet in packets.shuffled(using: &pair.random) {
      let refusal = pair.refusal(of: packet)
      #expect(refusal == .replayed)
    }
    for packet in controls {
      let refusal = pair.refusalOfRTCP(packet)
      #expect(refusal == .replayed)
    }
  }

  @Test func aPacketBeyondTheWindowIsDroppedAndOneWithinItIsTaken() throws {
    var pair = Pair(.aeadAES128GCM, seed: 13)
    let late = (1_000..<3_000).map { pair.protected($0) }
    try pair.receive(late[1_999])
    let tooLate = pair.refusal(of: late[1_999 - 1_024])
    #expect(tooLate == .replayed)
    try pair.receive(late[1_999 - 1_023])
    try pair.receive(late[1_999 - 512])
  }

  @Test(arguments: SRTPProfile.allCases)
  func aStreamMayBeHeardFirstAfterItsRollOver_W7(_ profile: SRTPProfile) throws {
    var pair = Pair(profile, seed: 14)
    let packets = (65_530..<65_560).map { pair.protected($0) }
    // Number 5 comes first, then those before the roll-over.
    try pair.receive(packets[11])
    for index in (0..<30).reversed() where index != 11 { try pair.receive(packets[index]) }
  }

  @Test func aStreamMayBeginAnywhereAndEarlierPacketsMayFollow_W8() throws {
    for first: UInt64 in [0, 1, 500, 1_500, 32_767, 32_768, 65_535] {
      var pair = Pair(.aeadAES128GCM, seed: first)
      let packets = (first..<first + 8).map { pair.protected($0) }
      for index in [4, 2, 3, 0, 7, 1, 6, 5] { try pair.receive(packets[index]) }
    }
  }

  @Test(arguments: SRTPProfile.allCases)
  func whatIsNotAuthenticGetsNoState_S8(_ profile: SRTPProfile) throws {
    var pair = Pair(profile, seed: 15)
    for ssrc in 0..<5_000 {
      var random = pair.random.fork()
      let forged = rtpPacket(
        index: UInt64(ssrc), ssrc: UInt32(ssrc), payload: 60, &random
      ).bytes
      let refusal = pair.refusal(of: forged)
      #expect(refusal == .unauthenticated)
      var forgedControl = rtcpPacket(ssrc: UInt32(ssrc), words: 20, &random)
      forgedControl[forgedControl.count - 4] |= 0x80
      let controlRefusal = pair.refusalOfRTCP(forgedControl)
      #expect(controlRefusal == .unauthenticated || controlRefusal == .malformed)
    }
    try pair.receive(pair.protected(1, ssrc: 6_000))
    try pair.receiveRTCP(pair.protectedRTCP(ssrc: 6_000))
  }

  @Test func streamsOverTheCapAreRefusedAndTheOthersGoOn_S8() throws {
    var pair = Pair(.aeadAES128GCM, seed: 16)
    let cap = UInt32(Limits.streamsPerTransport)
    for ssrc in 0..<cap {
      try pair.receive(pair.protected(1, ssrc: ssrc))
      try pair.receiveRTCP(pair.protectedRTCP(ssrc: ssrc))
    }
    for ssrc in cap..<cap + 1_000 {
      let refusal = pair.refusal(of: pair.protected(1, ssrc: ssrc))
      #expect(refusal == .tooManyStreams)
      let controlRefusal = pair.refusalOfRTCP(pair.protectedRTCP(ssrc: ssrc))
      #expect(controlRefusal == .tooManyStreams)
    }
    for ssrc in 0..<cap { try pair.receive(pair.protected(2, ssrc: ssrc)) }
  }

  @Test(arguments: SRTPProfile.allCases)
  func packetsShorterThanTheirOverheadAreMalformed_S15(_ profile: SRTPProfile) {
    var pair = Pair(profile, seed: 17)
    let packet = pair.protected(1, payload: 0)
    #expect(packet.count == 12 + profile.rtpTrailer)
    let control = pair.protectedRTCP(words: 0)
    #expect(control.count == 8 + profile.rtcpTrailer)
    for length in 0..<packet.count {
      let refusal = pair.refusal(of: Array(packet.prefix(length)))
      #expect(refusal == .malformed)
    }
    for length in 0..<control.count {
      let refusal = pair.refusalOfRTCP(Array(control.prefix(length)))
      #expect(refusal == .malformed)
    }
  }

  @Test func unencryptedRTCPIsMalformed() {
    for profile in SRTPProfile.allCases {
      var pair = Pair(profile, seed: 18)
      var control = pair.protectedRTCP()
      let word = profile.isTagLast ? control.count - 14 : control.count - 4
      control[word] &= 0x7F
      let refusal = pair.refusalOfRTCP(control)
      #expect(refusal == .malformed)
    }
  }

  @Test(arguments: SRTPProfile.allCases)
  func randomBytesAreRefusedAndLeftAsTheyCame(_ profile: SRTPProfile) {
    let seed: UInt64 = 19
    var pair = Pair(profile, seed: seed)
    var random = RandomSource(seed: seed)
    for _ in 0..<10_000 {
      var packet = random.bytes(Int.random(in: 0...120, using: &random))
      if !packet.isEmpty { packet[0] = 0x80 | packet[0] & 0x3F }
      var slot = SRTPSlot(packet)
      #expect(throws: SRTPReceiver.Failure.self) { try slot.unprotect(by: &pair.receiver) }
      #expect(slot.packet == packet, "seed \(seed)")
      #expect(throws: SRTPReceiver.Failure.self) { try slot.unprotectRTCP(by: &pair.receiver) }
      #expect(slot.packet == packet, "seed \(seed)")
    }
  }
}

extension SRTPProfile {
  /// Whether an RTCP packet ends with its tag, not with the word that holds the index.
  fileprivate var isTagLast: Bool { self == .aes128CMSHA1_80 }
}
