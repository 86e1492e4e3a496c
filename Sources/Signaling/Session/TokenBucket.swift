import Primitives

/// Lets through `rate` requests a second on the average, and as many at once.
public struct TokenBucket: Sendable {
  private let rate: Int
  private var full: Instant

  /// A full bucket.
  public init(rate: Int = Limits.requestsPerSecond, now: Instant) {
    precondition(rate > 0)
    self.rate = rate
    full = now
  }

  /// Takes one token; false where there is none.
  public mutating func take(now: Instant) -> Bool {
    // Kept as the one instant at which the bucket will be full again: each token moves it.
    let next = max(full, now) + .seconds(1) / rate
    guard next - now <= .seconds(1) else { return false }
    full = next
    return true
  }
}
