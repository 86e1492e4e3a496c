import Primitives

/// How quickly the packets of a track's frames follow each other, learnt from those that came: so
/// that no packet waits for another that will come too late to go out with it.
struct FramePace {
  /// More than this counts as this: nobody waits so long, and what came late once, or long after,
  /// is soon forgotten.
  private static let longestGap = Duration.milliseconds(8)

  /// The mean time from one packet of a frame to the next, the newest ones counting most. At first
  /// they are taken to come together.
  private(set) var gap = Duration.zero
  private var timestamp: UInt32 = 0
  private var latest = Instant.origin

  /// Notes that a packet came in its order; `timestamp` tells of which frame it is.
  mutating func note(_ timestamp: UInt32, now: Instant) {
    if timestamp == self.timestamp {
      gap = gap + (min(now - latest, Self.longestGap) - gap) / 4
    }
    self.timestamp = timestamp
    latest = now
  }

  /// Whether the packet behind the latest one is likely to have come by `deadline`.
  func expectsNext(by deadline: Instant) -> Bool { latest + gap <= deadline }
}
