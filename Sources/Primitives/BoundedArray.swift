/// An array whose memory is reserved once: it never grows, so it never allocates on the packet
/// path, and reaching an element counts no references.
public struct BoundedArray<Element>: ~Copyable {
  /// How many elements fit.
  public let capacity: Int
  /// How many elements there are.
  public internal(set) var count = 0

  @usableFromInline let elements: UnsafeMutablePointer<Element>

  /// Reserves room for `capacity` elements, 0 or more.
  public init(capacity: Int) {
    precondition(capacity >= 0)
    self.capacity = capacity
    elements = .allocate(capacity: capacity)
  }

  deinit {
    elements.deinitialize(count: count)
    elements.deallocate()
  }

  /// Whether no element fits any more.
  public var isFull: Bool { count == capacity }

  /// Adds an element at the end; false, and nothing changed, where it is full.
  @discardableResult
  public mutating func append(_ element: Element) -> Bool {
    guard count < capacity else { return false }
    (elements + count).initialize(to: element)
    count += 1
    return true
  }

  /// Puts an element in front of the one at `index`; false, and nothing changed, where it is full.
  @discardableResult
  public mutating func insert(_ element: Element, at index: Int) -> Bool {
    precondition(index >= 0 && index <= count)
    guard count < capacity else { return false }
    (elements + index + 1).moveInitialize(from: elements + index, count: count - index)
    (elements + index).initialize(to: element)
    count += 1
    return true
  }

  /// Takes the element at `index` out; those behind it move up.
  public mutating func remove(at index: Int) {
    precondition(index >= 0 && index < count)
    (elements + index).deinitialize(count: 1)
    (elements + index).moveInitialize(from: elements + index + 1, count: count - index - 1)
    count -= 1
  }

  /// Takes all elements out.
  public mutating func removeAll() {
    elements.deinitialize(count: count)
    count = 0
  }

  /// Has the processor bring near the element at `index`, which must be inside, before it is used.
  @inlinable
  public func prefetch(at index: Int) {
    precondition(index >= 0 && index < count)
    Primitives.prefetch(UnsafePointer(elements + index))
  }

  /// The element at `index`, which must be inside: checked.
  @inlinable
  public subscript(index: Int) -> Element {
    _read {
      precondition(index >= 0 && index < count)
      yield elements[index]
    }
    _modify {
      precondition(index >= 0 && index < count)
      yield &(elements + index).pointee
    }
  }
}
