import Glibc

/// How loud samples are, in decibels relative to overload, as in RFC 6464 section 3: 0 is a square
/// wave that fills the range.
public enum SoundLevel {
  /// What silence has.
  public static let silence = -127.0
  /// Below it samples are of no test sound, which is near -13. What a decoder makes up for lost
  /// packets fades, within some 300 ms, into a noise near -40.
  public static let quiet = -25.0

  /// The level of some milliseconds of samples; that of none is silence.
  public static func decibels(of samples: ArraySlice<Int16>) -> Double {
    var sum = 0
    for sample in samples { sum += Int(sample) * Int(sample) }
    guard sum > 0 else { return silence }
    let power = Double(sum) / Double(samples.count) / (32_768 * 32_768)
    return max(silence, 10 * log10(power))
  }
}
