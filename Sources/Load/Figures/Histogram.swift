import Primitives

/// How long things took: any number of times in bounded memory, each within one percent.
///
/// Buckets grow with the time: 128 for each doubling, the first 128 of a microsecond each.
public struct Histogram: Sendable {
  private static let stepsPerDoubling = 128

  private var counts: [UInt64] = []
  /// How many times were added.
  public private(set) var count: UInt64 = 0
  /// The longest; zero where there is none.
  public private(set) var longest = Duration.zero

  /// Without a time.
  public init() {}

  /// Adds a time; a negative one counts as none.
  public mutating func add(_ span: Duration) {
    let bucket = Self.bucket(of: max(0, span.microseconds))
    if bucket >= counts.count {
      counts += repeatElement(0, count: bucket + 1 - counts.count)
    }
    counts[bucket] += 1
    count += 1
    longest = max(longest, span)
  }

  /// The time within which this part of all were, from 0 to 1; nil where there is none.
  public func quantile(_ part: Double) -> Duration? {
    guard count > 0 else { return nil }
    let rank = UInt64((part * Double(count - 1)).rounded())
    var passed: UInt64 = 0
    for (bucket, number) in counts.enumerated() {
      passed += number
      if passed > rank { return min(Self.middle(of: bucket), longest) }
    }
    return longest
  }

  private static func bucket(of micros: Int64) -> Int {
    let doublings = max(0, 56 - micros.leadingZeroBitCount)
    return doublings * stepsPerDoubling + Int(micros >> Int64(doublings))
  }

  private static func middle(of bucket: Int) -> Duration {
    guard bucket >= 2 * stepsPerDoubling else { return .microseconds(bucket) }
    let doublings = bucket / stepsPerDoubling - 1
    let first = (bucket - doublings * stepsPerDoubling) << doublings
    return .microseconds(first + (1 << doublings) / 2)
  }
}
