import CLinux
import Glibc
import Primitives

/// Where datagrams are received: one room for all participants, since each batch is worked off
/// before the next one comes.
struct SinkInbox: ~Copyable {
  /// Messages of one batch; each may bring some dozens of datagrams that belong together.
  static let messages = 64
  /// Bytes in the longest that the kernel gathers.
  private static let messageBytes = 65_536
  /// Bytes from one message to the next. Most are short: with a power of two their beginnings would
  /// all compete for the same few lines of the processor's cache.
  private static let stride = messageBytes + 35 * 64

  private let messages: UnsafeMutablePointer<linux_message>
  private let vectors: UnsafeMutablePointer<linux_vector>
  private let names: UnsafeMutablePointer<linux_socket_address>
  private let bytes: UnsafeMutableRawBufferPointer
  private let control: UnsafeMutableRawBufferPointer

  init() {
    let count = Self.messages
    let controlBytes = Int(LINUX_ARRIVAL_CONTROL_BYTES)
    messages = .allocate(capacity: count)
    vectors = .allocate(capacity: count)
    names = .allocate(capacity: count)
    bytes = .allocate(byteCount: count * Self.stride, alignment: 4_096)
    control = .allocate(byteCount: count * controlBytes, alignment: 16)
    messages.initialize(repeating: linux_message(), count: count)
    vectors.initialize(repeating: linux_vector(), count: count)
    names.initialize(repeating: linux_socket_address(), count: count)
    for index in 0..<count {
      vectors[index].bytes = bytes.baseAddress.map { $0 + index * Self.stride }
      vectors[index].length = UInt64(Self.messageBytes)
      messages[index].name = UnsafeMutableRawPointer(names + index)
      messages[index].vectors = vectors + index
      messages[index].vector_count = 1
      messages[index].control = control.baseAddress.map { $0 + index * controlBytes }
    }
  }

  deinit {
    messages.deallocate()
    vectors.deallocate()
    names.deallocate()
    bytes.deallocate()
    control.deallocate()
  }

  /// Receives a batch, and says how many messages it has.
  mutating func receive(from descriptor: Int32) -> Int {
    for index in 0..<Self.messages {
      messages[index].name_length = UInt32(LINUX_IPV4_SOCKET_ADDRESS_BYTES)
      messages[index].control_length = UInt64(LINUX_ARRIVAL_CONTROL_BYTES)
    }
    return max(0, Int(linux_receive_batch(descriptor, messages, UInt32(Self.messages))))
  }

  /// A message of the batch.
  func message(_ index: Int) -> SinkMessage {
    precondition(index < Self.messages)
    var arrival = linux_arrival()
    linux_read_arrival(messages + index, &arrival)
    let length = Int(messages[index].length)
    let start = index * Self.stride
    return SinkMessage(
      bytes: UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + length]),
      segmentBytes: arrival.segment_bytes == 0 ? max(1, length) : Int(arrival.segment_bytes),
      source: NetworkAddress(
        ipv4: UInt32(bigEndian: names[index].flow_or_ipv4),
        port: UInt16(bigEndian: names[index].port)),
      destination: UInt32(bigEndian: arrival.destination), dropped: arrival.dropped)
  }
}

/// Datagrams from one sender that the kernel handed over as one.
struct SinkMessage {
  let bytes: UnsafeMutableRawBufferPointer
  /// Bytes of each of the datagrams but for the last, which may be shorter.
  let segmentBytes: Int
  /// Whence they came.
  let source: NetworkAddress
  /// The IPv4 address that they were sent to, where the socket has several.
  let destination: UInt32
  /// Datagrams that the socket had lost by then; 0 where it has lost none.
  let dropped: UInt32
}
