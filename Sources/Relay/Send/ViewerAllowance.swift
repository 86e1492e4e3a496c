import Primitives

/// Caps the bytes that a stream's retransmissions may take: half of what it sends (W13, W16).
struct RetransmissionBudget {
  /// Bytes that can be saved up: enough for a burst of loss in a key frame.
  private static let burst = 65_536

  private var bytes = RetransmissionBudget.burst / 2

  /// Earns from a packet that was sent.
  mutating func earn(_ length: Int) { bytes = min(Self.burst, bytes + length / 2) }

  /// Spends on a retransmission; false where there is not enough.
  mutating func spend(_ length: Int) -> Bool {
    guard bytes >= length else { return false }
    bytes -= length
    return true
  }
}

/// Caps how often one viewer can make a publisher send key frames, which cost all its viewers
/// (W16): a few at once, then one every two seconds.
struct KeyFrameAllowance {
  private static let burst = 4
  private static let interval = Duration.seconds(2)

  private var left = KeyFrameAllowance.burst
  private var earnedUntil = Instant.origin

  /// Takes one request; false where there is none left.
  mutating func spend(now: Instant) -> Bool {
    while left < Self.burst, earnedUntil + Self.interval <= now {
      left += 1
      earnedUntil += Self.interval
    }
    if left == Self.burst { earnedUntil = now }
    guard left > 0 else { return false }
    left -= 1
    return true
  }
}
