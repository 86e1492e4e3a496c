import Primitives

/// Memory for packets, each in a slot of its own, as a worker has it.
final class PacketSlab {
  let capacity: Int
  private let memory: UnsafeMutableRawPointer

  init(capacity: Int) {
    self.capacity = capacity
    memory = .allocate(byteCount: capacity * PacketPool.slotSize, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: capacity * PacketPool.slotSize)
  }

  deinit { memory.deallocate() }

  /// A slot; good for as long as the slab is there.
  subscript(index: Int) -> UnsafeMutableRawBufferPointer {
    precondition(index >= 0 && index < capacity, "outside of the slab")
    return UnsafeMutableRawBufferPointer(
      start: memory + index * PacketPool.slotSize, count: PacketPool.slotSize)
  }
}
