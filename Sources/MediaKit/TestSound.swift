import Glibc

/// Sounds that follow from a stamp alone, and carry it in tones that outlive Opus.
///
/// A stamp's ten bytes are played one after another, 60 ms each. A symbol is three tones at once,
/// one of each band: the first says which of the bytes it is, the others are its high and its low
/// four bits. Tone `d` of a band stands `d` times 50 Hz above the band's lowest:
///
///     place        300 ...   750 Hz
///     high bits    850 ... 1,600 Hz
///     low bits   1,700 ... 2,450 Hz
///
/// Higher ones would come out blurred, because Opus has few bits to spare for them. In 60 ms each
/// tone plays whole periods, so that one passes into the next without a step in its phase, and a
/// sound that is played in a loop has no seam.
public enum TestSound {
  /// Samples of one stamp.
  public static let length = symbolCount * symbolLength
  /// Symbols of one stamp.
  static let symbolCount = 2 * TestStamp.wordCount
  /// Samples of one symbol.
  static let symbolLength = 2_880
  /// How often the lowest tone of each band swings in 20 ms.
  static let bands = [6, 17, 34]
  /// Tones that a band has room for; of the first, only as many are used as there are places.
  static let tonesInBand = 16

  /// The 600 ms of sound of a stamp.
  public static func samples(for stamp: TestStamp) -> [Int16] {
    let words = stamp.words
    var samples: [Int16] = []
    samples.reserveCapacity(length)
    for place in 0..<symbolCount {
      let byte = Int(words[place / 2] >> (place % 2 == 0 ? 8 : 0))
      let digits = [place, byte >> 4 & 15, byte & 15]
      for time in 0..<symbolLength {
        var sum: Int16 = 0
        for band in 0..<bands.count {
          let cycles = bands[band] + digits[band]
          sum += sine[(cycles * time + phases[band]) % sine.count]
        }
        samples.append(sum)
      }
    }
    return samples
  }

  /// The loudest that one tone gets; three of them stay within 16 bits.
  static let amplitude = 6_000.0

  /// 20 ms of 50 Hz, which all tones are multiples of.
  private static let sine: [Int16] = (0..<SoundFormat.packetSamples).map { time in
    Int16(amplitude * sin(2 * .pi * Double(time) / Double(SoundFormat.packetSamples)))
  }

  /// Where in the table each band starts, so that not all of them peak together.
  private static let phases = [0, 193, 571]
}
