import CWeb
import Primitives

extension WebFront {
  /// A request of the HTTP API has come, without its body yet.
  func begin(_ request: HTTPRequest, on connection: WebConnection) -> Bool {
    let socket = connection.socket
    if header(WSI_TOKEN_HTTP_TRANSFER_ENCODING, of: socket) != nil {
      return refuse(connection, 411, "length_required")
    }
    var length = 0
    var isUnsaid = Self.methodsWithBody.contains(request.method)
    if let text = header(WSI_TOKEN_HTTP_CONTENT_LENGTH, of: socket) {
      guard let count = Self.length(text) else { return refuse(connection, 400, "bad_length") }
      length = count
      isUnsaid = false
    }
    guard length == 0 || Self.methodsWithBody.contains(request.method) else {
      return refuseBody(of: request, on: connection)
    }
    guard length <= Limits.discardedBodyBytes else {
      return refuse(connection, 413, "body_too_large")
    }
    var exchange = WebExchange(
      request: completed(request, from: socket),
      deadline: MonotonicClock.now() + configuration.bodyTimeout, missing: length)
    exchange.isLast = isUnsaid
    exchange.repetitions = length == 0 && !isUnsaid ? 2 : 0
    if length > configuration.bodyBytes {
      exchange.refusal = (413, "body_too_large")
    } else if unfinishedBytes + length > Limits.unfinishedBytes {
      exchange.refusal = (503, "overloaded")
    }
    connection.state = .exchange(exchange)
    if length == 0 { return completeBody(connection) }
    lws_set_timeout(socket, PENDING_TIMEOUT_HTTP_CONTENT, bodySeconds)
    guard header(WSI_TOKEN_HTTP_EXPECT, of: socket)?.lowercased() == "100-continue" else {
      return true
    }
    // RFC 9110 section 10.1.1: a client that asks waits for this before it sends the body.
    return write("HTTP/1.1 100 Continue\r\n\r\n".utf8, to: socket, LWS_WRITE_HTTP_HEADERS)
  }

  /// The next bytes of a request's body.
  func receiveBody(_ connection: WebConnection, _ bytes: UnsafeRawBufferPointer) -> Bool {
    // Of a body of 0 bytes the library tells after the request has been handed over.
    if bytes.isEmpty { return true }
    guard case .exchange(var exchange) = connection.state else { return false }
    guard exchange.id == nil, bytes.count <= exchange.missing else { return false }
    guard MonotonicClock.now() < exchange.deadline else {
      return refuse(connection, 408, "body_too_slow")
    }
    // Held twice, the bytes would be copied with every piece.
    connection.state = .http(nil)
    exchange.missing -= bytes.count
    if exchange.refusal == nil {
      exchange.request.body.value += bytes
      unfinishedBytes += bytes.count
    }
    connection.state = .exchange(exchange)
    // The library would give every piece a time of its own.
    let left = (exchange.deadline - MonotonicClock.now()).milliseconds / 1_000 + 1
    lws_set_timeout(connection.socket, PENDING_TIMEOUT_HTTP_CONTENT, Int32(left))
    return true
  }

  /// A request is whole: the control thread gets it.
  ///
  /// The library calls again and again where another request was sent right behind the body,
  /// before the answer: that is no way to send what changes something (RFC 9112 section 9.3.2),
  /// and the connection ends.
  func completeBody(_ connection: WebConnection) -> Bool {
    guard case .exchange(var exchange) = connection.state else { return true }
    guard exchange.id == nil else {
      exchange.repetitions -= 1
      connection.state = .exchange(exchange)
      return exchange.repetitions >= 0
    }
    let socket = connection.socket
    if let (status, reason) = exchange.refusal {
      connection.state = .http(nil)
      count { $0.refusedBodies += 1 }
      return reply(connection, Self.problem(status, reason))
    }
    lastExchange += 1
    let id = ExchangeID(lastExchange)
    unfinishedBytes -= connection.heldBytes
    let request = exchange.request
    exchange.id = id
    exchange.request.body = Redacted([])
    connection.state = .exchange(exchange)
    exchanges[id] = connection
    lws_set_timeout(socket, PENDING_TIMEOUT_HTTP_CONTENT, bodySeconds)
    // The next request on this connection is not read before this one is answered.
    lws_rx_flow_control(socket, 0)
    deliver(.requested(id, request))
    return true
  }

  /// Sends the control thread's answer.
  func respond(_ response: HTTPResponse, to id: ExchangeID) {
    guard let connection = exchanges.removeValue(forKey: id) else { return }
    var isLast = false
    if case .exchange(let exchange) = connection.state { isLast = exchange.isLast }
    connection.state = .http(nil)
    lws_rx_flow_control(connection.socket, 1)
    if !reply(connection, response, isLast: isLast) {
      lws_set_timeout(connection.socket, PENDING_TIMEOUT_USER_OK, web_timeout_now)
    }
  }

  /// The connection goes, and its request with it.
  func forgetExchange(on connection: WebConnection) {
    guard case .exchange(let exchange) = connection.state, let id = exchange.id else { return }
    exchanges[id] = nil
  }

  // MARK: What a request consists of

  private func completed(_ request: HTTPRequest, from socket: OpaquePointer) -> HTTPRequest {
    var request = request
    request.authorization = header(WSI_TOKEN_HTTP_AUTHORIZATION, of: socket).map { Redacted($0) }
    request.contentType = header(WSI_TOKEN_HTTP_CONTENT_TYPE, of: socket)
    request.ifMatch = header(WSI_TOKEN_HTTP_IF_MATCH, of: socket)
    request.idempotencyKey = header(named: "idempotency-key:", of: socket)
    request.query = query(of: socket)
    return request
  }

  /// The parts of the query; the library has decoded them, and cut at each `&`.
  private func query(of socket: OpaquePointer) -> [HTTPField] {
    var fields: [HTTPField] = []
    var room = [CChar](repeating: 0, count: Limits.requestHeaderBytes)
    for index in 0..<Int32(Limits.queryParts) {
      let length = lws_hdr_copy_fragment(
        socket, &room, Int32(room.count), WSI_TOKEN_HTTP_URI_ARGS, index)
      guard length >= 0 else { break }
      let bytes = room[..<Int(length)].map { UInt8(bitPattern: $0) }
      let text = String(decoding: bytes, as: UTF8.self)
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = parts.first, !text.isEmpty else { continue }
      fields.append(HTTPField(String(name), parts.count == 2 ? String(parts[1]) : ""))
    }
    return fields
  }

  private func header(named name: String, of socket: OpaquePointer) -> String? {
    let count = Int32(name.utf8.count)
    let length = lws_hdr_custom_length(socket, name, count)
    guard length >= 0 else { return nil }
    var text = [CChar](repeating: 0, count: Int(length) + 1)
    guard lws_hdr_custom_copy(socket, &text, Int32(text.count), name, count) == length else {
      return nil
    }
    return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The value of a `Content-Length`: digits, and nothing else.
  private static func length(_ text: String) -> Int? {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
  }

  private static var methodsWithBody: Set<String> { ["POST", "PUT", "PATCH"] }

  // MARK: Refusals

  private var bodySeconds: Int32 { Int32(configuration.bodyTimeout.milliseconds / 1_000) }

  /// A method that takes no body came with one, or does not belong to the path at all.
  private func refuseBody(of request: HTTPRequest, on connection: WebConnection) -> Bool {
    let allowed = configuration.methods(request.path, request.port)
    guard !allowed.isEmpty, !allowed.contains(request.method) else {
      return refuse(connection, 400, "body_not_expected")
    }
    var response = Self.problem(405, "method_not_allowed")
    response.fields = [HTTPField("allow", allowed.joined(separator: ", "))]
    return refuse(connection, response)
  }

  /// Answers a request that cannot be read on from, and ends the connection after it.
  private func refuse(_ connection: WebConnection, _ status: Int, _ reason: String) -> Bool {
    refuse(connection, Self.problem(status, reason))
  }

  private func refuse(_ connection: WebConnection, _ response: HTTPResponse) -> Bool {
    count { $0.refusedBodies += 1 }
    unfinishedBytes -= connection.heldBytes
    connection.state = .http(nil)
    return reply(connection, response, isLast: true)
  }

  /// An answer in the form of RFC 9457.
  static func problem(_ status: Int, _ reason: String) -> HTTPResponse {
    let title = String(reason.map { $0 == "_" ? " " : $0 })
    let body: JSON = [
      "type": "about:blank", "status": .integer(Int64(status)), "title": .string(title),
      "reason": .string(reason),
    ]
    return HTTPResponse(
      status: status, contentType: "application/problem+json",
      body: Array(body.description.utf8))
  }
}
