import Primitives
import Testing

@testable import MediaKit

@Suite struct SoundCodecTests {
  @Test func packetsAndWhatStandsInForThemPlay20Milliseconds() throws {
    let loop = try SoundLoop(identity: 2, duration: .milliseconds(1_300))
    #expect(loop.packets.count == 2 * SoundLoop.packetsInStamp)
    #expect(loop.duration == .milliseconds(1_200))
    let decoder = try SoundDecoder()
    for packet in loop.packets { #expect(try decoder.samples(packet).count == 960) }
    #expect(try decoder.conceal().count == 960)
  }

  @Test func itKeepsToItsBitrate() throws {
    let loop = try SoundLoop(identity: 2, bitrate: .kilobitsPerSecond(32))
    let bits = 8 * loop.packets.reduce(0) { $0 + $1.count }
    #expect((26_000...36_000).contains(Double(bits) / loop.duration.seconds))
  }

  @Test func levelsAreThoseOfTheSamples() {
    #expect(SoundLevel.decibels(of: []) == SoundLevel.silence)
    #expect(SoundLevel.decibels(of: [0, 0]) == SoundLevel.silence)
    #expect(SoundLevel.decibels(of: [.min, .min]) == 0)
    #expect(abs(SoundLevel.decibels(of: [3_277, -3_277]) + 20) < 0.01)
    #expect(abs(SoundLevel.decibels(of: [1]) + 90.3) < 0.1)
    let sound = TestSound.samples(for: TestStamp(identity: 1, number: 1))
    #expect(abs(SoundLevel.decibels(of: sound[...]) + 13) < 0.5)
  }

  @Test func whatIsConcealedBecomesQuietAndTheSoundNeverIs() throws {
    let loop = try SoundLoop(identity: 2)
    let decoder = try SoundDecoder()
    // The very first one swells.
    _ = try decoder.samples(loop.packets[0])
    for packet in loop.packets[1...] {
      #expect(SoundLevel.decibels(of: try decoder.samples(packet)[...]) > SoundLevel.quiet + 6)
    }
    var level = 0.0
    for _ in 0..<15 { level = SoundLevel.decibels(of: try decoder.conceal()) }
    #expect(level < SoundLevel.quiet - 6)
  }

  @Test func whatIsNoPacketIsRefused() throws {
    let decoder = try SoundDecoder()
    #expect(throws: CodecError.opus(-4)) { try decoder.samples([]) }
    #expect(throws: CodecError.opus(-4)) { try decoder.samples([0xFB]) }
    #expect(throws: CodecError.opus(-4)) { try decoder.samples([0xFB, 0x40]) }
    var random = RandomSource(seed: 8)
    for count in 1..<300 { _ = try? decoder.samples(random.bytes(count)) }
    let packet = try SoundLoop(identity: 2, duration: .zero).packets[0]
    #expect(try decoder.samples(packet).count == 960)
  }

  @Test func onlyWholePacketsAreEncoded() throws {
    let encoder = try SoundEncoder(bitrate: .kilobitsPerSecond(32))
    #expect(throws: CodecError.opus(-1)) { try encoder.encode([1, 2, 3]) }
    #expect(throws: CodecError.self) { try SoundEncoder(bitrate: .kilobitsPerSecond(0)) }
  }
}
