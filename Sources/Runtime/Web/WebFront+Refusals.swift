import CWeb
import Primitives

extension WebFront {
  /// Whether a request may become a WebSocket: by path, subprotocol, and the page that asks.
  func permitsUpgrade(_ connection: WebConnection) -> Bool {
    let socket = connection.socket
    guard let chosen = lws_get_protocol(socket)?.pointee.name,
      String(cString: chosen) == configuration.subprotocol,
      header(WSI_TOKEN_GET_URI, of: socket) == configuration.signalPath
    else {
      return refuseUpgrade(socket, "404 Not Found")
    }
    let origin = header(WSI_TOKEN_ORIGIN, of: socket)
    guard configuration.origins.permits(origin: origin, host: header(WSI_TOKEN_HOST, of: socket))
    else {
      count { $0.refusedOrigin += 1 }
      return refuseUpgrade(socket, "403 Forbidden")
    }
    return true
  }

  /// Answers a request that may not become a WebSocket: always false. The library has not read
  /// the request's version yet and would answer in HTTP/1.0.
  private func refuseUpgrade(_ socket: OpaquePointer, _ status: String) -> Bool {
    let answer = "HTTP/1.1 \(status)\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    _ = write(answer.utf8, to: socket, LWS_WRITE_HTTP_HEADERS)
    return false
  }

  /// Answers what does not begin as a request does, or begins with a method that the library does
  /// not know: always false.
  func refuseUnreadable(_ connection: WebConnection, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let line = bytes.prefix { $0 != 0x0D && $0 != 0x0A }
    let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
    // A method that the library knows is not why it has given up.
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT"]
    guard words.count == 3, words[2].hasPrefix("HTTP/1."), !known.contains(words[0]),
      words[0].utf8.allSatisfy({ (0x41...0x5A).contains($0) })
    else {
      return answerAndEnd(connection, "400 Bad Request", "malformed_request")
    }
    let path = String(words[1].prefix { $0 != "?" })
    let port: HTTPRequest.Port = purpose(of: connection.socket) == .admin ? .admin : .pages
    let methods = configuration.methods(path, port)
    let allowed = methods.isEmpty ? ["GET", "HEAD"] : methods
    return answerAndEnd(
      connection, "405 Method Not Allowed", "method_not_allowed",
      field: "allow: \(allowed.joined(separator: ", "))\r\n")
  }

  /// Writes a whole answer beside the library, which has no request to answer: always false.
  private func answerAndEnd(
    _ connection: WebConnection, _ status: String, _ reason: String, field: String = ""
  ) -> Bool {
    let body = Self.problem(Int(status.prefix(3)) ?? 400, reason).body
    let text = String(decoding: body, as: UTF8.self)
    let answer =
      "HTTP/1.1 \(status)\r\ncontent-type: application/problem+json\r\n"
      + "content-length: \(body.count)\r\n\(field)connection: close\r\n\r\n\(text)"
    _ = write(answer.utf8, to: connection.socket, LWS_WRITE_HTTP_HEADERS)
    return false
  }
}
