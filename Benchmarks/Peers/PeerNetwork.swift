import Glibc
import Primitives
import Runtime

/// The two machines of a comparison: the server in a network namespace of its own, the client in
/// this program's, and a cable between them (veth).
///
/// What a receiver's kernel does with a packet is done on the client's processor on both ends: it
/// would be for a network card to do, or for the other machine.
final class PeerNetwork {
  /// Where the server is, and the client's end of the cable.
  static let server = NetworkAddress(ipv4: 0x0A09_0001, port: 0)
  private static let gateway = NetworkAddress(ipv4: 0x0A09_0002, port: 0)
  /// The first address of the client's participants, and how many they have. They are behind the
  /// gateway: a server sees few people on its own cable.
  static let client = NetworkAddress(ipv4: 0x0A09_0101, port: 0)
  static let clients = 64

  /// A process in the server's namespace that does nothing.
  private let holder: ChildProcess

  /// Makes both networks, with the receiving halves of the kernel on `processor` where we may say
  /// so. The program must be in a namespace that is its own already.
  init(receivingOn processor: Int) throws {
    holder = try ChildProcess(["unshare", "--net", "sleep", "infinity"])
    try waitForNamespace()
    let receiving = { (end: String) in
      "unshare --mount sh -ec 'mount -t sysfs sysfs /sys;"
        + " echo \(1 << processor) >/sys/class/net/\(end)/queues/rx-0/rps_cpus || true'"
    }
    let inside = entering.joined(separator: " ")
    let commands = """
      set -e
      ip link set lo up
      ip link add client type veth peer name server
      ip link set server netns \(holder.number)
      ip address add \(Self.gateway.host)/24 dev client
      ip link set client up
      ip route add local 10.9.1.0/24 dev lo
      \(inside) ip link set lo up
      \(inside) ip address add \(Self.server.host)/24 dev server
      \(inside) ip link set server up
      \(inside) ip route add 10.9.1.0/24 via \(Self.gateway.host)
      \(receiving("client"))
      \(inside) \(receiving("server"))
      """
    guard try ChildProcess.succeeds(["sh", "-c", commands]) else {
      throw BenchmarkFailure("two networks cannot be made")
    }
  }

  /// What goes before a program's name to start it in the server's namespace.
  var entering: [String] { ["nsenter", "--net=/proc/\(holder.number)/ns/net"] }

  private func waitForNamespace() throws {
    let own = Self.namespace(of: "self")
    let deadline = MonotonicClock.now() + .seconds(10)
    while Self.namespace(of: String(holder.number)) == own {
      guard holder.isRunning, MonotonicClock.now() < deadline else {
        throw BenchmarkFailure("a network namespace cannot be made")
      }
      poll(nil, 0, 5)
    }
  }

  private static func namespace(of process: String) -> String {
    var name = [CChar](repeating: 0, count: 64)
    let count = readlink("/proc/\(process)/ns/net", &name, name.count - 1)
    return String(decoding: name[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
