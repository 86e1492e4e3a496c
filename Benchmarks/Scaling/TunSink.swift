import Glibc
import Primitives

/// A network interface that nobody reads from: what is sent there goes all the way through the
/// kernel and out, and is thrown away at the end (tun, Linux's networking/tuntap).
///
/// Meant for a network namespace of its own; it needs the right to make interfaces there.
final class TunSink {
  private static let create: UInt = 0x4004_54CA  // TUNSETIFF
  private static let setAddress: UInt = 0x8916  // SIOCSIFADDR
  private static let setMask: UInt = 0x891C  // SIOCSIFNETMASK
  private static let setFlags: UInt = 0x8914  // SIOCSIFFLAGS
  private static let tunWithoutHeader: Int16 = 0x1001  // IFF_TUN, IFF_NO_PI
  private static let upAndRunning: Int16 = 0x41  // IFF_UP, IFF_RUNNING

  private let descriptor: Int32
  private let number: UInt32

  /// Makes interface `number`, 0...9, with the network 10.NUMBER.0.0/16.
  init(_ number: Int) throws {
    self.number = UInt32(number)
    descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw BenchmarkFailure("/dev/net/tun: error \(errno)") }
    let control = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(control) }
    try request(Self.create, on: descriptor) {
      $0.storeBytes(of: Self.tunWithoutHeader, as: Int16.self)
    }
    try request(Self.setAddress, on: control) { Self.store(ipv4(1), in: $0) }
    try request(Self.setMask, on: control) { Self.store(0xFFFF_0000, in: $0) }
    try request(Self.setFlags, on: control) { $0.storeBytes(of: Self.upAndRunning, as: Int16.self) }
  }

  deinit { close(descriptor) }

  /// One of many addresses behind it, by a number from 0 on.
  func address(_ number: Int) -> NetworkAddress {
    NetworkAddress(ipv4: ipv4(2 + UInt32(number)), port: 5_000)
  }

  private func ipv4(_ host: UInt32) -> UInt32 { 0x0A00_0000 | number << 16 | host }

  /// Gives the kernel a `struct ifreq`: 16 bytes with the interface's name, then 24 bytes.
  private func request(
    _ code: UInt, on descriptor: Int32, _ fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 40, alignment: 8)
    defer { bytes.deallocate() }
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    bytes.copyBytes(from: "bench\(number)".utf8)
    fill(UnsafeMutableRawBufferPointer(rebasing: bytes[16...]))
    guard let start = bytes.baseAddress, ioctl(descriptor, code, start) == 0 else {
      throw BenchmarkFailure("an interface cannot be made: error \(errno)")
    }
  }

  /// Stores a `struct sockaddr_in` without port.
  private static func store(_ ipv4: UInt32, in bytes: UnsafeMutableRawBufferPointer) {
    bytes.storeBytes(of: UInt16(AF_INET), as: UInt16.self)
    bytes.storeBytes(of: ipv4.bigEndian, toByteOffset: 4, as: UInt32.self)
  }
}
