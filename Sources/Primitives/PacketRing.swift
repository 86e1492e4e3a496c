import Synchronization

/// A bounded queue of packets from one thread to one other, without locks: each with a label, its
/// bytes copied in.
///
/// As with `Ring`, the producer alone calls `push`, the consumer alone calls `pop`, and neither
/// ever waits. The kernel gives pages of its memory only as they are first written.
public final class PacketRing<Label: BitwiseCopyable & Sendable>: Sendable {
  /// Bytes in the longest packet that fits.
  public static var longestPacket: Int { Limits.datagramBytes }
  /// How many packets fit: a power of two.
  public let capacity: Int
  private let head = Atomic<Int>(0)
  private let tail = Atomic<Int>(0)
  private nonisolated(unsafe) let labels: UnsafeMutablePointer<(label: Label, length: Int)>
  private nonisolated(unsafe) let slab: UnsafeMutableRawPointer

  /// Makes an empty ring; `capacity` must be a power of two.
  public init(capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0)
    self.capacity = capacity
    labels = .allocate(capacity: capacity)
    slab = .allocate(byteCount: capacity * PacketPool.slotSize, alignment: 4_096)
  }

  deinit {
    labels.deallocate()
    slab.deallocate()
  }

  /// Appends a packet of at most `longestPacket` bytes; false, and nothing changed, where the ring
  /// is full. Producer only.
  public func push(_ label: Label, _ bytes: UnsafeRawBufferPointer) -> Bool {
    precondition(bytes.count <= Self.longestPacket, "a packet longer than its slot")
    let position = tail.load(ordering: .relaxed)
    guard position - head.load(ordering: .acquiring) < capacity else { return false }
    let index = position & (capacity - 1)
    (labels + index).initialize(to: (label, bytes.count))
    UnsafeMutableRawBufferPointer(start: slot(index), count: bytes.count).copyMemory(from: bytes)
    tail.store(position + 1, ordering: .releasing)
    return true
  }

  /// Hands the oldest packet over, whose bytes are good until `body` returns; it stays where that
  /// answers false. False where the packet has stayed, or there is none. Consumer only.
  public func pop(_ body: (Label, UnsafeRawBufferPointer) -> Bool) -> Bool {
    let position = head.load(ordering: .relaxed)
    guard position < tail.load(ordering: .acquiring) else { return false }
    let index = position & (capacity - 1)
    let (label, length) = labels[index]
    guard body(label, UnsafeRawBufferPointer(start: slot(index), count: length)) else {
      return false
    }
    head.store(position + 1, ordering: .releasing)
    return true
  }

  /// How many packets wait; exact only on a thread that is the producer or the consumer.
  public var count: Int {
    tail.load(ordering: .acquiring) - head.load(ordering: .acquiring)
  }

  /// Whether nothing waits.
  public var isEmpty: Bool { count == 0 }

  private func slot(_ index: Int) -> UnsafeMutableRawPointer {
    slab + index * PacketPool.slotSize
  }
}
