import CLinux
import Glibc
import Primitives

/// A UDP socket that receives and sends many datagrams with one system call, and those of one
/// length from or to one address as one (UDP_GRO, UDP_SEGMENT).
///
/// Bound to an IPv4 address, or where the kernel has no IPv6, it is an IPv4 socket, whose messages
/// cost the kernel less; else an IPv6 socket that takes IPv4 as well (RFC 3493 section 5.3). All
/// memory is reserved when it is made.
public struct UDPSocket: ~Copyable {
  private let place = InPlace()
  /// Messages that wait for one system call at most, where nothing else is said.
  public static let usualLineUp = 1_024
  /// Messages that one system call takes at most, where nothing else is said.
  public static let usualMessagesPerReceive = 64
  /// Bytes that the kernel hands over as one message at most.
  private static let longestMessage = 65_536
  /// The longest that a datagram can have waited, as far as that is believed.
  private static let longestAge = Duration.seconds(1)
  /// Bytes asked for as receive and as send buffer: some 100 ms of a full worker's media.
  public static let bufferBytes = 8 << 20

  /// Datagrams that came together from one sender.
  public struct Arrival {
    /// Their bytes, one datagram behind the other; good until the next `receive`.
    public var bytes: UnsafeRawBufferPointer
    /// Bytes in each but the last, which may have fewer.
    public var segmentBytes: Int
    /// Who sent them.
    public var source: NetworkAddress
    /// How long the first of them lay in the socket; zero where the kernel does not say.
    public var age: Duration
  }

  /// Watch this for reading.
  public let descriptor: Int32
  /// Where it is bound, with the port that the kernel chose where 0 was asked for.
  public let localAddress: NetworkAddress
  /// Bytes that the kernel granted as receive buffer, its own overhead included.
  public let receiveBufferBytes: Int
  /// When the last batch was taken, by the clock of the kernel's stamps; nil without these.
  private var takenAt: Int64?
  private let stampsArrivals: Bool
  private var counted = DatagramCounters()

  private var queue: SendQueue
  private let messagesPerReceive: Int
  /// Messages in which something arrived the last time.
  private var usedMessages = 0
  private let landing: UnsafeMutableRawPointer
  private let controls: UnsafeMutableRawPointer
  private let messages: UnsafeMutablePointer<linux_message>
  private let vectors: UnsafeMutablePointer<linux_vector>
  private let addresses: UnsafeMutablePointer<linux_socket_address>

  /// Opens a socket that does not block, bound to `address`; `::` takes both families. One call of
  /// `receive` takes `messagesPerReceive` messages at most, each of 64 KiB of memory, which the
  /// kernel gives as it is first written. `lineUp` is how many messages can wait for `flush`; each
  /// takes some 200 bytes. With `stampsArrivals` each arrival tells how old it is.
  public init(
    bindingTo address: NetworkAddress,
    messagesPerReceive count: Int = UDPSocket.usualMessagesPerReceive,
    lineUp: Int = UDPSocket.usualLineUp, stampsArrivals: Bool = false
  ) throws(SystemError) {
    let attempt = "bind UDP \(address)"
    var family = address.isIPv4 ? AF_INET : AF_INET6
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
    // A kernel that cannot gather hands over each datagram by itself.
    _ = linux_gather_arrivals(descriptor)
    self.stampsArrivals = stampsArrivals && linux_stamp_arrivals(descriptor) == 0
    messagesPerReceive = count
    landing = .allocate(byteCount: count * Self.longestMessage, alignment: 4_096)
    let controlBytes = Int(LINUX_ARRIVAL_CONTROL_BYTES)
    controls = .allocate(byteCount: count * controlBytes, alignment: 16)
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
      messages[index].control = controls + index * controlBytes
      vectors[index].bytes = landing + index * Self.longestMessage
      vectors[index].length = UInt64(Self.longestMessage)
      offer(index)
    }
  }

  deinit {
    close(descriptor)
    landing.deallocate()
    controls.deallocate()
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

  /// Datagrams that have been received, without asking the kernel for more.
  public var received: UInt64 { counted.received }

  /// Whether the kernel granted the receive buffer that is asked for; it counts each byte twice
  /// (socket(7)).
  public var hasFullReceiveBuffer: Bool { receiveBufferBytes >= 2 * Self.bufferBytes }

  // MARK: Receiving

  /// Receives what waits, up to `messagesPerReceive` messages, and says how many they are; 0 where
  /// none waits. `arrival` tells of each.
  public mutating func receive() -> Int {
    for index in 0..<usedMessages { offer(index) }
    usedMessages = 0
    // An error here is that of an earlier send, told late; the datagrams are still there.
    for _ in 0..<4 {
      let received = retryingInterrupts {
        linux_receive_batch(descriptor, messages, UInt32(messagesPerReceive))
      }
      if received >= 0 {
        usedMessages = Int(received)
        if stampsArrivals, received > 0 { takenAt = WallClock.nanoseconds() }
        return Int(received)
      }
      if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
      counted.receiveErrors += 1
    }
    return 0
  }

  /// Has message `index` take as much as there is room for; a message that has arrived says how much
  /// that was instead.
  private func offer(_ index: Int) {
    messages[index].name_length = UInt32(LINUX_SOCKET_ADDRESS_BYTES)
    messages[index].control_length = UInt64(LINUX_ARRIVAL_CONTROL_BYTES)
  }

  /// The datagrams in message `index` of the last `receive`; nil where they came from no address
  /// that one could answer.
  public mutating func arrival(_ index: Int) -> Arrival? {
    precondition(index < messagesPerReceive)
    var told = linux_arrival()
    linux_read_arrival(messages + index, &told)
    let length = Int(messages[index].length)
    let step = told.segment_bytes == 0 ? max(1, length) : Int(told.segment_bytes)
    counted.received += UInt64(max(1, (length + step - 1) / step))
    guard let source = addresses[index].networkAddress else { return nil }
    return Arrival(
      bytes: UnsafeRawBufferPointer(start: vectors[index].bytes, count: length),
      segmentBytes: step, source: source, age: age(of: told.stamp))
  }

  /// The clock of stamps may be set; what it then says is of no use.
  private func age(of stamp: Int64) -> Duration {
    guard let takenAt, stamp > 0 else { return .zero }
    let age = Duration(nanoseconds: takenAt - stamp)
    return age >= .zero && age <= Self.longestAge ? age : .zero
  }

  // MARK: Sending

  /// Lines up a datagram. Its bytes are not copied: they stay as they are until `flush`.
  public mutating func enqueue(_ bytes: UnsafeRawBufferPointer, to address: NetworkAddress) {
    begin(to: address, segments: 1, segmentBytes: bytes.count, pieces: 1)
    extend(bytes)
  }

  /// Begins to line up `segments` datagrams to one address, `segmentBytes` in each but the last,
  /// which may have fewer, 65,000 in all at most. Their bytes follow by `extend`, in as many
  /// pieces; a datagram stands in one piece.
  public mutating func begin(
    to address: NetworkAddress, segments: Int, segmentBytes: Int, pieces: Int
  ) {
    if !queue.hasRoom(forPieces: pieces) { flush() }
    queue.begin(to: address, segments: segments, segmentBytes: segmentBytes)
  }

  /// Adds bytes to what was begun last. They are not copied: they stay as they are until `flush`.
  public mutating func extend(_ bytes: UnsafeRawBufferPointer) { queue.extend(bytes) }

  /// Sends everything that is lined up. What cannot be sent is dropped and counted: media that
  /// waits is worth nothing, and one bad destination never holds up the others.
  public mutating func flush() { queue.flush(to: descriptor, counting: &counted) }

  /// Whether datagrams that are lined up together go to the kernel as one. On at first, and switched
  /// off by itself where the network device refuses.
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
  /// Received.
  public var received: UInt64 = 0
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
    overflowed += other.overflowed
    receiveErrors += other.receiveErrors
    sent += other.sent
    sentAsSegments += other.sentAsSegments
    droppedFull += other.droppedFull
    droppedUnsendable += other.droppedUnsendable
    segmentationRefusals += other.segmentationRefusals
  }
}
