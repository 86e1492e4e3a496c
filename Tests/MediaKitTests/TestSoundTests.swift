import Primitives
import Testing

@testable import MediaKit

@Suite struct TestSoundTests {
  private func readings(_ samples: [Int16], in pieces: Int = 960) -> [TestSound.Reading] {
    var reader = TestSound.Reader()
    var readings: [TestSound.Reading] = []
    for start in stride(from: 0, to: samples.count, by: pieces) {
      reader.receive(samples[start..<min(start + pieces, samples.count)])
      while let reading = reader.poll() { readings.append(reading) }
    }
    return readings
  }

  private func sound(_ stamps: [TestStamp]) -> [Int16] {
    stamps.flatMap { TestSound.samples(for: $0) } + [Int16](repeating: 0, count: 960)
  }

  private static let stamps = [
    TestStamp(identity: 0, number: 0), TestStamp(identity: .max, number: .max),
    TestStamp(identity: 0x1234, number: 0x5678_9ABC), TestStamp(identity: 1, number: 1),
  ]

  @Test func whatIsPlayedIsReadWhereItBegan() {
    let readings = readings(sound(Self.stamps))
    #expect(readings.map(\.stamp) == Self.stamps)
    for (place, reading) in readings.enumerated() {
      #expect(abs(reading.sample - place * TestSound.length) < 100)
    }
  }

  @Test func itMayBeginAnywhereAndComeInPiecesOfAnySize() {
    for (offset, pieces) in [(1, 1), (333, 7), (960, 5_760), (20_000, 100_000)] {
      let silence = [Int16](repeating: 0, count: offset)
      let readings = readings(silence + sound(Self.stamps), in: pieces)
      #expect(readings.map(\.stamp) == Self.stamps)
      for (place, reading) in readings.enumerated() {
        #expect(abs(reading.sample - offset - place * TestSound.length) < 100)
      }
    }
  }

  @Test func oneThatIsCutIsNotRead() {
    let whole = sound(Self.stamps)
    #expect(readings(Array(whole.dropFirst(2_880))).map(\.stamp) == Array(Self.stamps[1...]))
    // A packet is missing in the second one, and nothing stands in for it.
    let gap = whole[..<40_000] + whole[40_960...]
    let read = readings(Array(gap)).map(\.stamp)
    #expect(read.allSatisfy { Self.stamps.contains($0) } && read.contains(Self.stamps[2]))
  }

  @Test func symbolsOfTwoStampsMakeNone() {
    let first = TestSound.samples(for: Self.stamps[0])
    let second = TestSound.samples(for: Self.stamps[2])
    for place in 1..<10 {
      let border = place * TestSound.symbolLength
      #expect(readings(Array(first[..<border] + second[border...])) == [])
    }
  }

  @Test func whatIsNoTestSoundIsNotRead() {
    var random = RandomSource(seed: 3)
    #expect(readings([Int16](repeating: 0, count: 48_000)) == [])
    #expect(readings([Int16](repeating: .min, count: 48_000)) == [])
    #expect(readings((0..<48_000).map { _ in .random(in: .min ... .max, using: &random) }) == [])
    // Faint noise, tones and rests, in turn.
    let tones = TestSound.samples(for: Self.stamps[2])
    let mixture = (0..<20).flatMap { _ in
      tones[.random(in: 0..<14_000, using: &random)...].prefix(2_880)
    }
    #expect(readings(Array(mixture)) == [])
  }

  @Test(arguments: [UInt16(0), 7, 40_503, .max])
  func itOutlivesOpusAt32KilobitsASecond(identity: UInt16) throws {
    let loop = try SoundLoop(identity: identity, duration: .seconds(3))
    let decoder = try SoundDecoder()
    let samples = try (loop.packets + loop.packets + loop.packets[..<1]).flatMap {
      try decoder.samples($0)
    }
    let readings = readings(samples)
    let numbers = Array(UInt32(0)..<5)
    #expect(readings.map(\.stamp.identity) == Array(repeating: identity, count: 10))
    #expect(readings.map(\.stamp.number) == numbers + numbers, "there is no seam")
    let lookahead = try SoundEncoder(bitrate: .kilobitsPerSecond(32)).lookahead
    for (place, reading) in readings.enumerated() {
      #expect(abs(reading.sample - place * TestSound.length - lookahead) < 100)
    }
  }

  @Test func lossMakesStampsMissingAndNeverWrong() throws {
    var random = RandomSource(seed: 6)
    let loop = try SoundLoop(identity: 9, duration: .seconds(6))
    for (loss, expected) in [(2, 6...10), (10, 1...9), (40, 0...4)] {
      let decoder = try SoundDecoder()
      var samples: [Int16] = []
      for packet in loop.packets {
        if Int.random(in: 0..<100, using: &random) < loss {
          samples += try decoder.conceal()
        } else {
          samples += try decoder.samples(packet)
        }
      }
      let readings = readings(samples)
      #expect(expected.contains(readings.count))
      for reading in readings {
        #expect(reading.stamp.identity == 9)
        let offset = reading.sample - Int(reading.stamp.number) * TestSound.length
        #expect(abs(offset) < 1_500)
      }
    }
  }
}
