import CLinux
import Glibc
import Primitives

/// Datagrams lined up for one `sendmmsg`, gathered per destination.
///
/// Most of a datagram's cost lies in its way through the kernel, and datagrams of one size to one
/// destination can share it (UDP_SEGMENT). A frame fans out packet by packet to all receivers, so
/// those that belong together do not come one after the other: each destination's open group is
/// found by a small hash table. The order within a destination is kept.
struct SendQueue: ~Copyable {
  /// Bytes that one group may hold: the longest UDP payload, less the headers of either family.
  private static let groupBytes = 65_000

  var usesSegmentation = true
  var isFull: Bool { count == capacity }

  /// Datagrams to one destination that go to the kernel as one message. All are as long as the
  /// first but for the last, which may be shorter and then ends the group.
  private struct Group {
    var address: NetworkAddress
    var segmentBytes: Int
    var first: Int
    var last: Int
    var count = 1
    var bytes: Int
    var isClosed = false
  }

  /// Datagrams that fit: a power of two.
  private let capacity: Int
  private let family: Int32
  private var count = 0
  private var groups: [Group] = []
  /// Open-addressing table: 1 + the latest group of a destination, or 0.
  private var table: [Int32]
  /// The datagram that follows in its group, or -1.
  private var next: [Int]
  private let datagrams: UnsafeMutablePointer<linux_vector>
  private let vectors: UnsafeMutablePointer<linux_vector>
  private let messages: UnsafeMutablePointer<linux_message>
  private let addresses: UnsafeMutablePointer<linux_socket_address>
  private let controls: UnsafeMutablePointer<linux_segment_control>

  init(family: Int32, capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0)
    self.family = family
    self.capacity = capacity
    table = Array(repeating: 0, count: 2 * capacity)
    next = Array(repeating: -1, count: capacity)
    groups.reserveCapacity(capacity)
    datagrams = .allocate(capacity: capacity)
    vectors = .allocate(capacity: capacity)
    messages = .allocate(capacity: capacity)
    addresses = .allocate(capacity: capacity)
    controls = .allocate(capacity: capacity)
    datagrams.initialize(repeating: linux_vector(), count: capacity)
    vectors.initialize(repeating: linux_vector(), count: capacity)
    messages.initialize(repeating: linux_message(), count: capacity)
    addresses.initialize(repeating: linux_socket_address(), count: capacity)
    controls.initialize(repeating: linux_segment_control(), count: capacity)
    let length =
      family == AF_INET ? LINUX_IPV4_SOCKET_ADDRESS_BYTES : LINUX_SOCKET_ADDRESS_BYTES
    for index in 0..<capacity {
      linux_prepare_segment_control(controls + index)
      messages[index].name = UnsafeMutableRawPointer(addresses + index)
      messages[index].name_length = UInt32(length)
    }
  }

  deinit {
    datagrams.deallocate()
    vectors.deallocate()
    messages.deallocate()
    addresses.deallocate()
    controls.deallocate()
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer, to address: NetworkAddress) {
    precondition(count < capacity && bytes.count <= Self.groupBytes)
    datagrams[count].bytes = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
    datagrams[count].length = UInt64(bytes.count)
    next[count] = -1
    let place = place(of: address)
    let group = Int(table[place]) - 1
    if group >= 0, accepts(groups[group], bytes.count) {
      next[groups[group].last] = count
      groups[group].last = count
      groups[group].count += 1
      groups[group].bytes += bytes.count
      groups[group].isClosed = bytes.count < groups[group].segmentBytes
    } else {
      groups.append(
        Group(
          address: address, segmentBytes: bytes.count, first: count, last: count,
          bytes: bytes.count))
      table[place] = Int32(groups.count)
    }
    count += 1
  }

  private func accepts(_ group: Group, _ bytes: Int) -> Bool {
    usesSegmentation && !group.isClosed && bytes > 0 && bytes <= group.segmentBytes
      && group.count < Int(LINUX_SEGMENTS) && group.bytes + bytes <= Self.groupBytes
  }

  private func place(of address: NetworkAddress) -> Int {
    var mixed = address.low ^ address.high &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(address.port) << 32
    mixed = (mixed ^ mixed >> 29) &* 0xBF58_476D_1CE4_E5B9
    var place = Int(truncatingIfNeeded: mixed >> 32) & (table.count - 1)
    while table[place] != 0, groups[Int(table[place]) - 1].address != address {
      place = (place + 1) & (table.count - 1)
    }
    return place
  }

  mutating func flush(to descriptor: Int32, counting counters: inout DatagramCounters) {
    guard count > 0 else { return }
    link()
    var position = 0
    while position < groups.count {
      let sent = retryingInterrupts {
        linux_send_batch(descriptor, messages + position, UInt32(groups.count - position))
      }
      if sent > 0 {
        for group in groups[position..<position + Int(sent)] { counters.count(group.count) }
        position += Int(sent)
      } else if errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS {
        counters.droppedFull += groups[position...].reduce(0) { $0 + UInt64($1.count) }
        break
      } else {
        resend(groups[position], after: errno, to: descriptor, counting: &counters)
        position += 1
      }
    }
    clear()
  }

  /// Gives each group its message: the vectors of its datagrams side by side.
  private func link() {
    var vector = 0
    for (index, group) in groups.enumerated() {
      addresses[index] = linux_socket_address(group.address, family: family)
      messages[index].vectors = vectors + vector
      messages[index].vector_count = UInt64(group.count)
      messages[index].control = group.count > 1 ? UnsafeMutableRawPointer(controls + index) : nil
      messages[index].control_length =
        group.count > 1 ? UInt64(MemoryLayout<linux_segment_control>.size) : 0
      controls[index].segment_bytes = UInt16(group.segmentBytes)
      var datagram = group.first
      while datagram >= 0 {
        vectors[vector] = datagrams[datagram]
        vector += 1
        datagram = next[datagram]
      }
    }
  }

  /// Sends a group's datagrams one by one after the kernel refused it as a whole; a group of one
  /// is dropped.
  private mutating func resend(
    _ group: Group, after code: Int32, to descriptor: Int32,
    counting counters: inout DatagramCounters
  ) {
    guard group.count > 1 else {
      counters.droppedUnsendable += 1
      return
    }
    counters.segmentationRefusals += 1
    // EIO: the device cannot make checksums, and it will not learn. Otherwise it is about this
    // destination (its MTU, say).
    if code == EIO || code == EOPNOTSUPP { usesSegmentation = false }
    var message = linux_message()
    var address = linux_socket_address(group.address, family: family)
    message.name_length = messages[0].name_length
    message.vector_count = 1
    withUnsafeMutablePointer(to: &address) { name in
      message.name = UnsafeMutableRawPointer(name)
      var datagram = group.first
      while datagram >= 0 {
        message.vectors = datagrams + datagram
        let sent = retryingInterrupts { linux_send_batch(descriptor, &message, 1) }
        if sent == 1 {
          counters.sent += 1
        } else if errno == EAGAIN || errno == EWOULDBLOCK {
          counters.droppedFull += 1
        } else {
          counters.droppedUnsendable += 1
        }
        datagram = next[datagram]
      }
    }
  }

  private mutating func clear() {
    count = 0
    groups.removeAll(keepingCapacity: true)
    for index in table.indices { table[index] = 0 }
  }
}

extension DatagramCounters {
  fileprivate mutating func count(_ datagrams: Int) {
    sent += UInt64(datagrams)
    if datagrams > 1 { sentAsSegments += UInt64(datagrams) }
  }
}
