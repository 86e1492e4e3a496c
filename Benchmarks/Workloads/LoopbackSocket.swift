import Glibc
import Primitives

/// A client's UDP socket on the loopback interface. What comes is counted and thrown away.
final class LoopbackSocket {
  /// `UDP_GRO`, which Glibc's module does not have.
  private static let coalesce: Int32 = 104
  /// `SO_RCVBUFFORCE`.
  private static let forceReceiveBuffer: Int32 = 33

  /// What is to be said where it is not roomy.
  static let warning = "small receive buffer, datagrams are lost"
  /// Whether its buffer holds what a run sends: without the right to go past `net.core.rmem_max`,
  /// what does not fit is lost.
  let isRoomy: Bool
  private let descriptor: Int32
  private let port: UInt16
  private var room = [UInt8](repeating: 0, count: 65_536)

  /// A socket on all of 127.0.0.0/8. With `coalescing`, datagrams that were sent as segments of
  /// one come as one (UDP_GRO).
  init(coalescing: Bool) throws {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let result = withUnsafeMutableBytes(of: &name) { bytes -> Int32 in
      guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
      guard bind(descriptor, start, length) == 0 else { return -1 }
      return getsockname(descriptor, start, &length)
    }
    guard result == 0 else { throw BenchmarkFailure("bind: error \(errno)") }
    port = UInt16(bigEndian: name.sin_port)
    var bytes: Int32 = 64 << 20
    isRoomy = setsockopt(descriptor, SOL_SOCKET, Self.forceReceiveBuffer, &bytes, 4) == 0
    if !isRoomy { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, 4) }
    var isOn: Int32 = coalescing ? 1 : 0
    guard setsockopt(descriptor, Int32(IPPROTO_UDP), Self.coalesce, &isOn, 4) == 0 else {
      throw BenchmarkFailure("UDP_GRO: error \(errno)")
    }
  }

  deinit { close(descriptor) }

  /// The address that its datagrams come from.
  var address: NetworkAddress { NetworkAddress(ipv4: INADDR_LOOPBACK, port: port) }

  /// One of many addresses that it receives at, by a number from 0 on.
  func address(_ number: Int) -> NetworkAddress {
    NetworkAddress(ipv4: 0x7F01_0001 + UInt32(number), port: port)
  }

  func send(_ bytes: UnsafeRawBufferPointer, to address: NetworkAddress) throws {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = address.port.bigEndian
    name.sin_addr.s_addr = address.ipv4.bigEndian
    let descriptor = descriptor
    let sent = withUnsafeBytes(of: &name) {
      sendto(
        descriptor, bytes.baseAddress, bytes.count, 0,
        $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    guard sent == bytes.count else { throw BenchmarkFailure("sendto: error \(errno)") }
  }

  /// Takes everything that has come; how many bytes it was.
  @discardableResult
  func drain() -> Int {
    var total = 0
    while case let count = recv(descriptor, &room, room.count, Int32(MSG_DONTWAIT)),
      count >= 0
    {
      total += count
    }
    return total
  }
}
