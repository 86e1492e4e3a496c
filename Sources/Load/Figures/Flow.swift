import Primitives

/// One track as one viewer gets it: when frames or sounds come, and where they stood still.
///
/// It froze where the time between two of them was both more than three times the usual and more
/// than 150 ms above it: as browsers count `freezeCount` for video.
struct Flow {
  private static let factor = 3
  private static let margin = Duration.milliseconds(150)
  /// The weight of one interval in the usual one.
  private static let memory = 30

  private(set) var last: Instant
  private var usual: Duration

  /// A track whose first frame or sound has come; they are sent about `interval` apart.
  init(at now: Instant, interval: Duration) {
    last = now
    usual = interval
  }

  /// Notes the next one; the freeze that it ended, if any.
  mutating func arrive(at now: Instant) -> Duration? {
    let gap = now - last
    last = now
    defer { usual = (usual * (Self.memory - 1) + min(gap, usual * Self.factor)) / Self.memory }
    return isFreeze(gap) ? gap : nil
  }

  /// The freeze that lasts when the track ends, if any.
  func freeze(endingAt end: Instant) -> Duration? {
    isFreeze(end - last) ? end - last : nil
  }

  private func isFreeze(_ gap: Duration) -> Bool {
    gap > max(usual * Self.factor, usual + Self.margin)
  }
}
