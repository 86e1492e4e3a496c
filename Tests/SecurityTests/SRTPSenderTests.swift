import Primitives
import Testing

@testable import Security

@Suite struct SRTPSenderTests {
  @Test func indicesMayComeInAnyOrderWithinTheWindow_W6() {
    var random = RandomSource(seed: 6)
    var sender = SRTPSender(.random(.aeadAES128GCM, &random))
    for index in (5_000..<6_000).shuffled(using: &random) {
      let isProtected = send(UInt64(index), by: &sender, &random)
      #expect(isProtected)
    }
  }

  @Test func anIndexOlderThanTheWindowIsRefusedAndThePacketStaysAsItWas_W6() {
    var random = RandomSource(seed: 7)
    var sender = SRTPSender(.random(.aeadAES128GCM, &random))
    let first = send(10_000, by: &sender, &random)
    let withinWindow = send(10_000 - 1_023, by: &sender, &random)
    #expect(first && withinWindow)
    let clear = rtpPacket(index: 10_000 - 1_024, ssrc: 1, payload: 30, &random).bytes
    var slot = SRTPSlot(clear)
    let isProtected = slot.protect(by: &sender, index: 10_000 - 1_024)
    #expect(!isProtected)
    #expect(slot.packet == clear)
    let beyond = send(1 << 48, by: &sender, &random)
    #expect(!beyond)
  }

  @Test func theSameIndexTwiceOnOneStreamTraps_W6() async {
    await #expect(processExitsWith: .failure) {
      var random = RandomSource(seed: 8)
      var sender = SRTPSender(.random(.aeadAES128GCM, &random))
      for index: UInt64 in [5, 6, 5] { _ = send(index, by: &sender, &random) }
    }
  }

  @Test func theSameIndexOnAnotherStreamIsAnother() {
    var random = RandomSource(seed: 9)
    var sender = SRTPSender(.random(.aeadAES128GCM, &random))
    for ssrc: UInt32 in 0..<200 {
      for index: UInt64 in 0..<3 {
        let isProtected = send(index, ssrc: ssrc, by: &sender, &random)
        #expect(isProtected)
      }
    }
  }

  @Test func theWindowRemembersAsASetWould() {
    let seed: UInt64 = 10
    var random = RandomSource(seed: seed)
    for _ in 0..<20 {
      let first = UInt64.random(in: 0...200_000, using: &random)
      var window = ReplayWindow(first: first)
      var used: Set<UInt64> = [first]
      var highest = first
      for _ in 0..<2_000 {
        let step = Int64.random(in: -1_100...60, using: &random)
        let jump = Int.random(in: 0..<200, using: &random) == 0 ? Int64(1_500) : 0
        let index = UInt64(max(0, Int64(highest) + step + jump))
        let expected: ReplayWindow.Verdict =
          highest >= index && highest - index >= 1_024
          ? .tooOld : used.contains(index) ? .used : .fresh
        #expect(window.verdict(on: index) == expected, "seed \(seed)")
        guard expected == .fresh else { continue }
        window.insert(index)
        used.insert(index)
        highest = max(highest, index)
        #expect(window.highest == highest)
      }
    }
  }

  @Test(arguments: SRTPProfile.allCases)
  func whatStandsElsewhereIsSealedAsIfItStoodInTheSlot(_ profile: SRTPProfile) {
    let seed: UInt64 = 16
    var random = RandomSource(seed: seed)
    let key = SRTPMasterKey.random(profile, &random)
    var sender = SRTPSender(key)
    var other = SRTPSender(key)
    for index in 1...400 as ClosedRange<UInt64> {
      let (clear, headerLength) = rtpPacket(
        index: index, ssrc: 7, payload: Int(random.next() % 400), sources: 0, extensionWords: nil,
        &random)
      let start = Int.random(in: headerLength...clear.count, using: &random)
      let end = Int.random(in: start...clear.count, using: &random)
      var expected = SRTPSlot(clear)
      let isProtected = expected.protect(by: &sender, headerLength: headerLength, index: index)
      #expect(isProtected)

      var slot = clear + [UInt8](repeating: 0, count: profile.rtpTrailer)
      for offset in start..<end { slot[offset] = 0xEE }
      let length = clear.withUnsafeBytes { source in
        slot.withUnsafeMutableBytes {
          other.protectRTP(
            $0, length: clear.count, headerLength: headerLength, index: index,
            rest: PacketRest(UnsafeRawBufferPointer(rebasing: source[start..<end]), at: start))
        }
      }
      #expect(length == slot.count)
      #expect(slot == expected.packet, "seed \(seed), \(start)..<\(end) of \(clear.count)")
    }
  }
}

/// Protects a packet with the index; whether the sender took it.
private func send(
  _ index: UInt64, ssrc: UInt32 = 1, by sender: inout SRTPSender, _ random: inout RandomSource
) -> Bool {
  var slot = SRTPSlot(rtpPacket(index: index, ssrc: ssrc, payload: 30, &random).bytes)
  return slot.protect(by: &sender, index: index)
}
