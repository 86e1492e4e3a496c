import CSecurity
import Primitives
import Testing

@testable import Security

@Suite struct SRTPVectorTests {
  @Test func keysAreDerivedAsInRFC3711AppendixB3() {
    let master = SRTPMasterKey(
      profile: .aes128CMSHA1_80, key: hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
      salt: hex("0EC675AD498AFEEBB6960B3AABE6"))
    let keys = SessionKeys(master, for: .rtp)
    #expect(keys.encryption == hex("C61E7A93744F39EE10734AFE3FF7A087"))
    #expect(keys.salt == hex("30CBBC08863D8C85D49DB34A9AE1"))
    #expect(keys.authentication == hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"))
  }

  /// Zeros as the text make the key stream visible; the packet has SSRC 0 and index 0.
  @Test func theKeyStreamIsThatOfRFC3711AppendixB2() {
    let transform = CounterModeTransform(
      SessionKeys(
        encryption: hex("2B7E151628AED2A6ABF7158809CF4F3C"),
        authentication: [UInt8](repeating: 0, count: 20),
        salt: hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD")))
    var packet = [UInt8](repeating: 0, count: 12 + 48 + 10)
    packet.withUnsafeMutableBytes {
      transform.seal($0, SRTPUnit(use: .rtp, ssrc: 0, index: 0, headLength: 12, textEnd: 60))
    }
    #expect(
      Array(packet[12..<60])
        == hex(
          "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB"
            + "41E95B3BB0A2E8DD477901E4FCA894C0"))
  }

  private static let gcmSalt = hex("517569642070726f2071756f")
  private static let gcmKey = (0..<32).map { UInt8($0) }

  /// OpenSSL's transform, or the fast one where this machine has it.
  private func aead(_ keyLength: Int, isFast: Bool) -> SRTPTransform {
    let keys = SessionKeys(
      encryption: Array(Self.gcmKey.prefix(keyLength)), authentication: [], salt: Self.gcmSalt)
    if isFast, let fast = FastAEADTransform(keys) { return .fastAEAD(fast) }
    return .aead(AEADTransform(keys))
  }

  /// Seals a packet and opens it again.
  private func expectSealed(
    _ clear: [UInt8], as expected: [UInt8], _ unit: SRTPUnit, _ transform: borrowing SRTPTransform
  ) {
    let trailer = expected.count - clear.count
    var packet = clear + [UInt8](repeating: 0, count: trailer)
    packet.withUnsafeMutableBytes { transform.seal($0, unit) }
    #expect(packet == expected)
    let isAuthentic = packet.withUnsafeMutableBytes { transform.open($0, unit) }
    #expect(isAuthentic)
    #expect(packet.dropLast(trailer) == clear[...])
  }

  @Test(
    arguments: [
      (
        16,
        "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b"
          + "36de3adf8833899d7f27beb16a9152cf765ee4390cce"
      ),
      (
        32,
        "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f"
          + "1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13"
      ),
    ], [false, true]) func rtpIsProtectedAsInRFC7714Section16(
      _ sample: (keyLength: Int, expected: String), _ isFast: Bool
    )
  {
    let clear =
      hex("8040f17b8041f8d35501a0b2") + Array("Gallia est omnis divisa in partes tres".utf8)
    let transform = aead(sample.keyLength, isFast: isFast)
    let unit = SRTPUnit(
      use: .rtp, ssrc: 0x5501_A0B2, index: 0xF17B, headLength: 12, textEnd: clear.count)
    expectSealed(clear, as: hex(sample.expected), unit, transform)
  }

  @Test(
    arguments: [
      (
        16,
        "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b46"
          + "86303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4"
      ),
      (
        32,
        "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658"
          + "c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4"
      ),
    ], [false, true]) func rtcpIsProtectedAsInRFC7714Section17(
      _ sample: (keyLength: Int, expected: String), _ isFast: Bool
    )
  {
    let clear = hex(
      "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeef"
        + "deadbeefdeadbeef")
    let transform = aead(sample.keyLength, isFast: isFast)
    let unit = SRTPUnit(
      use: .rtcp, ssrc: 0x4D61_7273, index: 0x5D4, headLength: 8, textEnd: clear.count)
    expectSealed(clear, as: hex(sample.expected), unit, transform)
  }

  @Test(arguments: [16, 32], [SessionKeys.Use.rtp, .rtcp])
  func theFastTransformIsOpenSSLs(_ keyLength: Int, _ use: SessionKeys.Use) {
    let seed: UInt64 = 800_38
    var random = RandomSource(seed: seed)
    let ours = aead(keyLength, isFast: true)
    let theirs = aead(keyLength, isFast: false)
    for count in Array(0...600) + [1_100, 1_187, 1_188, 1_350] {
      let head = use == .rtcp ? 8 : 12 + 4 * Int(random.next() % 16)
      let unit = SRTPUnit(
        use: use, ssrc: UInt32(truncatingIfNeeded: random.next()), index: random.next() >> 17,
        headLength: head, textEnd: head + count)
      let clear = random.bytes(head + count)
      var packet = clear + [UInt8](repeating: 0, count: 20)
      var expected = packet
      packet.withUnsafeMutableBytes { ours.seal($0, unit) }
      expected.withUnsafeMutableBytes { theirs.seal($0, unit) }
      #expect(packet == expected, "seed \(seed), \(count) bytes")
      packet[Int(random.next() % UInt64(head + count + 16))] ^= 1
      let forged = packet
      let isAuthentic = packet.withUnsafeMutableBytes { ours.open($0, unit) }
      #expect(!isAuthentic && packet == forged, "seed \(seed), \(count) bytes")
      let isOpened = expected.withUnsafeMutableBytes { ours.open($0, unit) }
      #expect(isOpened && expected.prefix(clear.count) == clear[...])
    }
  }

  @Test func aPacketThatIsNotAuthenticStaysAsItWasAndLeavesNoErrorBehind() {
    for profile in SRTPProfile.allCases {
      var random = RandomSource(seed: 1)
      let transform = SRTPTransform(.random(profile, &random), for: .rtp)
      var packet = random.bytes(200)
      let before = packet
      let unit = SRTPUnit(use: .rtp, ssrc: 1, index: 2, headLength: 12, textEnd: 150)
      let isAuthentic = packet.withUnsafeMutableBytes { transform.open($0, unit) }
      #expect(!isAuthentic)
      #expect(packet == before)
      #expect(ERR_peek_error() == 0)
    }
  }
}
