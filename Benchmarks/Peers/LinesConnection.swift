import Glibc
import Primitives

/// One participant's signaling over the lines port; it does not block.
final class LinesConnection {
  /// Its place among the server's connections, and the token under which it is watched.
  let number: Int
  let descriptor: Int32
  private var lastRequest: Int64 = 0
  private var answers: [Int64: JSON] = [:]
  private var unfinished: [UInt8] = []
  private var room = [UInt8](repeating: 0, count: 65_536)

  /// Connections that come from one address: the daemon takes only so many from each.
  private static let perAddress = 512
  /// What most notifications begin with, which need not be read.
  private static let notification = Array("{\"jsonrpc\":\"2.0\",\"method\":\"".utf8)
  private static let seats = Array("seats.changed".utf8)

  init(number: Int, port: UInt16) throws {
    self.number = number
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let source = PeerNetwork.client.ipv4 + UInt32(number / Self.perAddress)
    let isConnected =
      Self.call(source, port: 0) { bind(descriptor, $0, $1) } == 0
      && Self.call(PeerNetwork.server.ipv4, port: port) { connect(descriptor, $0, $1) } == 0
    guard isConnected else {
      let code = errno
      close(descriptor)
      throw BenchmarkFailure("connect: error \(code)")
    }
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
  }

  deinit { close(descriptor) }

  private static func call(
    _ host: UInt32, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = host.bigEndian
    return withUnsafeBytes(of: &address) { bytes in
      guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
      return body(start, socklen_t(bytes.count))
    }
  }

  /// Sends a request; returns its number.
  func send(_ method: String, _ params: JSON) throws -> Int64 {
    lastRequest += 1
    try send([
      "jsonrpc": "2.0", "id": .integer(lastRequest), "method": .string(method), "params": params,
    ])
    return lastRequest
  }

  private func send(_ message: JSON) throws {
    let line = Array(message.description.utf8) + [0x0A]
    let sent = Glibc.send(descriptor, line, line.count, Int32(MSG_NOSIGNAL))
    guard sent == line.count else { throw BenchmarkFailure("send: error \(errno)") }
  }

  /// The answer to a request, once it has come.
  func takeAnswer(to request: Int64) -> JSON? { answers.removeValue(forKey: request) }

  /// Reads what has come.
  func read() throws {
    let count = recv(descriptor, &room, room.count, Int32(MSG_DONTWAIT))
    guard count > 0 else {
      if count < 0, errno == EAGAIN { return }
      throw BenchmarkFailure("the daemon closed a connection")
    }
    unfinished += room[..<count]
    var start = 0
    while let end = unfinished[start...].firstIndex(of: 0x0A) {
      try take(unfinished[start..<end])
      start = end + 1
    }
    unfinished.removeFirst(start)
  }

  private func take(_ line: ArraySlice<UInt8>) throws {
    let isNotification = line.starts(with: Self.notification)
    if isNotification, !line.dropFirst(Self.notification.count).starts(with: Self.seats) { return }
    let message = try JSON(parsing: Array(line))
    if isNotification {
      try acknowledge(message["params"]?["seats"]?.array ?? [])
    } else if let request = message["id"]?.integer {
      answers[request] = message
    }
  }

  /// Says that nothing is shown on the seats that have become free.
  private func acknowledge(_ seats: [JSON]) throws {
    let free = seats.filter { $0["participant"]?.string == nil }.map { seat -> JSON in
      ["seat": seat["seat"] ?? 0, "epoch": seat["epoch"] ?? 0]
    }
    guard !free.isEmpty else { return }
    try send([
      "jsonrpc": "2.0", "method": "seats.acknowledge", "params": ["seats": .array(free)],
    ])
  }
}
