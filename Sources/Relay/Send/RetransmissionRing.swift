import Primitives

/// What a packet was sent as, so that it can be sent again just so.
struct SentPacket {
  /// The output sequence number, extended.
  var sequence: UInt64
  /// The clear packet as the publisher sent it, in the pool.
  var reference: PacketReference
  /// Bytes in it.
  var length: Int
  /// The output timestamp.
  var timestamp: UInt32
  /// The output picture id and TL0PICIDX, where the packet has them.
  var pictureID: UInt16
  var baseLayerIndex: UInt8
  /// When it was last sent.
  var time: Instant
}

/// The last packets of one send stream by output sequence number: references to the shared clear
/// packets, no copies. What the pool has recycled answers nothing.
struct RetransmissionRing: ~Copyable {
  private let capacity: Int
  private var packets: BoundedArray<SentPacket>

  /// Remembers `capacity` packets; 0 for a stream without retransmission.
  init(capacity: Int) {
    self.capacity = capacity
    packets = BoundedArray(capacity: capacity)
    reset()
  }

  /// Notes a packet.
  mutating func record(_ packet: SentPacket) {
    guard capacity > 0 else { return }
    packets[Int(packet.sequence % UInt64(capacity))] = packet
  }

  /// Has the processor bring near the place of the packet with the number `sequence`.
  func prefetch(_ sequence: UInt64) {
    guard capacity > 0 else { return }
    packets.prefetch(at: Int(sequence % UInt64(capacity)))
  }

  /// Forgets all: what comes now is another publisher's.
  mutating func reset() {
    packets.removeAll()
    let none = SentPacket(
      sequence: .max, reference: .none, length: 0, timestamp: 0, pictureID: 0, baseLayerIndex: 0,
      time: .origin)
    for _ in 0..<capacity { packets.append(none) }
  }

  /// The packet that went out with the number `sequence`, or nil where it is not known any more,
  /// or was last sent less than `quietTime` ago. A packet that is given out counts as sent `now`.
  mutating func take(_ sequence: UInt64, now: Instant, quietTime: Duration) -> SentPacket? {
    guard capacity > 0 else { return nil }
    let index = Int(sequence % UInt64(capacity))
    guard packets[index].sequence == sequence, packets[index].time + quietTime <= now
    else { return nil }
    packets[index].time = now
    return packets[index]
  }
}
