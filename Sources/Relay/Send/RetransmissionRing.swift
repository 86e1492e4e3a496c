import Primitives

/// What a packet was sent as, so that it can be sent again just so: two of them in a cache line.
struct SentPacket {
  /// The clear packet as the publisher sent it, in the pool.
  var reference: PacketReference
  /// When it was last sent.
  var time: Instant
  /// The output sequence number, extended to 32 bits: the pool keeps nothing that long.
  var sequence: UInt32
  /// The output timestamp.
  var timestamp: UInt32
  /// Bytes in the publisher's packet.
  var length: UInt16
  /// The output picture id and TL0PICIDX, where the packet has them.
  var pictureID: UInt16
  var baseLayerIndex: UInt8
}

/// The last packets of one send stream by output sequence number: references to the shared clear
/// packets, no copies. What the pool has recycled answers nothing.
struct RetransmissionRing: ~Copyable {
  private let memory: NearMemory?
  private let packets: UnsafeMutableBufferPointer<SentPacket>

  /// Remembers `capacity` packets, a power of two; 0 for a stream without retransmission.
  init(capacity: Int) {
    precondition(capacity & (capacity - 1) == 0, "not a power of two")
    if capacity > 0 {
      let memory = NearMemory(bytes: capacity * MemoryLayout<SentPacket>.stride)
      packets = UnsafeMutableBufferPointer(
        start: memory.start.bindMemory(to: SentPacket.self, capacity: capacity), count: capacity)
      self.memory = consume memory
    } else {
      packets = UnsafeMutableBufferPointer(start: nil, count: 0)
      memory = nil
    }
    reset()
  }

  /// Where the packet with a number is, inside whatever the number.
  private func place(of sequence: UInt64) -> Int {
    Int(truncatingIfNeeded: sequence) & (packets.count - 1)
  }

  /// Notes the packet that goes out with the number `sequence`.
  mutating func record(_ packet: SentPacket, at sequence: UInt64) {
    guard !packets.isEmpty else { return }
    packets[place(of: sequence)] = packet
  }

  /// Has the processor bring near the place of the packet with the number `sequence`.
  func prefetch(_ sequence: UInt64) {
    guard !packets.isEmpty else { return }
    Primitives.prefetch(UnsafeBufferPointer(packets), at: place(of: sequence))
  }

  /// Forgets all: what comes now is another publisher's.
  mutating func reset() {
    packets.initialize(
      repeating: SentPacket(
        reference: .none, time: .origin, sequence: 0, timestamp: 0, length: 0, pictureID: 0,
        baseLayerIndex: 0))
  }

  /// The packet that went out with the number `sequence`, or nil where it is not known any more,
  /// or was last sent less than `quietTime` ago. A packet that is given out counts as sent `now`.
  mutating func take(_ sequence: UInt64, now: Instant, quietTime: Duration) -> SentPacket? {
    guard !packets.isEmpty else { return nil }
    let index = place(of: sequence)
    guard packets[index].sequence == UInt32(truncatingIfNeeded: sequence),
      packets[index].time + quietTime <= now
    else { return nil }
    packets[index].time = now
    return packets[index]
  }
}
