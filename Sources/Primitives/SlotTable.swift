/// Names one occupant of a `SlotTable`: the place, and how often the place had been given out.
///
/// A handle kept too long finds nothing, never the place's next occupant.
public struct Handle: Hashable, Sendable {
  /// The place in the table.
  public let index: UInt32
  /// The place's count of occupants when this one moved in; odd while occupied.
  public let generation: UInt32

  /// Joins a place and its generation.
  @inlinable
  public init(index: UInt32, generation: UInt32) {
    self.index = index
    self.generation = generation
  }
}

extension Handle: CustomStringConvertible {
  /// Place and generation, for traces.
  public var description: String { "\(index).\(generation)" }
}

/// A fixed number of places for values of one type, side by side in memory, reached by handle.
///
/// The table owns its elements, which may be noncopyable; reaching one costs a bounds check and a
/// comparison, no hashing and no reference counting. Memory is reserved once, when it is made.
public struct SlotTable<Element: ~Copyable>: ~Copyable {
  /// How many elements fit.
  public let capacity: Int
  /// How many elements there are.
  public private(set) var count = 0

  @usableFromInline let elements: UnsafeMutablePointer<Element>
  @usableFromInline let generations: UnsafeMutablePointer<UInt32>
  private var free: [UInt32]

  /// Reserves `capacity` places, at least 1.
  public init(capacity: Int) {
    precondition(capacity > 0 && capacity <= Int(UInt32.max))
    self.capacity = capacity
    elements = .allocate(capacity: capacity)
    generations = .allocate(capacity: capacity)
    generations.initialize(repeating: 0, count: capacity)
    free = (0..<UInt32(capacity)).reversed()
  }

  deinit {
    for index in 0..<capacity where generations[index] & 1 == 1 {
      (elements + index).deinitialize(count: 1)
    }
    elements.deallocate()
    generations.deallocate()
  }

  /// Moves an element in, or returns nil (and destroys it) where the table is full.
  public mutating func insert(_ element: consuming Element) -> Handle? {
    guard let index = free.popLast() else { return nil }
    (elements + Int(index)).initialize(to: element)
    (generations + Int(index)).pointee &+= 1
    count += 1
    return Handle(index: index, generation: generations[Int(index)])
  }

  /// Destroys the element that the handle names; false where there is none any more.
  @discardableResult
  public mutating func remove(_ handle: Handle) -> Bool {
    guard contains(handle) else { return false }
    (elements + Int(handle.index)).deinitialize(count: 1)
    (generations + Int(handle.index)).pointee &+= 1
    free.append(handle.index)
    count -= 1
    return true
  }

  /// Whether the handle still names an element.
  @inlinable
  public func contains(_ handle: Handle) -> Bool {
    Int(handle.index) < capacity && handle.generation & 1 == 1
      && generations[Int(handle.index)] == handle.generation
  }

  /// The element that the handle names; a stale handle is a bug of the caller and stops the
  /// process. Ask `contains` first where the handle may be old.
  @inlinable
  public subscript(handle: Handle) -> Element {
    _read {
      precondition(contains(handle), "stale handle")
      yield elements[Int(handle.index)]
    }
    _modify {
      precondition(contains(handle), "stale handle")
      yield &(elements + Int(handle.index)).pointee
    }
  }

  /// Has the processor bring near the first `bytes` of what the handle names, before it is used.
  @inlinable
  public func prefetch(_ handle: Handle, bytes: Int) {
    guard Int(handle.index) < capacity else { return }
    Primitives.prefetch(UnsafePointer(generations + Int(handle.index)))
    Primitives.prefetch(UnsafePointer(elements + Int(handle.index)), bytes: bytes)
  }

  /// The handle of the element at `index`, or nil where the place is empty: for walking over all.
  @inlinable
  public func handle(at index: Int) -> Handle? {
    guard index >= 0, index < capacity, generations[index] & 1 == 1 else { return nil }
    return Handle(index: UInt32(index), generation: generations[index])
  }
}
