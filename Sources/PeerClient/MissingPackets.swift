import Primitives
import Wire

/// The packets of a stream that did not come, and when to ask for each again.
struct MissingPackets {
  private struct Entry {
    var due: Instant
    var attempts = 0
  }

  /// Between two requests for the same packet: longer than a usual round trip.
  private static let interval = Duration.milliseconds(120)

  private var entries: [UInt64: Entry] = [:]

  /// Notes the packets in a gap; false, and nothing is missed any more, where they are too many.
  mutating func insert(_ gap: Range<UInt64>, now: Instant) -> Bool {
    guard entries.count + gap.count <= Limits.nackListLength else {
      entries = [:]
      return false
    }
    for index in gap { entries[index] = Entry(due: now) }
    return true
  }

  /// Forgets a packet, which came or is wanted no more; whether it was missed.
  mutating func remove(_ index: UInt64) -> Bool { entries.removeValue(forKey: index) != nil }

  /// Forgets all packets before one.
  mutating func removeAll(before index: UInt64) {
    if !entries.isEmpty { entries = entries.filter { $0.key >= index } }
  }

  /// The packets to ask for now, in order, and those that were asked for often enough.
  mutating func takeDue(now: Instant) -> (wanted: [UInt16], lost: [UInt64]) {
    guard !entries.isEmpty else { return ([], []) }
    let due = entries.filter { $0.value.due <= now }.keys.sorted()
    var wanted: [UInt16] = []
    var lost: [UInt64] = []
    for index in due {
      guard let attempts = entries[index]?.attempts, attempts < Limits.nackAttempts else {
        entries[index] = nil
        lost.append(index)
        continue
      }
      entries[index] = Entry(due: now + Self.interval, attempts: attempts + 1)
      wanted.append(UInt16(truncatingIfNeeded: index))
    }
    return (wanted, lost)
  }

  /// When to ask next.
  var nextDeadline: Instant? {
    entries.isEmpty ? nil : entries.values.lazy.map(\.due).min()
  }
}
