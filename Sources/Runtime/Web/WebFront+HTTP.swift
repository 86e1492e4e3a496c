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

  /// Answers a request. The path is compared with a table, byte for byte; what begins as requests
  /// of the HTTP API do goes to the control thread.
  func serve(_ connection: WebConnection, path: UnsafeRawBufferPointer) -> Bool {
    count { $0.requests += 1 }
    let path = String(decoding: path, as: UTF8.self)
    let method = self.method(of: connection.socket)
    let purpose = purpose(of: connection.socket)
    let page =
      switch purpose {
      case .pages: configuration.pages[path]
      case .admin: configuration.adminPage(path)
      case .lines, nil: nil as WebConfiguration.Page?
      }
    if page == nil, path.hasPrefix(configuration.apiPrefix), path != configuration.signalPath {
      return begin(
        HTTPRequest(port: purpose == .admin ? .admin : .pages, method: method, path: path),
        on: connection)
    }
    guard method == "GET" || method == "HEAD" else {
      return reply(connection, HTTPResponse(Self.wrongMethod, configuration.headers), isLast: true)
    }
    return reply(connection, HTTPResponse(page ?? Self.notFound, configuration.headers))
  }

  /// The method of a request, by the name that it has on the wire.
  private func method(of socket: OpaquePointer) -> String {
    let methods: [(lws_token_indexes, String)] = [
      (WSI_TOKEN_GET_URI, "GET"), (WSI_TOKEN_POST_URI, "POST"), (WSI_TOKEN_PATCH_URI, "PATCH"),
      (WSI_TOKEN_PUT_URI, "PUT"), (WSI_TOKEN_DELETE_URI, "DELETE"), (WSI_TOKEN_HEAD_URI, "HEAD"),
      (WSI_TOKEN_OPTIONS_URI, "OPTIONS"),
    ]
    return methods.first { lws_hdr_total_length(socket, $0.0) > 0 }?.1 ?? "CONNECT"
  }

  /// Writes the header of an answer and begins with its body; the last one ends the connection.
  func reply(
    _ connection: WebConnection, _ response: HTTPResponse, isLast: Bool = false
  ) -> Bool {
    let socket = connection.socket
    let isHead = method(of: socket) == "HEAD"
    guard writeHeader(of: response, isLast: isLast, to: socket) else { return false }
    if isLast {
      // The library would go on reading before it lets us write again.
      _ = isHead || write(response.body, to: socket, LWS_WRITE_HTTP_FINAL)
      return false
    }
    if isHead || response.body.isEmpty { return complete(connection) }
    connection.state = .http(WebReply(bytes: response.body))
    lws_callback_on_writable(socket)
    return true
  }

  /// An answer is out: the next request may come, if the connection stays; false ends it.
  private func complete(_ connection: WebConnection) -> Bool {
    connection.state = .http(nil)
    return lws_http_transaction_completed(connection.socket) == 0
  }

  private func writeHeader(
    of response: HTTPResponse, isLast: Bool, to socket: OpaquePointer
  ) -> Bool {
    let prefix = Int(web_prefix_bytes)
    return withUnsafeTemporaryAllocation(byteCount: prefix + 4_096, alignment: 16) { room in
      let room = room.assumingMemoryBound(to: UInt8.self)
      guard let start = room.baseAddress.map({ $0 + prefix }) else { return false }
      let end = start + 4_095
      var next: UnsafeMutablePointer<UInt8>? = start
      guard
        lws_add_http_common_headers(
          socket, UInt32(response.status), response.contentType,
          lws_filepos_t(response.body.count), &next, end) == 0
      else { return false }
      for field in response.fields + (isLast ? [HTTPField("connection", "close")] : []) {
        let added = lws_add_http_header_by_name(
          socket, field.name.lowercased() + ":", field.value, Int32(field.value.utf8.count), &next,
          end)
        guard added == 0 else { return false }
      }
      return lws_finalize_write_http_header(socket, start, &next, end) == 0
    }
  }

  /// Writes the next part of an answer's body.
  func writeReply(_ connection: WebConnection) -> Bool {
    guard case .http(.some(var reply)) = connection.state else { return true }
    let end = min(reply.bytes.count, reply.position + Self.chunkBytes)
    let isEnd = end == reply.bytes.count
    let isWritten = write(
      reply.bytes[reply.position..<end], to: connection.socket,
      isEnd ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP)
    guard isWritten else { return false }
    if isEnd { return complete(connection) }
    reply.position = end
    connection.state = .http(reply)
    lws_callback_on_writable(connection.socket)
    return true
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

extension HTTPResponse {
  /// A page with the headers that go with every page.
  fileprivate init(_ page: WebConfiguration.Page, _ headers: [(name: String, value: String)]) {
    self.init(
      status: Int(page.status), contentType: page.contentType,
      fields: headers.map { HTTPField($0.name.lowercased(), $0.value) }, body: page.bytes)
  }
}
