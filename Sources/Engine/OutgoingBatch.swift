import Primitives

/// The datagrams that a worker wants sent, side by side in one slab.
///
/// The worker fills it, the driver hands it to the socket and clears it. One datagram that comes
/// in can cause as many as there are seats in a call, so the driver flushes whenever
/// `wantsFlush` says so, and at the end of each turn.
public struct OutgoingBatch: ~Copyable {
  /// One datagram.
  public struct Entry: Sendable {
    /// Where it goes.
    public var address: NetworkAddress
    /// Offset of its first byte in the slab.
    public var offset: Int
    /// Its length in bytes.
    public var length: Int
  }

  /// Bytes from one datagram's start to the next.
  public static let stride = PacketPool.slotSize
  /// How many datagrams fit.
  public static let capacity = 1_024

  /// The datagrams, in the order to send them.
  public private(set) var entries: [Entry] = []
  /// Datagrams that found no room since the batch was made; 0 while the driver keeps its word.
  public private(set) var overflowed: UInt64 = 0

  private let slab: UnsafeMutableRawPointer

  /// Reserves the slab.
  public init() {
    slab = .allocate(byteCount: Self.capacity * Self.stride, alignment: 64)
    entries.reserveCapacity(Self.capacity)
  }

  deinit { slab.deallocate() }

  /// Whether the driver must flush before it gives the worker another datagram.
  public var wantsFlush: Bool { entries.count > Self.capacity / 2 }

  /// The bytes of the slab, for the driver's system call; good until the batch is filled again.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: slab, count: Self.capacity * Self.stride)
  }

  /// The bytes of one datagram; good until the batch is filled again.
  public func bytes(of entry: Entry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[entry.offset..<entry.offset + entry.length])
  }

  /// Forgets what was sent.
  public mutating func clear() { entries.removeAll(keepingCapacity: true) }

  /// Room for the next datagram (`stride` bytes), or nil where there is none. `commit` makes it
  /// part of the batch.
  mutating func open() -> UnsafeMutableRawBufferPointer? {
    guard entries.count < Self.capacity else {
      overflowed += 1
      return nil
    }
    return UnsafeMutableRawBufferPointer(
      start: slab + entries.count * Self.stride, count: Self.stride)
  }

  /// Makes the room that was opened last a datagram of `length` bytes.
  mutating func commit(length: Int, to address: NetworkAddress) {
    precondition(length > 0 && length <= Self.stride && entries.count < Self.capacity)
    entries.append(Entry(address: address, offset: entries.count * Self.stride, length: length))
  }

  /// Adds a datagram by copying it.
  mutating func append(_ datagram: [UInt8], to address: NetworkAddress) {
    guard !datagram.isEmpty, datagram.count <= Self.stride, let room = open() else { return }
    room.copyBytes(from: datagram)
    commit(length: datagram.count, to: address)
  }
}
