import Synchronization

/// A bounded queue from one thread to one other, without locks.
///
/// The producer alone calls `push`, the consumer alone calls `pop`; neither ever waits. A full
/// ring refuses, and the producer decides what that means.
public final class Ring<Element: Sendable>: Sendable {
  /// How many elements fit: a power of two.
  public let capacity: Int
  private let head = Atomic<Int>(0)
  private let tail = Atomic<Int>(0)
  private nonisolated(unsafe) let slots: UnsafeMutablePointer<Element?>

  /// Makes an empty ring; `capacity` must be a power of two.
  public init(capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0)
    self.capacity = capacity
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: nil, count: capacity)
  }

  deinit {
    slots.deinitialize(count: capacity)
    slots.deallocate()
  }

  /// Appends an element; false, and nothing changed, where the ring is full. Producer only.
  public func push(_ element: Element) -> Bool {
    let position = tail.load(ordering: .relaxed)
    guard position - head.load(ordering: .acquiring) < capacity else { return false }
    slots[position & (capacity - 1)] = element
    tail.store(position + 1, ordering: .releasing)
    return true
  }

  /// Takes the oldest element, or nil where the ring is empty. Consumer only.
  public func pop() -> Element? {
    let position = head.load(ordering: .relaxed)
    guard position < tail.load(ordering: .acquiring) else { return nil }
    let element = slots[position & (capacity - 1)]
    slots[position & (capacity - 1)] = nil
    head.store(position + 1, ordering: .releasing)
    return element
  }

  /// How many elements wait; exact only on a thread that is the producer or the consumer.
  public var count: Int {
    tail.load(ordering: .acquiring) - head.load(ordering: .acquiring)
  }
}
