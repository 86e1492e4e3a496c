import Glibc
import Primitives

/// Janus's API over a Unix socket that keeps messages apart (SOCK_SEQPACKET); it does not block.
final class JanusConnection {
  let descriptor: Int32
  private var lastTransaction = 0
  private var replies: [String: JSON] = [:]
  private var room = [UInt8](repeating: 0, count: 1 << 20)

  /// Bytes in the longest message that Janus reads.
  private static let messageBytes = 8_191

  /// Connects to the socket at a path.
  init(path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    let bytes = Array(path.utf8)
    guard descriptor >= 0, bytes.count < capacity else {
      throw BenchmarkFailure("no socket can be made for \(path)")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let result = withUnsafeBytes(of: &address) { whole in
      connect(
        descriptor, whole.baseAddress?.assumingMemoryBound(to: sockaddr.self),
        socklen_t(whole.count))
    }
    guard result == 0 else {
      let code = errno
      close(descriptor)
      throw BenchmarkFailure("connect to \(path): error \(code)")
    }
  }

  deinit { close(descriptor) }

  /// Whether a first request is answered within a second.
  func isAnswered() -> Bool {
    guard let transaction = try? send([JSON.Member("janus", "ping")]) else { return false }
    var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    poll(&event, 1, 1_000)
    do {
      try read()
      return takeReply(to: transaction) != nil
    } catch {
      return false
    }
  }

  /// Sends a request; returns the transaction that its reply will name.
  func send(_ members: [JSON.Member]) throws -> String {
    lastTransaction += 1
    let transaction = String(lastTransaction)
    let message = JSON.object(members + [JSON.Member("transaction", .string(transaction))])
    let bytes = Array(message.description.utf8)
    guard bytes.count <= Self.messageBytes else {
      throw BenchmarkFailure("a message of \(bytes.count) bytes is longer than Janus reads")
    }
    let sent = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    guard sent == bytes.count else { throw BenchmarkFailure("send to Janus: error \(errno)") }
    return transaction
  }

  /// The reply to a request, once it has come.
  func takeReply(to transaction: String) -> JSON? { replies.removeValue(forKey: transaction) }

  /// Reads what has come. That a request was received (`ack`) is no reply to it yet.
  func read() throws {
    while true {
      let count = recv(descriptor, &room, room.count, Int32(MSG_DONTWAIT))
      if count < 0, errno == EAGAIN { return }
      guard count > 0 else { throw BenchmarkFailure("Janus closed its socket") }
      let message = try JSON(parsing: Array(room[..<count]))
      guard message["janus"]?.string != "ack", let transaction = message["transaction"]?.string
      else { continue }
      replies[transaction] = message
    }
  }
}
