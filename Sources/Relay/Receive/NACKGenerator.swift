import Primitives

/// Finds the gaps in a received stream and says when each missing packet is asked for (W12;
/// RFC 4585 section 6.2.1).
///
/// Requests are batched: a gap is asked for at the next tick, then again each time an answer
/// should have come, a bounded number of times.
struct NACKGenerator: ~Copyable {
  /// What a packet did to the list.
  enum Change {
    case none
    /// There are new gaps; the deadline may have come closer.
    case gap
    /// More is missing than can be asked for: the list was emptied, and a key frame must come.
    case overflow
  }

  /// A packet that has not come.
  struct Missing {
    var sequence: UInt64
    var due: Instant
    var attempts: Int
  }

  /// Time for a packet that was only overtaken to come by itself.
  static let reorderingTime = Duration.milliseconds(10)
  /// What is due within this time is asked for along with what is due now.
  static let batchTime = Duration.milliseconds(5)
  /// The shortest time between two requests for one packet.
  static let shortestInterval = Duration.milliseconds(30)

  /// When the next request is due; nil while nothing is missing.
  private(set) var nextDeadline: Instant?
  private var missing = BoundedArray<Missing>(capacity: Limits.nackListLength)
  private var highest: UInt64?

  /// Starts with no gap.
  init() {}

  /// Notes that a packet came, on the stream itself or as a retransmission.
  mutating func receive(_ sequence: UInt64, now: Instant) -> Change {
    guard let highest else {
      self.highest = sequence
      return .none
    }
    if sequence <= highest {
      remove(sequence)
      return .none
    }
    self.highest = sequence
    guard sequence > highest + 1 else { return .none }
    let gap = sequence - highest - 1
    guard gap <= UInt64(missing.capacity - missing.count) else {
      missing.removeAll()
      return .overflow
    }
    for number in highest + 1..<sequence {
      missing.append(Missing(sequence: number, due: now + Self.reorderingTime, attempts: 0))
    }
    nextDeadline = earliest(nextDeadline, now + Self.reorderingTime)
    return .gap
  }

  /// Forgets all gaps.
  mutating func reset() {
    missing.removeAll()
    highest = nil
    nextDeadline = nil
  }

  /// The sequence numbers to ask for now, in order; a packet that has been asked for
  /// `Limits.nackAttempts` times is given up.
  mutating func takeDue(now: Instant, roundTrip: Duration) -> [UInt16] {
    var result: [UInt16] = []
    let interval = max(Self.shortestInterval, roundTrip + Self.reorderingTime)
    nextDeadline = nil
    var index = 0
    while index < missing.count {
      guard missing[index].due <= now + Self.batchTime else {
        nextDeadline = earliest(nextDeadline, missing[index].due)
        index += 1
        continue
      }
      if missing[index].attempts == Limits.nackAttempts {
        missing.remove(at: index)
        continue
      }
      result.append(UInt16(truncatingIfNeeded: missing[index].sequence))
      missing[index].attempts += 1
      missing[index].due = now + interval
      nextDeadline = earliest(nextDeadline, now + interval)
      index += 1
    }
    return result
  }

  private mutating func remove(_ sequence: UInt64) {
    var low = 0
    var high = missing.count
    while low < high {
      let middle = (low + high) / 2
      if missing[middle].sequence < sequence { low = middle + 1 } else { high = middle }
    }
    if low < missing.count, missing[low].sequence == sequence { missing.remove(at: low) }
  }
}
