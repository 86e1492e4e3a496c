import CLinux
import Glibc
import Primitives

/// Messages lined up for one `sendmmsg`: each is one datagram, or several of one length to one
/// destination, which share their way through the kernel (UDP_SEGMENT).
struct SendQueue: ~Copyable {
  private let place = InPlace()
  var usesSegmentation = true
  /// Whether there is room for one more message of as many pieces.
  func hasRoom(forPieces pieces: Int) -> Bool {
    count < capacity && pieceCount + pieces <= pieceCapacity
  }

  /// Messages that fit, and the pieces of memory that they gather.
  private let capacity: Int
  private let pieceCapacity: Int
  private let family: Int32
  private var count = 0
  private var pieceCount = 0
  private let vectors: UnsafeMutablePointer<linux_vector>
  private let messages: UnsafeMutablePointer<linux_message>
  private let addresses: UnsafeMutablePointer<linux_socket_address>
  private let controls: UnsafeMutablePointer<linux_segment_control>
  private let segments: UnsafeMutablePointer<Int>

  init(family: Int32, capacity: Int) {
    self.family = family
    self.capacity = capacity
    pieceCapacity = 4 * capacity
    vectors = .allocate(capacity: pieceCapacity)
    messages = .allocate(capacity: capacity)
    addresses = .allocate(capacity: capacity)
    controls = .allocate(capacity: capacity)
    segments = .allocate(capacity: capacity)
    vectors.initialize(repeating: linux_vector(), count: pieceCapacity)
    messages.initialize(repeating: linux_message(), count: capacity)
    addresses.initialize(repeating: linux_socket_address(), count: capacity)
    controls.initialize(repeating: linux_segment_control(), count: capacity)
    segments.initialize(repeating: 0, count: capacity)
    let length =
      family == AF_INET ? LINUX_IPV4_SOCKET_ADDRESS_BYTES : LINUX_SOCKET_ADDRESS_BYTES
    for index in 0..<capacity {
      linux_prepare_segment_control(controls + index)
      messages[index].name = UnsafeMutableRawPointer(addresses + index)
      messages[index].name_length = UInt32(length)
    }
  }

  deinit {
    vectors.deallocate()
    messages.deallocate()
    addresses.deallocate()
    controls.deallocate()
    segments.deallocate()
  }

  /// Begins a message of `segments` datagrams, as many bytes each but the last; its bytes follow
  /// by `extend`.
  mutating func begin(to address: NetworkAddress, segments count: Int, segmentBytes: Int) {
    precondition(self.count < capacity && count <= Int(LINUX_SEGMENTS))
    let index = self.count
    addresses[index] = linux_socket_address(address, family: family)
    messages[index].vectors = vectors + pieceCount
    messages[index].vector_count = 0
    messages[index].control = count > 1 ? UnsafeMutableRawPointer(controls + index) : nil
    messages[index].control_length =
      count > 1 ? UInt64(MemoryLayout<linux_segment_control>.size) : 0
    controls[index].segment_bytes = UInt16(segmentBytes)
    segments[index] = count
    self.count += 1
  }

  /// Adds bytes to the message that was begun last. They are not copied.
  mutating func extend(_ bytes: UnsafeRawBufferPointer) {
    precondition(count > 0 && pieceCount < pieceCapacity)
    vectors[pieceCount].bytes = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
    vectors[pieceCount].length = UInt64(bytes.count)
    messages[count - 1].vector_count += 1
    pieceCount += 1
  }

  mutating func flush(to descriptor: Int32, counting counters: inout DatagramCounters) {
    var position = 0
    while position < count {
      if !usesSegmentation, segments[position] > 1 {
        sendSegments(of: position, to: descriptor, counting: &counters)
        position += 1
        continue
      }
      let sent = retryingInterrupts {
        linux_send_batch(descriptor, messages + position, UInt32(lengthOfRun(from: position)))
      }
      if sent > 0 {
        for index in position..<position + Int(sent) { counters.count(segments[index]) }
        position += Int(sent)
      } else if errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS {
        for index in position..<count { counters.droppedFull += UInt64(segments[index]) }
        break
      } else {
        resend(position, after: errno, to: descriptor, counting: &counters)
        position += 1
      }
    }
    count = 0
    pieceCount = 0
  }

  /// How many messages from `start` on can go with one call.
  private func lengthOfRun(from start: Int) -> Int {
    if usesSegmentation { return count - start }
    var end = start
    while end < count, segments[end] == 1 { end += 1 }
    return end - start
  }

  /// Sends a message's datagrams one by one after the kernel refused it as a whole; a message of
  /// one is dropped.
  private mutating func resend(
    _ index: Int, after code: Int32, to descriptor: Int32, counting counters: inout DatagramCounters
  ) {
    guard segments[index] > 1 else {
      counters.droppedUnsendable += 1
      return
    }
    counters.segmentationRefusals += 1
    // EIO: the device cannot make checksums, and it will not learn. Otherwise it is about this
    // destination (its MTU, say).
    if code == EIO || code == EOPNOTSUPP { usesSegmentation = false }
    sendSegments(of: index, to: descriptor, counting: &counters)
  }

  /// Sends each datagram of a message by itself. One stands in one piece.
  private func sendSegments(
    of index: Int, to descriptor: Int32, counting counters: inout DatagramCounters
  ) {
    let segmentBytes = Int(controls[index].segment_bytes)
    var vector = linux_vector()
    var message = messages[index]
    message.control = nil
    message.control_length = 0
    message.vector_count = 1
    withUnsafeMutablePointer(to: &vector) { vector in
      message.vectors = vector
      for piece in 0..<Int(messages[index].vector_count) {
        var rest = messages[index].vectors[piece]
        while rest.length > 0 {
          vector.pointee = rest
          vector.pointee.length = min(rest.length, UInt64(segmentBytes))
          rest.bytes += Int(vector.pointee.length)
          rest.length -= vector.pointee.length
          let sent = retryingInterrupts { linux_send_batch(descriptor, &message, 1) }
          if sent == 1 {
            counters.sent += 1
          } else if errno == EAGAIN || errno == EWOULDBLOCK {
            counters.droppedFull += 1
          } else {
            counters.droppedUnsendable += 1
          }
        }
      }
    }
  }
}

extension DatagramCounters {
  fileprivate mutating func count(_ datagrams: Int) {
    sent += UInt64(datagrams)
    if datagrams > 1 { sentAsSegments += UInt64(datagrams) }
  }
}
