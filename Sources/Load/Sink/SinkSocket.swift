import CLinux
import Glibc
import Primitives
import Runtime

/// A UDP socket for as many participants as there are addresses: each has one of them, and all
/// have its port.
///
/// The kernel gathers what comes from one sender (UDP_GRO), so that a burst costs one step through
/// the network stack, and tells how much it had to drop.
final class SinkSocket {
  let descriptor: Int32
  /// Datagrams that it had no room for.
  var dropped: UInt32 = 0
  /// The first of the addresses, with its port.
  private let first: NetworkAddress
  private let addresses: Int

  /// Opens a socket, with a port of its own, at IPv4 addresses of this machine from `first` on.
  init(first: NetworkAddress, addresses: Int) throws(SystemError) {
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    descriptor = socket(AF_INET, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
    var name = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = addresses == 1 ? first.ipv4.bigEndian : INADDR_ANY
    let descriptor = descriptor
    let isBound = withUnsafeMutableBytes(of: &name) { bytes in
      let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
      guard let address else { return false }
      return bind(descriptor, address, length) == 0
        && getsockname(descriptor, address, &length) == 0
    }
    let isReady =
      isBound && linux_gather_arrivals(descriptor) == 0
      && (addresses == 1 || linux_tell_destinations(descriptor) == 0)
    let code = errno
    self.addresses = addresses
    self.first = first.with(port: UInt16(bigEndian: name.sin_port))
    guard isReady else { throw SystemError("prepare a UDP socket", code: code) }
    linux_ask_for_buffers(descriptor, Int32(UDPSocket.bufferBytes))
  }

  deinit { close(descriptor) }

  /// The address of a participant: the candidate that an offer names.
  func address(at place: Int) -> NetworkAddress {
    NetworkAddress(ipv4: first.ipv4 + UInt32(place), port: first.port)
  }

  /// Whose address a message was sent to; nil where it is nobody's. One address alone is not asked
  /// after: it may be that of no interface in particular.
  func place(of destination: UInt32) -> Int? {
    if addresses == 1 { return 0 }
    let place = Int(destination) - Int(first.ipv4)
    return 0..<addresses ~= place ? place : nil
  }

  /// The way from a participant to an address.
  func path(from place: Int, to remote: NetworkAddress) -> SinkPath {
    SinkPath(from: addresses == 1 ? nil : address(at: place), to: remote)
  }

  /// Sends one datagram; false where the kernel did not take it.
  func send(_ bytes: [UInt8], along path: borrowing SinkPath) -> Bool {
    var bytes = bytes
    return bytes.withUnsafeMutableBytes { bytes in
      var vector = linux_vector(bytes: bytes.baseAddress, length: UInt64(bytes.count))
      return withUnsafeMutablePointer(to: &vector) { vector in
        var message = linux_message()
        message.vectors = vector
        message.vector_count = 1
        path.lead(&message)
        return linux_send_batch(descriptor, &message, 1) == 1
      }
    }
  }
}

/// From where to where a participant's datagrams go, as the kernel wants it said with each.
struct SinkPath: ~Copyable {
  private let name: UnsafeMutablePointer<linux_socket_address>
  private let source: UnsafeMutablePointer<linux_source_control>?

  /// From an IPv4 address to another; `here` is nil where the socket has one alone.
  init(from here: NetworkAddress?, to there: NetworkAddress) {
    name = .allocate(capacity: 1)
    name.initialize(to: linux_socket_address())
    name.pointee.family = UInt16(AF_INET)
    name.pointee.port = there.port.bigEndian
    name.pointee.flow_or_ipv4 = there.ipv4.bigEndian
    guard let here else {
      source = nil
      return
    }
    let control = UnsafeMutablePointer<linux_source_control>.allocate(capacity: 1)
    control.initialize(to: linux_source_control())
    linux_prepare_source_control(control, here.ipv4.bigEndian)
    source = control
  }

  deinit {
    name.deallocate()
    source?.deallocate()
  }

  /// Has a message go this way, for as long as the path is there.
  func lead(_ message: inout linux_message) {
    message.name = UnsafeMutableRawPointer(name)
    message.name_length = UInt32(LINUX_IPV4_SOCKET_ADDRESS_BYTES)
    message.control = UnsafeMutableRawPointer(source)
    message.control_length =
      source == nil ? 0 : UInt64(MemoryLayout<linux_source_control>.stride)
  }
}
