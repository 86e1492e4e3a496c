import Primitives
import Testing

@testable import MediaKit

@Suite struct OpusPacketTests {
  private static let mark = [UInt8](1...24)

  private func padding(_ packet: [UInt8]) -> Range<Int>? {
    OpusPacket.padding(of: packet.span.bytes)
  }

  @Test func aPaddedPacketIsTheSameSoundWithTheBytesInIt() throws {
    var random = RandomSource(seed: 1)
    for rate in [6, 16, 32, 96] {
      let loop = try SoundLoop(
        identity: 12, bitrate: .kilobitsPerSecond(rate), duration: .milliseconds(1_200))
      let (clean, marked) = (try SoundDecoder(), try SoundDecoder())
      for packet in loop.packets {
        #expect(packet[0] & 3 == 0)
        let mark = random.bytes(24)
        let padded = try #require(OpusPacket.padded(packet, with: mark))
        let range = try #require(padding(padded))
        #expect(padded.count == packet.count + 26)
        #expect(Array(padded[range]) == mark)
        let samples = try marked.samples(padded)
        #expect(try clean.samples(packet) == samples)
      }
    }
  }

  @Test(arguments: [1, 24, 253, 254, 255, 256, 508, 509, 1_000])
  func paddingMayHaveAnyLength(count: Int) throws {
    var random = RandomSource(seed: UInt64(count))
    let packet = try SoundLoop(identity: 3, duration: .zero).packets[4]
    let mark = random.bytes(count)
    let padded = try #require(OpusPacket.padded(packet, with: mark))
    #expect(Array(padded[try #require(padding(padded))]) == mark)
    let samples = try SoundDecoder().samples(padded)
    #expect(try SoundDecoder().samples(packet) == samples)
  }

  /// Packets with two frames, put together of ones with a single frame.
  @Test func packetsOfTwoFramesArePaddedToo() throws {
    let packets = try SoundLoop(identity: 3, duration: .zero).packets
    let (first, second) = (packets[10].dropFirst(), packets[11].dropFirst())
    let head = packets[10][0]
    try #require(head == packets[11][0] && first.count < 252)
    for packet in [
      [head | 1] + first + first, [head | 2, UInt8(first.count)] + first + second,
    ] {
      let padded = try #require(OpusPacket.padded(packet, with: Self.mark))
      #expect(Array(padded[try #require(padding(padded))]) == Self.mark)
      let samples = try SoundDecoder().samples(padded)
      #expect(samples.count == 1_920)
      #expect(try SoundDecoder().samples(packet) == samples)
    }
  }

  @Test func whatIsEmptyOrPaddedAlreadyIsNotPadded() throws {
    #expect(OpusPacket.padded([], with: Self.mark) == nil)
    let padded = try #require(OpusPacket.padded([0xF8, 1, 2], with: Self.mark))
    #expect(OpusPacket.padded(padded, with: Self.mark) == nil)
  }

  @Test func aPacketWithoutPaddingHasNone() throws {
    for packet in try SoundLoop(identity: 3, duration: .zero).packets {
      #expect(padding(packet) == nil)
    }
    #expect(padding([0xFB, 0x01, 1, 2, 3]) == nil)
    #expect(padding([0xFB, 0x41, 0, 1, 2, 3]) == nil)
    #expect(padding([0xFB, 0x41, 1, 2, 3]) == 4..<5)
  }

  @Test func framesOfGivenLengthMustFit() {
    // 2.5 ms, variable length, two frames, two bytes of padding, and the first frame's length.
    #expect(padding([0xE3, 0xC2, 2, 1, 0xAA, 0xBB, 8, 9]) == 6..<8)
    #expect(padding([0xE3, 0xC2, 2, 2, 0xAA, 0xBB, 8, 9]) == 6..<8)
    #expect(padding([0xE3, 0xC2, 2, 3, 0xAA, 0xBB, 8, 9]) == nil)
    #expect(padding([0xE3, 0xC2, 2, 252, 0, 0xBB, 8, 9]) == nil)
    #expect(padding([0xE3, 0x42, 2, 0xAA, 0xBB, 0xCC, 8, 9]) == nil, "three bytes for two")
    #expect(padding([0xE3, 0x40, 2, 0xAA, 8, 9]) == nil, "no frame")
    #expect(padding([0x1B, 0x43, 1, 1, 2, 3, 9]) == nil, "180 ms")
  }

  @Test func noTruncationIsTakenForAPacketThatIsWhole() throws {
    let packet = try SoundLoop(identity: 3, duration: .zero).packets[4]
    for length in [24, 300, 600] {
      let padded = try #require(
        OpusPacket.padded(packet, with: [UInt8](repeating: 255, count: length)))
      for count in 0..<padded.count {
        let part = Array(padded.prefix(count))
        if let range = padding(part) {
          #expect(range == count - length..<count, "the frame alone can be shorter")
        }
      }
    }
  }

  /// Where there is padding, libopus finds the packet valid as well.
  @Test func whateverBytesComeTheAnswerIsWithinThem() throws {
    var random = RandomSource(seed: 2)
    let decoder = try SoundDecoder()
    var found = 0
    for _ in 0..<20_000 {
      var packet = random.bytes(.random(in: 0...60, using: &random))
      if packet.count > 2, Bool.random(using: &random) {
        packet[0] |= 3
        packet[1] = packet[1] & 0x87 | 0x40
        packet[2] &= 0x1F
      }
      guard let range = padding(packet) else { continue }
      #expect(range.upperBound == packet.count && range.lowerBound >= 3)
      #expect(throws: Never.self) { try decoder.samples(packet) }
      found += 1
    }
    #expect(found > 1_000)
  }
}
