/// Which of many holders has the earliest deadline: an indexed binary heap.
///
/// Holders are numbered `0..<capacity`, like the places of a `SlotTable`. A holder whose deadline
/// only moves later, as a silence timer does with every packet, need not be touched until the old
/// one has come: that is what `lower` is for, and it costs one comparison.
public struct DeadlineQueue: Sendable {
  private var heap: [Int] = []
  private var deadlines: [Instant]
  private var positions: [Int]

  /// An empty queue for holders `0..<capacity`.
  public init(capacity: Int) {
    deadlines = Array(repeating: .distantFuture, count: capacity)
    positions = Array(repeating: -1, count: capacity)
    heap.reserveCapacity(capacity)
  }

  /// The earliest deadline and whose it is.
  public var earliest: (holder: Int, deadline: Instant)? {
    heap.first.map { (holder: $0, deadline: deadlines[$0]) }
  }

  /// Sets a holder's deadline; nil takes it out.
  public mutating func set(_ holder: Int, to deadline: Instant?) {
    guard let deadline else {
      remove(holder)
      return
    }
    deadlines[holder] = deadline
    if positions[holder] < 0 {
      positions[holder] = heap.count
      heap.append(holder)
    }
    siftUp(positions[holder])
    siftDown(positions[holder])
  }

  /// Sets a holder's deadline where it comes before the one that it has; a later one is ignored.
  public mutating func lower(_ holder: Int, to deadline: Instant?) {
    guard let deadline else { return }
    if positions[holder] >= 0, deadlines[holder] <= deadline { return }
    set(holder, to: deadline)
  }

  private mutating func remove(_ holder: Int) {
    let position = positions[holder]
    guard position >= 0 else { return }
    positions[holder] = -1
    let last = heap.removeLast()
    guard last != holder else { return }
    heap[position] = last
    positions[last] = position
    siftUp(position)
    siftDown(positions[last])
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard deadlines[heap[child]] < deadlines[heap[parent]] else { return }
      swap(child, parent)
      child = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if deadlines[heap[child]] < deadlines[heap[smallest]] { smallest = child }
      }
      guard smallest != parent else { return }
      swap(parent, smallest)
      parent = smallest
    }
  }

  private mutating func swap(_ left: Int, _ right: Int) {
    heap.swapAt(left, right)
    positions[heap[left]] = left
    positions[heap[right]] = right
  }
}
