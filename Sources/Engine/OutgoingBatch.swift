import Primitives

/// The datagrams that a worker wants sent, side by side in one slab.
///
/// The worker fills it, the driver hands it to the socket and clears it. One datagram that comes
/// in can cause as many as there are seats in a call, so the driver flushes whenever
/// `wantsFlush` says so, and at the end of each turn. What finds no room all the same is lost, as
/// the network may lose it.
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
  /// From so many datagrams on the driver flushes; the rest of the room is for what one datagram
  /// or one deadline can cause.
  private static let flushThreshold = 512

  /// How many datagrams fit.
  public let capacity: Int
  /// The datagrams, in the order to send them.
  public private(set) var entries: [Entry] = []
  /// Datagrams that were added since the batch was made.
  public private(set) var appended: UInt64 = 0
  /// Datagrams that found no room since the batch was made.
  public private(set) var overflowed: UInt64 = 0

  private let slab: UnsafeMutableRawPointer

  /// Reserves the slab. The kernel gives pages only as they are first written.
  public init(capacity: Int) {
    self.capacity = capacity
    slab = .allocate(byteCount: capacity * Self.stride, alignment: 64)
    entries.reserveCapacity(capacity)
  }

  deinit { slab.deallocate() }

  /// Whether the driver must flush before it gives the worker another datagram.
  public var wantsFlush: Bool { entries.count >= Self.flushThreshold }

  /// The bytes of the slab, for the driver's system call; good until the batch is filled again.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: slab, count: capacity * Self.stride)
  }

  /// The bytes of one datagram; good until the batch is filled again.
  public func bytes(of entry: Entry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[entry.offset..<entry.offset + entry.length])
  }

  /// Forgets what was sent.
  public mutating func clear() { entries.removeAll(keepingCapacity: true) }

  /// Room for the next datagram (`stride` bytes), or nil where there is none. `commit` makes it
  /// part of the batch; until then, opening again gives the same room.
  mutating func open() -> UnsafeMutableRawBufferPointer? {
    guard entries.count < capacity else {
      overflowed += 1
      return nil
    }
    return opened
  }

  /// The room that `open` gave last.
  var opened: UnsafeMutableRawBufferPointer {
    precondition(entries.count < capacity, "no room was opened")
    return UnsafeMutableRawBufferPointer(
      start: slab + entries.count * Self.stride, count: Self.stride)
  }

  /// Makes the room that was opened last a datagram of `length` bytes.
  mutating func commit(length: Int, to address: NetworkAddress) {
    precondition(length > 0 && length <= Self.stride && entries.count < capacity)
    entries.append(Entry(address: address, offset: entries.count * Self.stride, length: length))
    appended += 1
  }

  /// Adds a datagram of at most `stride` bytes by copying it.
  mutating func append(_ datagram: [UInt8], to address: NetworkAddress) {
    precondition(datagram.count <= Self.stride, "a datagram longer than its slot")
    guard let room = open() else { return }
    room.copyBytes(from: datagram)
    commit(length: datagram.count, to: address)
  }
}
