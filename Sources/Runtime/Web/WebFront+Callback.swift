import CWeb
import Primitives

/// The one function that the library calls, for everything on every listener. Not 0 has the
/// connection closed.
func webCallback(
  _ socket: OpaquePointer?, _ reason: lws_callback_reasons, _: UnsafeMutableRawPointer?,
  _ input: UnsafeMutableRawPointer?, _ length: Int
) -> Int32 {
  guard let socket, let context = lws_get_context(socket), let user = lws_context_user(context)
  else { return 0 }
  let front = Unmanaged<WebFront>.fromOpaque(user).takeUnretainedValue()
  let bytes = UnsafeRawBufferPointer(start: input, count: input == nil ? 0 : length)
  return front.handle(reason, on: socket, input: input, bytes) ? 0 : -1
}

extension WebFront {
  /// Deals with one call of the library; false has the connection closed.
  fileprivate func handle(
    _ reason: lws_callback_reasons, on socket: OpaquePointer, input: UnsafeMutableRawPointer?,
    _ bytes: UnsafeRawBufferPointer
  ) -> Bool {
    switch reason {
    case LWS_CALLBACK_RAW_RX_FILE:
      takeCommands()
      return true
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
      return admits(descriptor: Int32(truncatingIfNeeded: Int(bitPattern: input)))
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
      return insert(socket, .http(nil)) != nil
    case LWS_CALLBACK_RAW_ADOPT:
      // What did not begin as HTTP does has been let in already, and is answered in words.
      guard purpose(of: socket) == .lines else { return true }
      guard let connection = insert(socket, .lines(LineSplitter())) else { return false }
      open(connection, .lines)
      return true
    case LWS_CALLBACK_WSI_DESTROY:
      if let connection = connections.remove(socket) { closed(connection) }
      return true
    default:
      guard let connection = connections[socket] else { return true }
      return handle(reason, on: connection, bytes)
    }
  }

  private func handle(
    _ reason: lws_callback_reasons, on connection: WebConnection,
    _ bytes: UnsafeRawBufferPointer
  ) -> Bool {
    switch reason {
    case LWS_CALLBACK_HTTP: return serve(connection, path: bytes)
    case LWS_CALLBACK_HTTP_WRITEABLE: return writeReply(connection)
    case LWS_CALLBACK_HTTP_BODY: return receiveBody(connection, bytes)
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return completeBody(connection)
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return permitsUpgrade(connection)
    case LWS_CALLBACK_ESTABLISHED:
      connection.state = .webSocket(MessageAssembler())
      open(connection, .webSocket)
      return true
    case LWS_CALLBACK_RAW_RX where connection.isHTTP: return refuseUnreadable(connection, bytes)
    case LWS_CALLBACK_RECEIVE, LWS_CALLBACK_RAW_RX: return receive(connection, bytes)
    case LWS_CALLBACK_SERVER_WRITEABLE, LWS_CALLBACK_RAW_WRITEABLE: return write(connection)
    case LWS_CALLBACK_CLOSED, LWS_CALLBACK_RAW_CLOSE:
      closed(connection)
      return true
    default: return true
    }
  }

  /// Whether an accepted connection may stay, before anything is allocated for it.
  private func admits(descriptor: Int32) -> Bool {
    guard isAccepting, let address = NetworkAddress(.remote, of: descriptor),
      connections.hasRoom(for: address, limits: configuration)
    else {
      count { $0.refusedFull += 1 }
      return false
    }
    return true
  }

  private func insert(_ socket: OpaquePointer, _ state: WebConnection.State) -> WebConnection? {
    let descriptor = lws_get_socket_fd(socket)
    guard let address = NetworkAddress(.remote, of: descriptor) else { return nil }
    let connection = WebConnection(socket: socket, address: address, state: state)
    connections.insert(connection)
    return connection
  }

  /// A text of the request's headers, or nil where it was not sent.
  func header(_ token: lws_token_indexes, of socket: OpaquePointer) -> String? {
    let length = Int(lws_hdr_total_length(socket, token))
    guard length > 0 else {
      var nothing: [CChar] = [0, 0]
      return lws_hdr_copy_fragment(socket, &nothing, 2, token, 0) < 0 ? nil : ""
    }
    var text = [CChar](repeating: 0, count: length + 1)
    guard lws_hdr_copy(socket, &text, Int32(text.count), token) == Int32(length) else { return "" }
    return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
