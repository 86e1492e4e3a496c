/// The waits between attempts that fail: each twice as long as the one before, up to a longest,
/// and drawn at random from its upper half, so that what failed together is not tried together.
public struct Backoff: Equatable, Sendable {
  /// The longest wait after the first failure.
  public var first: Duration
  /// The longest wait of all.
  public var longest: Duration

  /// Joins the two; `first` is more than nothing and no more than `longest`.
  public init(first: Duration, longest: Duration) {
    precondition(first > .zero && first <= longest, "waits that do not grow")
    self.first = first
    self.longest = longest
  }

  /// How long to wait after so many failures in a row; from 1.
  public func wait(afterFailures count: Int, random: inout RandomSource) -> Duration {
    precondition(count > 0, "nothing has failed")
    var ceiling = first
    // Enough doublings for every span that there is, whatever the count.
    for _ in 1..<min(count, 64) where ceiling < longest { ceiling = ceiling * 2 }
    let half = min(ceiling, longest).nanoseconds / 2
    return Duration(nanoseconds: half + Int64.random(in: 0...half, using: &random))
  }
}
