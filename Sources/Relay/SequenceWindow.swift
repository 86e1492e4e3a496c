/// Remembers which of the last 512 extended sequence numbers have been seen.
///
/// On the way in it finds duplicates; on the way out it makes sure that no number is used twice
/// on one SSRC (W6).
struct SequenceWindow {
  /// How many numbers below the highest are remembered.
  static let length: UInt64 = 512

  /// What is known of a number.
  enum Verdict {
    case new
    case duplicate
    case tooOld
  }

  /// The highest number that was inserted.
  private(set) var highest: UInt64?
  private var bits = InlineArray<8, UInt64>(repeating: 0)

  /// Notes a number; it was noted before, or is too old to say, where the answer is not `new`.
  mutating func insert(_ number: UInt64) -> Verdict {
    guard let highest else {
      self.highest = number
      mark(number)
      return .new
    }
    if number > highest {
      clear(after: highest, through: number)
      self.highest = number
      mark(number)
      return .new
    }
    guard highest - number < Self.length else { return .tooOld }
    if isMarked(number) { return .duplicate }
    mark(number)
    return .new
  }

  private func isMarked(_ number: UInt64) -> Bool {
    bits[Int(number % Self.length / 64)] & 1 << (number % 64) != 0
  }

  private mutating func mark(_ number: UInt64) {
    bits[Int(number % Self.length / 64)] |= 1 << (number % 64)
  }

  /// Forgets what the numbers that now come into the window displace.
  private mutating func clear(after highest: UInt64, through number: UInt64) {
    guard number - highest < Self.length else {
      bits = InlineArray(repeating: 0)
      return
    }
    var next = highest + 1
    while next <= number {
      bits[Int(next % Self.length / 64)] &= ~(1 << (next % 64))
      next += 1
    }
  }
}
