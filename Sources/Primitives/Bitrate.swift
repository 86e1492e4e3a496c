/// A rate of data in bits a second.
public struct Bitrate: Hashable, Comparable, Sendable {
  /// Bits a second; never negative.
  public let bitsPerSecond: Int64

  /// Makes a rate; a negative one becomes 0.
  public init(bitsPerSecond: Int64) { self.bitsPerSecond = max(0, bitsPerSecond) }

  /// A rate of whole kilobits (1,000 bits) a second.
  public static func kilobitsPerSecond(_ count: Int) -> Bitrate {
    Bitrate(bitsPerSecond: Int64(count) * 1_000)
  }

  /// Whether `left` is the lower one.
  public static func < (left: Bitrate, right: Bitrate) -> Bool {
    left.bitsPerSecond < right.bitsPerSecond
  }
}
