import CLinux
import Glibc
import Primitives

/// Where datagrams are received: one room for all participants, since each batch is worked off
/// before the next one comes.
struct SinkInbox: ~Copyable {
  /// Messages of one batch; each may bring some dozens of datagrams that belong together.
  static let messages = 16
  /// Bytes in the longest that the kernel gathers.
  private static let messageBytes = 65_536

  private let messages: UnsafeMutablePointer<linux_message>
  private let vectors: UnsafeMutablePointer<linux_vector>
  private let bytes: UnsafeMutableRawBufferPointer
  private let control: UnsafeMutableRawBufferPointer

  init() {
    let count = Self.messages
    let controlBytes = Int(LINUX_ARRIVAL_CONTROL_BYTES)
    messages = .allocate(capacity: count)
    vectors = .allocate(capacity: count)
    bytes = .allocate(byteCount: count * Self.messageBytes, alignment: 4_096)
    control = .allocate(byteCount: count * controlBytes, alignment: 16)
    messages.initialize(repeating: linux_message(), count: count)
    vectors.initialize(repeating: linux_vector(), count: count)
    for index in 0..<count {
      vectors[index].bytes = bytes.baseAddress.map { $0 + index * Self.messageBytes }
      vectors[index].length = UInt64(Self.messageBytes)
      messages[index].vectors = vectors + index
      messages[index].vector_count = 1
      messages[index].control = control.baseAddress.map { $0 + index * controlBytes }
    }
  }

  deinit {
    messages.deallocate()
    vectors.deallocate()
    bytes.deallocate()
    control.deallocate()
  }

  /// Receives a batch from a connected socket, and says how many messages it has.
  mutating func receive(from descriptor: Int32) -> Int {
    for index in 0..<Self.messages {
      messages[index].control_length = UInt64(LINUX_ARRIVAL_CONTROL_BYTES)
    }
    return max(0, Int(linux_receive_batch(descriptor, messages, UInt32(Self.messages))))
  }

  /// The bytes of a message of the batch, and how many of them each datagram has but for the last,
  /// which may be shorter. `dropped` is set to what the socket lost so far, where the kernel tells.
  func message(
    _ index: Int, dropped: inout UInt32
  ) -> (bytes: UnsafeMutableRawBufferPointer, segmentBytes: Int) {
    precondition(index < Self.messages)
    var arrival = linux_arrival(segment_bytes: 0, dropped: dropped, stamp: 0)
    linux_read_arrival(messages + index, &arrival)
    dropped = arrival.dropped
    let length = Int(messages[index].length)
    let start = index * Self.messageBytes
    return (
      UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + length]),
      arrival.segment_bytes == 0 ? max(1, length) : Int(arrival.segment_bytes)
    )
  }
}
