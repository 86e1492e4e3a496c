import Glibc
import Primitives
import Runtime
import Security

/// A running daemon with the demo's keys, over its lines port.
final class DaemonClinic: LoadedClinic {
  let clinic: String
  let key: JWTKey
  private let port: UInt16
  private let process: Int32
  private var sockets: [Int32] = []
  private var loop: EventLoop
  private var unfinished: [[UInt8]] = []
  private var room = [UInt8](repeating: 0, count: 65_536)

  /// Finds the demo's key in the secrets of the daemon's state folder.
  init(port: UInt16, state: String, process: Int32) throws {
    self.port = port
    self.process = process
    loop = try EventLoop()
    let name = "token.demo:"
    for line in try WholeFile.read(state + "/secrets").split(separator: "\n")
    where line.hasPrefix(name) {
      let words = line.dropFirst(name.count).split(separator: " ")
      guard words.count == 2, let secret = Base64.decodeURL(String(words[1])),
        let key = JWTKey(id: "demo", sharedSecret: secret)
      else { break }
      clinic = String(words[0])
      self.key = key
      return
    }
    throw BenchmarkFailure("\(state)/secrets has no key of the demo")
  }

  func connect() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    let result = withUnsafeBytes(of: &address) {
      Glibc.connect(
        descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    guard result == 0 else { throw BenchmarkFailure("connect: error \(errno)") }
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    try loop.watch(descriptor, for: .reading, token: UInt64(sockets.count))
    sockets.append(descriptor)
    unfinished.append([])
  }

  func send(_ text: String, from client: Int) throws {
    let line = Array(text.utf8) + [0x0A]
    let sent = Glibc.send(sockets[client], line, line.count, Int32(MSG_NOSIGNAL))
    guard sent == line.count else { throw BenchmarkFailure("send: error \(errno)") }
  }

  func receive(until deadline: Instant) throws -> [(client: Int, bytes: [UInt8])] {
    loop.wait(until: deadline)
    var messages: [(client: Int, bytes: [UInt8])] = []
    for token in loop.ready {
      let client = Int(token)
      let count = recv(sockets[client], &room, room.count, 0)
      guard count > 0 else { throw BenchmarkFailure("the daemon closed a connection") }
      unfinished[client] += room[..<count]
      while let end = unfinished[client].firstIndex(of: 0x0A) {
        messages.append((client, Array(unfinished[client][..<end])))
        unfinished[client].removeFirst(end + 1)
      }
    }
    return messages
  }

  /// User and system time of all its threads, in the kernel's ticks (proc(5), fields 14 and 15).
  func processorTime() -> Duration {
    let text = (try? WholeFile.read("/proc/\(process)/stat")) ?? ""
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
      return .zero
    }
    return .seconds(user + system) / sysconf(Int32(_SC_CLK_TCK))
  }
}
