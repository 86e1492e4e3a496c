import Primitives

/// What will happen, in the order of time; things at the same time happen in the order in which
/// they were added, so that a run can be replayed.
struct EventQueue<Event> {
  private var heap: [(at: Instant, order: UInt64, event: Event)] = []
  private var added: UInt64 = 0

  /// When the next event is due.
  var next: Instant? { heap.first?.at }

  /// Adds an event.
  mutating func add(_ event: Event, at instant: Instant) {
    added += 1
    heap.append((instant, added, event))
    var child = heap.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes the first event that is due by `now`.
  mutating func pop(dueBy now: Instant) -> Event? {
    guard let first = heap.first, first.at <= now else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if precedes(child, smallest) { smallest = child }
      }
      guard smallest != parent else { return first.event }
      heap.swapAt(parent, smallest)
      parent = smallest
    }
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    (heap[left].at, heap[left].order) < (heap[right].at, heap[right].order)
  }
}
