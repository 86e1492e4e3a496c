import CLinux
import CSecurity
import Glibc
import Primitives
import Runtime

/// What the packets' path cannot do without, each part alone and by the plainest means: what
/// `forward` is compared with. All work on a frame of four packets for many receivers, each packet
/// for all and then the next, in memory of the same size.
enum Floor {
  static let size = SyntheticStream.videoBytes
  static let burst = 4
}

/// Copies packets into slots, and writes the header and the payload descriptor's numbers there.
final class CopyFloor: Workload {
  let operations: Int
  private let receivers: Int
  private let source = PacketSlab(capacity: Floor.burst)
  private let slots: PacketSlab
  private var sequence: UInt16 = 0
  private var checksum: UInt32 = 0

  init(receivers: Int) {
    self.receivers = receivers
    operations = receivers * Floor.burst
    slots = PacketSlab(capacity: operations)
  }

  func run() {
    for packet in 0..<Floor.burst {
      sequence &+= 1
      let from = UnsafeRawBufferPointer(rebasing: source[packet][..<Floor.size])
      for receiver in 0..<receivers {
        let slot = slots[packet * receivers + receiver]
        slot.copyMemory(from: from)
        slot.storeBytes(of: (0x8060_0000 | UInt32(sequence)).bigEndian, as: UInt32.self)
        slot.storeBytes(of: UInt32(sequence).bigEndian, toByteOffset: 4, as: UInt32.self)
        slot.storeBytes(of: UInt32(receiver).bigEndian, toByteOffset: 8, as: UInt32.self)
        slot.storeBytes(of: sequence.bigEndian, toByteOffset: 14, as: UInt16.self)
        slot[16] = UInt8(truncatingIfNeeded: sequence)
      }
    }
  }

  func check() throws {
    let last = slots[operations - 1].loadUnaligned(fromByteOffset: 0, as: UInt32.self).bigEndian
    guard last == 0x8060_0000 | UInt32(sequence) else {
      throw BenchmarkFailure("a header was not written")
    }
  }
}

/// Encrypts packets by AES-128-GCM, straight through OpenSSL: one context for each receiver, of
/// which only the initialization vector changes.
final class CipherFloor: Workload {
  private static let headLength = 12
  private static let tagLength = 16

  let operations: Int
  private var contexts: [OpaquePointer] = []
  private let slots: PacketSlab
  private var vector = [UInt8](repeating: 0, count: 12)
  private var succeeded = 0

  init(receivers: Int) throws {
    operations = receivers * Floor.burst
    slots = PacketSlab(capacity: operations)
    for receiver in 0..<receivers {
      let key = [UInt8](repeating: UInt8(truncatingIfNeeded: receiver), count: 16)
      guard let context = EVP_CIPHER_CTX_new() else { throw BenchmarkFailure("out of memory") }
      contexts.append(context)
      guard EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nil, key, nil) == 1 else {
        throw BenchmarkFailure("no AES-GCM")
      }
    }
  }

  deinit {
    for context in contexts { EVP_CIPHER_CTX_free(context) }
  }

  func prepare() {
    for byte in vector.indices {
      vector[byte] &+= 1
      if vector[byte] != 0 { break }
    }
  }

  func run() { succeeded = Self.encrypt(slots, contexts, &vector) }

  /// How many packets were encrypted.
  private static func encrypt(
    _ slots: PacketSlab, _ contexts: [OpaquePointer], _ vector: inout [UInt8]
  ) -> Int {
    var succeeded = 0
    for receiver in contexts.indices {
      for packet in 0..<Floor.burst {
        vector[11] = UInt8(packet)
        let slot = slots[receiver * Floor.burst + packet]
        if encrypt(slot, contexts[receiver], vector) { succeeded += 1 }
      }
    }
    return succeeded
  }

  private static func encrypt(
    _ slot: UnsafeMutableRawBufferPointer, _ context: OpaquePointer, _ vector: [UInt8]
  ) -> Bool {
    guard let start = slot.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return false }
    var written: CInt = 0
    let text = start + headLength
    let tag = start + Floor.size
    return EVP_EncryptInit_ex(context, nil, nil, nil, vector) == 1
      && EVP_EncryptUpdate(context, nil, &written, start, CInt(headLength)) == 1
      && EVP_EncryptUpdate(context, text, &written, text, CInt(Floor.size - headLength)) == 1
      && EVP_EncryptFinal_ex(context, tag, &written) == 1
      && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CInt(tagLength), tag) == 1
  }

  func check() throws {
    guard succeeded == operations else { throw BenchmarkFailure("a packet was not encrypted") }
  }
}

/// Sends packets by one `sendmmsg`, those to one receiver as the segments of one message; all that
/// the kernel reads is laid out before.
final class SendFloor: Workload {
  let operations: Int
  private let receivers: Int
  private let slots: PacketSlab
  private let socket: LoopbackSender
  private let sink: LoopbackSocket
  private var sent: Int32 = 0

  /// Bytes of a packet with its tag.
  private static let length = Floor.size + 16

  init(receivers: Int, coalescing: Bool) throws {
    self.receivers = receivers
    operations = receivers * Floor.burst
    slots = PacketSlab(capacity: operations)
    let sink = try LoopbackSocket(coalescing: coalescing)
    self.sink = sink
    let slots = slots
    socket = try LoopbackSender(
      to: (0..<receivers).map { sink.address($0) }, segments: Floor.burst,
      segmentBytes: Self.length
    ) { receiver, segment in slots[segment * receivers + receiver] }
  }

  func prepare() { sink.drain() }

  func run() { sent = socket.send() }

  func check() throws {
    let bytes = sink.drain()
    let isWhole = bytes == operations * Self.length || !sink.isRoomy
    guard Int(sent) == receivers, isWhole else {
      throw BenchmarkFailure("\(sent) messages and \(bytes) bytes were sent")
    }
  }
}

/// Messages for `sendmmsg` that are laid out once: one for each receiver, of equal segments.
final class LoopbackSender {
  private let socket: UDPSocket
  private let count: Int
  private let messages: UnsafeMutablePointer<linux_message>
  private let vectors: UnsafeMutablePointer<linux_vector>
  private let addresses: UnsafeMutablePointer<linux_socket_address>
  private let control = UnsafeMutablePointer<linux_segment_control>.allocate(capacity: 1)

  /// `slot` gives the memory of each segment, which lives for as long as this.
  init(
    to receivers: [NetworkAddress], segments: Int, segmentBytes: Int,
    slot: (_ receiver: Int, _ segment: Int) -> UnsafeMutableRawBufferPointer
  ) throws {
    socket = try UDPSocket(bindingTo: NetworkAddress(ipv4: 0x7F00_0001, port: 0))
    count = receivers.count
    messages = .allocate(capacity: count)
    vectors = .allocate(capacity: count * segments)
    addresses = .allocate(capacity: count)
    messages.initialize(repeating: linux_message(), count: count)
    vectors.initialize(repeating: linux_vector(), count: count * segments)
    control.initialize(to: linux_segment_control())
    linux_prepare_segment_control(control)
    control.pointee.segment_bytes = UInt16(segmentBytes)
    for (index, receiver) in receivers.enumerated() {
      (addresses + index).initialize(to: Self.name(of: receiver))
      messages[index].name = UnsafeMutableRawPointer(addresses + index)
      messages[index].name_length = UInt32(LINUX_IPV4_SOCKET_ADDRESS_BYTES)
      messages[index].vectors = vectors + index * segments
      messages[index].vector_count = UInt64(segments)
      messages[index].control = UnsafeMutableRawPointer(control)
      messages[index].control_length = UInt64(MemoryLayout<linux_segment_control>.size)
      for segment in 0..<segments {
        vectors[index * segments + segment].bytes = slot(index, segment).baseAddress
        vectors[index * segments + segment].length = UInt64(segmentBytes)
      }
    }
  }

  deinit {
    messages.deallocate()
    vectors.deallocate()
    addresses.deallocate()
    control.deallocate()
  }

  /// Sends all; how many messages went.
  func send() -> Int32 { linux_send_batch(socket.descriptor, messages, UInt32(count)) }

  /// The address for an IPv4 socket, in network byte order.
  private static func name(of address: NetworkAddress) -> linux_socket_address {
    var name = linux_socket_address()
    name.family = UInt16(AF_INET)
    name.port = address.port.bigEndian
    name.flow_or_ipv4 = address.ipv4.bigEndian
    return name
  }
}
