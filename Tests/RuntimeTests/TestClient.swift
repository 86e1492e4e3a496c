import Glibc
import Primitives
import Runtime
import Testing

/// A TCP client for tests that blocks, with a time limit, and can misbehave in every way.
final class TestClient {
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// A WebSocket frame (RFC 6455 section 5.2).
  struct Frame: Equatable {
    var opcode: UInt8
    var payload: [UInt8]
    /// Status and reason of a closing frame.
    var closing: (code: Int, reason: String)? {
      guard opcode == 8, payload.count >= 2 else { return nil }
      return (
        Int(payload[0]) << 8 | Int(payload[1]),
        String(decoding: payload.dropFirst(2), as: UTF8.self)
      )
    }
  }

  private let descriptor: Int32
  private var received: [UInt8] = []

  /// Connects to a server on 127.0.0.1.
  init(port: UInt16, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    if var bytes = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, 4)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      connect(
        descriptor, UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self),
        socklen_t(MemoryLayout<sockaddr_in>.size))
    }
    if result != 0 { throw Failed(description: "connect: errno \(errno)") }
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 { throw Failed(description: "send: errno \(errno)") }
      rest = rest.dropFirst(count)
    }
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// Reads once more; false at the end of the stream.
  private func fill() throws -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    var count = -1
    repeat { count = recv(descriptor, &chunk, chunk.count, 0) } while count < 0 && errno == EINTR
    if count < 0 {
      if errno == ECONNRESET { return false }
      throw Failed(description: "receive: errno \(errno)")
    }
    received += chunk[..<count]
    return count > 0
  }

  private func take(_ count: Int) throws -> [UInt8] {
    while received.count < count {
      guard try fill() else { throw Failed(description: "closed early") }
    }
    defer { received.removeFirst(count) }
    return Array(received[..<count])
  }

  /// So many bytes.
  func read(_ count: Int) throws -> [UInt8] { try take(count) }

  func readLine() throws -> String {
    while true {
      if let end = received.firstIndex(of: 0x0A) {
        return String(decoding: try take(end + 1).dropLast(), as: UTF8.self)
      }
      guard try fill() else { throw Failed(description: "closed early") }
    }
  }

  /// Everything until the other side closes.
  func readToEnd() throws -> String {
    while try fill() {}
    defer { received = [] }
    return String(decoding: received, as: UTF8.self)
  }

  /// Asks for a page and gives the whole answer.
  func get(_ path: String, method: String = "GET") throws -> String {
    try send("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    return try readToEnd()
  }

  // MARK: WebSocket

  /// Asks for a WebSocket and gives the status of the answer.
  func upgrade(
    path: String = "/v1/signal", subprotocol: String? = "samtal.v1", origin: String? = nil
  ) throws -> String {
    var request = "GET \(path) HTTP/1.1\r\nHost: localhost:8080\r\nUpgrade: websocket\r\n"
    request += "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    request += "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    if let subprotocol { request += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
    if let origin { request += "Origin: \(origin)\r\n" }
    try send(request + "\r\n")
    let status: String
    do {
      status = try readLine()
    } catch {
      return "closed"
    }
    while try readLine() != "\r" {}
    return String(status.split(separator: " ")[1])
  }

  /// Sends a frame, masked as a client must.
  func sendFrame(opcode: UInt8 = 1, _ payload: [UInt8], isFinal: Bool = true) throws {
    var frame: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
    switch payload.count {
    case ..<126: frame.append(0x80 | UInt8(payload.count))
    case ..<65_536:
      frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default:
      frame.append(0x80 | 127)
      frame += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    let mask: [UInt8] = [1, 2, 3, 4]
    frame += mask
    frame += payload.enumerated().map { $0.element ^ mask[$0.offset & 3] }
    try send(frame)
  }

  func sendText(_ text: String) throws { try sendFrame(Array(text.utf8)) }

  func readFrame() throws -> Frame {
    let head = try take(2)
    var length = Int(head[1] & 0x7F)
    if length == 126 {
      length = try take(2).reduce(0) { $0 << 8 | Int($1) }
    } else if length == 127 {
      length = try take(8).reduce(0) { $0 << 8 | Int($1) }
    }
    return Frame(opcode: head[0] & 15, payload: try take(length))
  }

  /// The closing frame that comes next, other frames skipped.
  func readClosing() throws -> (code: Int, reason: String) {
    while true {
      if let closing = try readFrame().closing { return closing }
    }
  }
}

/// A web server on free loopback ports, and its events.
struct RunningServer: ~Copyable {
  let server: WebServer
  let events: Mailbox<WebServer.Event>
  private var loop: EventLoop

  init(
    _ purposes: [WebConfiguration.Purpose] = [.pages],
    configure: (inout WebConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = WebConfiguration(
      listeners: purposes.map { .init(NetworkAddress(ipv4: 0x7F00_0001, port: 0), $0) })
    configure(&configuration)
    let events = try Mailbox<WebServer.Event>(capacity: 1_024)
    let loop = try EventLoop()
    try loop.watch(events.descriptor, for: .reading, token: 0)
    server = try WebServer(configuration, events: events)
    self.events = events
    self.loop = loop
  }

  deinit { server.stop() }

  func port(_ index: Int = 0) -> UInt16 { server.listening[index].port }

  /// The next event; waits for it up to a minute.
  mutating func next() throws -> WebServer.Event {
    let deadline = MonotonicClock.now() + .seconds(60)
    while true {
      if let event = events.take() { return event }
      if MonotonicClock.now() > deadline { throw TestClient.Failed(description: "no event") }
      loop.wait(until: deadline)
      events.acknowledge()
    }
  }

  /// The number of the connection that opens next.
  mutating func nextOpened() throws -> UInt64 {
    while true { if case .opened(let number, _, _) = try next() { return number } }
  }

  /// Expects the message that comes next to be this one.
  mutating func expectMessage(
    _ text: String, at location: SourceLocation = #_sourceLocation
  ) throws {
    while true {
      guard case .received(_, let bytes) = try next() else { continue }
      #expect(String(decoding: bytes, as: UTF8.self) == text, sourceLocation: location)
      return
    }
  }

  /// Waits until a connection is gone.
  mutating func waitForClosed(_ number: UInt64) throws {
    while true { if case .closed(number) = try next() { return } }
  }
}
