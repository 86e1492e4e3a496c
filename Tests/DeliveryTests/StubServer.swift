import Foundation
import Synchronization

/// A TCP server on loopback that follows a script: it is what the other side of a delivery says,
/// for a test. Each connection is served on a thread of its own until its end or the server's.
final class StubServer: Sendable {
  /// One connection, as a script sees it.
  final class Line {
    private let socket: Int32
    private var received: [UInt8] = []

    fileprivate init(_ socket: Int32) { self.socket = socket }

    /// The next line without its end; nil when the other side has gone.
    func line() -> String? {
      while true {
        if let end = received.firstIndex(of: 10) {
          let line = received[..<end].filter { $0 != 13 }
          received.removeFirst(end + 1)
          return String(decoding: line, as: UTF8.self)
        }
        guard fill() else { return nil }
      }
    }

    /// The next so many bytes.
    func bytes(_ count: Int) -> String? {
      while received.count < count { guard fill() else { return nil } }
      defer { received.removeFirst(count) }
      return String(decoding: received.prefix(count), as: UTF8.self)
    }

    func say(_ text: String) { _ = text.withCString { send(socket, $0, strlen($0), 0x4000) } }

    private func fill() -> Bool {
      var chunk = [UInt8](repeating: 0, count: 4_096)
      let count = recv(socket, &chunk, chunk.count, 0)
      guard count > 0 else { return false }
      received += chunk[..<count]
      return true
    }
  }

  let port: UInt16
  private let listener: Int32
  private let open = Mutex<Set<Int32>>([])
  private let log = Mutex<[String]>([])

  /// Everything that scripts have noted, in order.
  var notes: [String] { log.withLock { $0 } }
  func note(_ text: String) { log.withLock { $0.append(text) } }

  /// A server that runs `script` for each connection.
  init(_ script: @escaping @Sendable (StubServer, Line) -> Void) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, length) == 0 && listen(listener, 16) == 0
          && getsockname(listener, pointer, &length) == 0
      }
    }
    guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread {
      while case let connection = accept(listener, nil, nil), connection >= 0 {
        self.open.withLock { _ = $0.insert(connection) }
        Thread.detachNewThread {
          script(self, Line(connection))
          self.open.withLock { sockets in
            sockets.remove(connection)
            close(connection)
          }
        }
      }
      // Here and not in `stop`: this thread alone knows that it will not ask for it again.
      close(listener)
    }
  }

  /// Ends everything; also what a script waits for.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    open.withLock { sockets in
      for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
    }
  }
}

extension StubServer {
  /// An HTTP server that notes request line, headers and body of each request, and answers all
  /// with the same text.
  static func http(_ answer: String) throws -> StubServer {
    try StubServer { server, line in
      while let request = line.line() {
        server.note(request)
        var length = 0
        while let header = line.line(), !header.isEmpty {
          server.note(header)
          if header.lowercased().hasPrefix("content-length: ") {
            length = Int(header.dropFirst(16)) ?? 0
          }
        }
        server.note("body: " + (line.bytes(length) ?? ""))
        line.say(answer)
      }
    }
  }

  /// An SMTP server that notes what it is told, and answers a command with what the script has
  /// for its first word, or with what says yes.
  static func mail(_ answers: [String: String] = [:]) throws -> StubServer {
    try StubServer { server, line in
      line.say((answers["GREETING"] ?? "220 stub") + "\r\n")
      while let command = line.line() {
        server.note(command)
        let word = String(command.prefix { $0 != " " && $0 != ":" })
        guard let usual = ["DATA": "354 go on", "QUIT": "221 bye"][word] ?? .some("250 yes"),
          let answer = .some(answers[word] ?? usual)
        else { return }
        line.say(answer + "\r\n")
        guard word == "DATA", answer.hasPrefix("354") else { continue }
        while let text = line.line(), text != "." { server.note("| " + text) }
        guard answers["END"] != "CLOSE" else { return }
        line.say((answers["END"] ?? "250 taken") + "\r\n")
      }
    }
  }
}
