import CLinux
import Primitives

/// Where the packets of a frame are made and sent from: one room for all participants.
///
/// They go out as datagrams of their own, in one system call. Segments would cost less, but reach
/// a server on the same machine as a single large datagram, which no browser sends.
struct SinkOutbox: ~Copyable {
  /// Packets of one frame at most.
  static let packets = 16
  /// Bytes that one packet may have, its trailer included.
  static let packetBytes = Limits.datagramBytes

  private let messages: UnsafeMutablePointer<linux_message>
  private let vectors: UnsafeMutablePointer<linux_vector>
  private let bytes: UnsafeMutableRawBufferPointer
  private var count = 0

  init() {
    messages = .allocate(capacity: Self.packets)
    vectors = .allocate(capacity: Self.packets)
    bytes = .allocate(byteCount: Self.packets * Self.packetBytes, alignment: 16)
    messages.initialize(repeating: linux_message(), count: Self.packets)
    vectors.initialize(repeating: linux_vector(), count: Self.packets)
    for index in 0..<Self.packets {
      vectors[index].bytes = bytes.baseAddress.map { $0 + index * Self.packetBytes }
      messages[index].vectors = vectors + index
      messages[index].vector_count = 1
    }
  }

  deinit {
    messages.deallocate()
    vectors.deallocate()
    bytes.deallocate()
  }

  /// Where the next packet is to be made.
  var slot: UnsafeMutableRawBufferPointer {
    precondition(count < Self.packets)
    let start = count * Self.packetBytes
    return UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + Self.packetBytes])
  }

  /// Takes the packet in `slot`, of `length` bytes, into what `send` will send along a path.
  mutating func append(length: Int, along path: borrowing SinkPath) {
    precondition(length <= Self.packetBytes)
    vectors[count].length = UInt64(length)
    path.lead(&messages[count])
    count += 1
  }

  /// Sends all packets on a socket; how many the kernel did not take.
  mutating func send(on descriptor: Int32) -> Int {
    defer { count = 0 }
    guard count > 0 else { return 0 }
    return count - max(0, Int(linux_send_batch(descriptor, messages, UInt32(count))))
  }
}
