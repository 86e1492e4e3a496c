import CLinux
import Glibc
import Primitives
import Runtime

/// A UDP socket for one participant, connected to the one address that it speaks with.
///
/// The kernel gathers what comes from there (UDP_GRO), so that a burst costs one step through the
/// network stack, and tells how much it had to drop.
struct SinkSocket: ~Copyable {
  let descriptor: Int32
  /// Where it is bound: the candidate that an offer names.
  let localAddress: NetworkAddress

  /// Opens a socket at an IPv4 address of this machine, with a port of its own.
  init(host: NetworkAddress) throws(SystemError) {
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_INET, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
    var name = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = host.ipv4.bigEndian
    let isBound = withUnsafeMutableBytes(of: &name) { bytes in
      let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
      guard let address else { return false }
      return bind(descriptor, address, length) == 0
        && getsockname(descriptor, address, &length) == 0
    }
    let isReady = isBound && linux_gather_arrivals(descriptor) == 0
    let code = errno
    self.descriptor = descriptor
    localAddress = NetworkAddress(
      ipv4: UInt32(bigEndian: name.sin_addr.s_addr), port: UInt16(bigEndian: name.sin_port))
    guard isReady else { throw SystemError("prepare a UDP socket", code: code) }
    linux_ask_for_buffers(descriptor, Int32(UDPSocket.bufferBytes))
  }

  deinit { close(descriptor) }

  /// Lets only datagrams from this IPv4 address in, and sends to it from now on.
  func connect(to address: NetworkAddress) throws(SystemError) {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = address.port.bigEndian
    name.sin_addr.s_addr = address.ipv4.bigEndian
    let result = withUnsafeBytes(of: &name) { bytes in
      Glibc.connect(
        descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
        socklen_t(bytes.count))
    }
    guard result == 0 else { throw SystemError("connect UDP to \(address)", code: errno) }
  }

  /// Sends one datagram; false where the kernel did not take it.
  func send(_ bytes: [UInt8]) -> Bool {
    Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT)) == bytes.count
  }
}
