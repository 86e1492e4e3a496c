/// Names a datagram in a `PacketPool`: its number since the pool was made.
public struct PacketReference: Hashable, Sendable {
  /// 1 for the first datagram ever received; 0 names none.
  @usableFromInline let number: UInt64

  @inlinable
  init(number: UInt64) { self.number = number }

  /// A reference that never names a packet.
  public static let none = PacketReference(number: 0)
}

/// A worker's memory for received datagrams: one slab, used round and round.
///
/// A datagram stays readable until `capacity` more have come in; then its slot is used anew and
/// its reference answers nothing. So the retransmission history shares received packets without
/// copying, counting references or freeing, and the length of the history is the worker's memory
/// divided by its rate.
public struct PacketPool: ~Copyable {
  private let place = InPlace()
  /// Bytes in a slot. A datagram is at most 1,500 bytes; the rest is room for a protection
  /// trailer and for rewriting in place.
  public static var slotSize: Int { 2_048 }

  /// How many datagrams are kept: a power of two.
  public let capacity: Int
  @usableFromInline let slab: UnsafeMutableRawPointer
  @usableFromInline var newest: UInt64 = 0

  /// Reserves the slab; `capacity` must be a power of two. All of it is written to, so that no
  /// datagram waits for the kernel to find a page.
  public init(capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0)
    self.capacity = capacity
    let bytes = capacity * Self.slotSize
    slab = .allocate(byteCount: bytes, alignment: 4_096)
    slab.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  }

  deinit { slab.deallocate() }

  /// Takes the next slot, ending the life of the datagram that was in it.
  @inlinable
  public mutating func advance() -> PacketReference {
    newest &+= 1
    return PacketReference(number: newest)
  }

  /// Whether the datagram is still there.
  @inlinable
  public func isLive(_ reference: PacketReference) -> Bool {
    reference.number != 0 && reference.number <= newest
      && newest - reference.number < UInt64(capacity)
  }

  /// The whole slot of a live datagram (`slotSize` bytes); the pointer is good until the slot is
  /// taken again, so it is never kept. A dead reference is a bug of the caller.
  @inlinable
  public func slot(_ reference: PacketReference) -> UnsafeMutableRawBufferPointer {
    precondition(isLive(reference), "dead packet")
    let index = Int(truncatingIfNeeded: reference.number) & (capacity - 1)
    return UnsafeMutableRawBufferPointer(
      start: slab + index * Self.slotSize, count: Self.slotSize)
  }
}
