import CLinux
import Glibc
import Primitives

/// A UDP socket that receives and sends many datagrams with one system call.
///
/// It is an IPv6 socket that takes IPv4 as well (RFC 3493 section 5.3), or an IPv4 socket where
/// the kernel has no IPv6. All memory is reserved when it is made.
public struct UDPSocket: ~Copyable {
  /// Datagrams that one call of `receive` takes at most.
  public static let datagramsPerReceive = 64
  /// Bytes asked for as receive and as send buffer: some 100 ms of a full worker's media.
  public static let bufferBytes = 8 << 20
  /// Datagrams that wait for one system call at most, where nothing else is said.
  public static let usualLineUp = 1_024

  /// A datagram that has been received into a slot.
  public struct Arrival: Equatable, Sendable {
    /// Its length; 0 where it did not fit the slot and is lost.
    public var length: Int
    /// Who sent it.
    public var source: NetworkAddress
  }

  /// Watch this for reading.
  public let descriptor: Int32
  /// Where it is bound, with the port that the kernel chose where 0 was asked for.
  public let localAddress: NetworkAddress
  /// Bytes that the kernel granted as receive buffer, its own overhead included.
  public let receiveBufferBytes: Int
  private var counted = DatagramCounters()

  private var queue: SendQueue
  private let messages: UnsafeMutablePointer<linux_message>
  private let vectors: UnsafeMutablePointer<linux_vector>
  private let addresses: UnsafeMutablePointer<linux_socket_address>

  /// Opens a socket that does not block, bound to `address`; `::` takes both families. `lineUp` is
  /// how many datagrams can wait for `flush`, a power of two; each takes some 170 bytes.
  public init(
    bindingTo address: NetworkAddress, lineUp: Int = UDPSocket.usualLineUp
  ) throws(SystemError) {
    let attempt = "bind UDP \(address)"
    var family = AF_INET6
    var descriptor = Self.open(family)
    if descriptor < 0, errno == EAFNOSUPPORT {
      family = AF_INET
      descriptor = Self.open(family)
    }
    guard descriptor >= 0 else { throw .last(attempt) }
    do throws(SystemError) {
      localAddress = try Self.bind(descriptor, to: address, family: family, attempt)
    } catch {
      close(descriptor)
      throw error
    }
    linux_ask_for_buffers(descriptor, Int32(Self.bufferBytes))
    // DTLS and RTP stay below the path's MTU by themselves; a fragment would only be lost.
    _ = linux_forbid_fragments(descriptor)
    self.descriptor = descriptor
    receiveBufferBytes = Int(linux_granted_buffer(descriptor, 0))
    queue = SendQueue(family: family, capacity: lineUp)
    let count = Self.datagramsPerReceive
    messages = .allocate(capacity: count)
    vectors = .allocate(capacity: count)
    addresses = .allocate(capacity: count)
    messages.initialize(repeating: linux_message(), count: count)
    vectors.initialize(repeating: linux_vector(), count: count)
    addresses.initialize(repeating: linux_socket_address(), count: count)
    for index in 0..<count {
      messages[index].name = UnsafeMutableRawPointer(addresses + index)
      messages[index].vectors = vectors + index
      messages[index].vector_count = 1
    }
  }

  deinit {
    close(descriptor)
    messages.deallocate()
    vectors.deallocate()
    addresses.deallocate()
  }

  private static func open(_ family: Int32) -> Int32 {
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(family, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
    if descriptor >= 0, family == AF_INET6 {
      var no: Int32 = 0
      setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &no, socklen_t(4))
    }
    return descriptor
  }

  private static func bind(
    _ descriptor: Int32, to address: NetworkAddress, family: Int32, _ attempt: String
  ) throws(SystemError) -> NetworkAddress {
    if family == AF_INET, !address.isIPv4, address.high | address.low != 0 {
      throw SystemError(attempt, code: EAFNOSUPPORT)
    }
    var name = linux_socket_address(address, family: family)
    let length =
      family == AF_INET ? LINUX_IPV4_SOCKET_ADDRESS_BYTES : LINUX_SOCKET_ADDRESS_BYTES
    let result = withUnsafeMutablePointer(to: &name) { pointer in
      Glibc.bind(
        descriptor, UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self),
        socklen_t(length))
    }
    guard result == 0, let bound = NetworkAddress(.local, of: descriptor) else {
      throw .last(attempt)
    }
    return bound
  }

  /// What has been received, sent and dropped.
  public var counters: DatagramCounters {
    var counters = counted
    counters.overflowed = UInt64(max(0, linux_overflowed(descriptor)))
    return counters
  }

  /// Whether the kernel granted the receive buffer that is asked for; it counts each byte twice
  /// (socket(7)).
  public var hasFullReceiveBuffer: Bool { receiveBufferBytes >= 2 * Self.bufferBytes }

  // MARK: Receiving

  /// Receives up to `datagramsPerReceive` datagrams, the first into the first slot and so on, and
  /// says how many; 0 where none waits. `arrival` tells of each.
  public mutating func receive(into slots: [UnsafeMutableRawBufferPointer]) -> Int {
    let count = min(slots.count, Self.datagramsPerReceive)
    for index in 0..<count {
      vectors[index].bytes = slots[index].baseAddress
      vectors[index].length = UInt64(slots[index].count)
      messages[index].name_length = UInt32(LINUX_SOCKET_ADDRESS_BYTES)
      messages[index].flags = 0
    }
    // An error here is that of an earlier send, told late; the datagrams are still there.
    for _ in 0..<4 {
      let received = retryingInterrupts {
        linux_receive_batch(descriptor, messages, UInt32(count))
      }
      if received >= 0 {
        counted.received += UInt64(received)
        return Int(received)
      }
      if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
      counted.receiveErrors += 1
    }
    return 0
  }

  /// Length and source of the datagram that the last `receive` put into slot `index`; nil where
  /// it came from no address that one could answer.
  public mutating func arrival(_ index: Int) -> Arrival? {
    precondition(index < Self.datagramsPerReceive)
    guard let source = addresses[index].networkAddress else { return nil }
    if messages[index].flags & Int32(LINUX_TRUNCATED) != 0 {
      counted.oversized += 1
      return Arrival(length: 0, source: source)
    }
    return Arrival(length: Int(messages[index].length), source: source)
  }

  // MARK: Sending

  /// Lines up a datagram. Its bytes are not copied: they stay as they are until `flush`.
  public mutating func enqueue(_ bytes: UnsafeRawBufferPointer, to address: NetworkAddress) {
    if queue.isFull { flush() }
    queue.append(bytes, to: address)
  }

  /// Sends everything that is lined up. What cannot be sent is dropped and counted: media that
  /// waits is worth nothing, and one bad destination never holds up the others.
  public mutating func flush() { queue.flush(to: descriptor, counting: &counted) }

  /// Whether datagrams of equal size to one destination go to the kernel as one. On at first, and
  /// switched off by itself where the network device refuses.
  public var usesSegmentation: Bool {
    get { queue.usesSegmentation }
    set {
      flush()
      queue.usesSegmentation = newValue
    }
  }
}

/// A socket's account of its datagrams.
public struct DatagramCounters: Equatable, Sendable {
  /// Received, those too long for their slot included.
  public var received: UInt64 = 0
  /// Received and too long for their slot.
  public var oversized: UInt64 = 0
  /// Came while the receive buffer was full, and were lost: modulo 2^32.
  public var overflowed: UInt64 = 0
  /// Errors that receiving reported.
  public var receiveErrors: UInt64 = 0
  /// Handed to the kernel.
  public var sent: UInt64 = 0
  /// Of those sent, the ones that went as segments of a larger one.
  public var sentAsSegments: UInt64 = 0
  /// Dropped because the socket's send buffer was full.
  public var droppedFull: UInt64 = 0
  /// Dropped because the kernel would not send them to where they were to go.
  public var droppedUnsendable: UInt64 = 0
  /// Times that the kernel refused segments and they were sent one by one.
  public var segmentationRefusals: UInt64 = 0

  /// Nothing yet.
  public init() {}
}

extension DatagramCounters {
  /// Adds another socket's account.
  public mutating func add(_ other: DatagramCounters) {
    received += other.received
    oversized += other.oversized
    overflowed += other.overflowed
    receiveErrors += other.receiveErrors
    sent += other.sent
    sentAsSegments += other.sentAsSegments
    droppedFull += other.droppedFull
    droppedUnsendable += other.droppedUnsendable
    segmentationRefusals += other.segmentationRefusals
  }
}
