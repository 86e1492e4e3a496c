/// What a test picture or a test sound says of itself: whose it is, and which one.
public struct TestStamp: Hashable, Sendable {
  /// Who made it.
  public var identity: UInt16
  /// Which one it is, counted from 0.
  public var number: UInt32

  /// Joins the two.
  public init(identity: UInt16, number: UInt32) {
    self.identity = identity
    self.number = number
  }
}

extension TestStamp {
  /// How many words a stamp is written in.
  static let wordCount = 5

  /// The stamp as it is drawn and played: identity, number and check, the high word first.
  var words: InlineArray<5, UInt16> {
    [
      identity, UInt16(truncatingIfNeeded: number >> 16), UInt16(truncatingIfNeeded: number),
      UInt16(truncatingIfNeeded: check >> 16), UInt16(truncatingIfNeeded: check),
    ]
  }

  /// Reads the words of a stamp; nil where the check is not theirs.
  init?(words: InlineArray<5, UInt16>) {
    self.init(identity: words[0], number: UInt32(words[1]) << 16 | UInt32(words[2]))
    guard check == UInt32(words[3]) << 16 | UInt32(words[4]) else { return nil }
  }

  /// 32 bits in which every bit of the stamp has its part, so that what was read in error, or put
  /// together from two stamps, passes once in four thousand million times.
  private var check: UInt32 {
    var bits = UInt64(identity) << 32 | UInt64(number)
    bits = (bits ^ 0x5A3D_71C9_E482_96B7) &* 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ bits >> 29) &* 0xD6E8_FEB8_6659_FD93
    return UInt32(truncatingIfNeeded: bits ^ bits >> 32)
  }
}
