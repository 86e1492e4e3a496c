import CWeb
import Primitives

extension WebFront {
  private static var notFound: WebConfiguration.Page { plain(404, "not found\n") }
  private static var wrongMethod: WebConfiguration.Page { plain(405, "only GET and HEAD\n") }
  /// Bytes of a body that are written at once.
  private static var chunkBytes: Int { 16_384 }

  private static func plain(_ status: UInt32, _ text: String) -> WebConfiguration.Page {
    WebConfiguration.Page(
      status: status, contentType: "text/plain; charset=utf-8", bytes: Array(text.utf8))
  }

  /// Answers a request. The path is compared with a table, byte for byte.
  func serve(_ connection: WebConnection, path: UnsafeRawBufferPointer) -> Bool {
    count { $0.requests += 1 }
    let path = String(decoding: path, as: UTF8.self)
    let isHead = header(WSI_TOKEN_HEAD_URI, of: connection.socket) != nil
    guard isHead || header(WSI_TOKEN_GET_URI, of: connection.socket) != nil else {
      return reply(connection, Self.wrongMethod, isHead: false)
    }
    let page =
      switch purpose(of: connection.socket) {
      case .pages: configuration.pages[path]
      case .admin: configuration.adminPage(path)
      case .lines, nil: nil as WebConfiguration.Page?
      }
    return reply(connection, page ?? Self.notFound, isHead: isHead)
  }

  private func reply(
    _ connection: WebConnection, _ page: WebConfiguration.Page, isHead: Bool
  ) -> Bool {
    let socket = connection.socket
    let prefix = Int(web_prefix_bytes)
    let isWritten = withUnsafeTemporaryAllocation(byteCount: prefix + 4_096, alignment: 16) {
      room in
      let room = room.assumingMemoryBound(to: UInt8.self)
      guard let start = room.baseAddress.map({ $0 + prefix }) else { return false }
      let end = start + 4_095
      var next: UnsafeMutablePointer<UInt8>? = start
      guard
        lws_add_http_common_headers(
          socket, page.status, page.contentType, lws_filepos_t(page.bytes.count), &next, end) == 0
      else { return false }
      for (name, value) in configuration.headers {
        let added = lws_add_http_header_by_name(
          socket, name.lowercased() + ":", value, Int32(value.utf8.count), &next, end)
        guard added == 0 else { return false }
      }
      return lws_finalize_write_http_header(socket, start, &next, end) == 0
    }
    guard isWritten else { return false }
    if isHead || page.bytes.isEmpty { return lws_http_transaction_completed(socket) == 0 }
    connection.state = .http(WebReply(page: page))
    lws_callback_on_writable(socket)
    return true
  }

  /// Writes the next part of a page's body.
  func writeReply(_ connection: WebConnection) -> Bool {
    guard case .http(.some(var reply)) = connection.state else { return true }
    let end = min(reply.page.bytes.count, reply.position + Self.chunkBytes)
    let isLast = end == reply.page.bytes.count
    let isWritten = write(
      reply.page.bytes[reply.position..<end], to: connection.socket,
      isLast ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP)
    guard isWritten else { return false }
    if isLast {
      connection.state = .http(nil)
      return lws_http_transaction_completed(connection.socket) == 0
    }
    reply.position = end
    connection.state = .http(reply)
    lws_callback_on_writable(connection.socket)
    return true
  }

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

  /// Writes bytes as the library wants them: after room for a frame's header.
  func write(
    _ bytes: some Collection<UInt8>, to socket: OpaquePointer, _ kind: lws_write_protocol
  ) -> Bool {
    scratch.removeAll(keepingCapacity: true)
    scratch.append(contentsOf: repeatElement(0, count: Int(web_prefix_bytes)))
    scratch.append(contentsOf: bytes)
    let count = scratch.count - Int(web_prefix_bytes)
    let written = scratch.withUnsafeMutableBufferPointer { room in
      lws_write(socket, room.baseAddress.map { $0 + Int(web_prefix_bytes) }, count, kind)
    }
    return written >= 0
  }
}
