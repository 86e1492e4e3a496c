import CLinux
import Glibc
import Primitives

extension linux_socket_address {
  /// The address as a socket of the given family takes it.
  init(_ address: NetworkAddress, family: Int32) {
    self.init()
    self.family = UInt16(family)
    port = address.port.bigEndian
    if family == AF_INET {
      flow_or_ipv4 = address.ipv4.bigEndian
    } else {
      high = address.high.bigEndian
      low = address.low.bigEndian
    }
  }

  /// The address that the kernel reported; nil for a family that is neither IPv4 nor IPv6.
  var networkAddress: NetworkAddress? {
    let port = UInt16(bigEndian: port)
    switch Int32(family) {
    case AF_INET: return NetworkAddress(ipv4: UInt32(bigEndian: flow_or_ipv4), port: port)
    case AF_INET6:
      return NetworkAddress(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), port: port)
    default: return nil
    }
  }
}

/// Either end of an open socket.
enum SocketEnd {
  case local, remote
}

extension NetworkAddress {
  /// The address of one end of a socket, or nil where it has none.
  init?(_ end: SocketEnd, of socket: Int32) {
    var address = linux_socket_address()
    var length = socklen_t(LINUX_SOCKET_ADDRESS_BYTES)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      let raw = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)
      return end == .local ? getsockname(socket, raw, &length) : getpeername(socket, raw, &length)
    }
    guard result == 0, let found = address.networkAddress else { return nil }
    self = found
  }
}

/// The addresses of this machine's network interfaces.
public enum NetworkInterfaces {
  /// The addresses of interfaces that are up, with port 0, in the system's order. IPv6 link-local
  /// addresses are left out: they mean nothing without the link's name.
  public static func addresses() -> [NetworkAddress] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var result: [NetworkAddress] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ifa_next
      guard entry.ifa_flags & UInt32(IFF_UP) != 0, let pointer = entry.ifa_addr else {
        continue
      }
      let raw = UnsafeRawPointer(pointer)
      var address = linux_socket_address()
      let family = Int32(pointer.pointee.sa_family)
      guard family == AF_INET || family == AF_INET6 else { continue }
      let size =
        family == AF_INET ? LINUX_IPV4_SOCKET_ADDRESS_BYTES : LINUX_SOCKET_ADDRESS_BYTES
      withUnsafeMutableBytes(of: &address) { bytes in
        bytes.copyMemory(from: UnsafeRawBufferPointer(start: raw, count: Int(size)))
      }
      guard let found = address.networkAddress?.with(port: 0), found.high >> 54 != 0x3FA,
        !result.contains(found)
      else { continue }
      result.append(found)
    }
    return result
  }
}
