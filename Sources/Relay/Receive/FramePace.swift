import Primitives

/// How quickly the packets of a track's frames follow each other, learnt from those that came: so
/// that no packet waits for another that will come too late to go out with it.
struct FramePace {
  /// The mean time from one packet of a frame to the next; nothing, until one is known.
  private(set) var gap = Duration.zero
  private var timestamp: UInt32 = 0
  private var latest = Instant.origin

  /// Notes that a packet came; `timestamp` tells of which frame it is.
  mutating func note(_ timestamp: UInt32, now: Instant) {
    if timestamp == self.timestamp {
      let sample = now - latest
      gap = gap == .zero ? sample : gap + (sample - gap) / 4
    }
    self.timestamp = timestamp
    latest = now
  }

  /// Whether the packet behind the latest one is likely to have come by `deadline`.
  func expectsNext(by deadline: Instant) -> Bool { latest + gap <= deadline }
}
