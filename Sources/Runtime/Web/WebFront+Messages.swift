import CWeb
import Primitives

extension WebFront {
  /// The connection carries messages from now on.
  func open(_ connection: WebConnection, _ way: WebServer.Way) {
    connections.assignNumber(connection)
    count { $0.open = connections.openCount }
    _ = connection.overhead.take(read: bytesRead(on: connection) ?? 0)
    deliver(.opened(connection.number, way, from: Redacted(connection.address)))
  }

  /// The connection is gone, or as good as gone.
  func closed(_ connection: WebConnection) {
    unfinishedBytes -= connection.heldBytes
    forgetExchange(on: connection)
    connection.state = .http(nil)
    connection.outbound.removeAll()
    guard connection.number != 0 else { return }
    let number = connection.number
    connections.releaseNumber(connection)
    count { $0.open = connections.openCount }
    deliver(.closed(number))
  }

  // MARK: Receiving

  /// Takes in bytes of a WebSocket message or of lines; false ends the connection.
  func receive(_ connection: WebConnection, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard connection.closing == nil, !connection.hasEnded else { return true }
    let before = connection.heldBytes
    defer { unfinishedBytes += connection.heldBytes - before }
    guard unfinishedBytes + bytes.count <= Limits.unfinishedBytes else {
      return giveUp(connection, code: 1_013, reason: "overloaded")
    }
    switch connection.state {
    case .http, .exchange: return true
    case .webSocket(var assembler):
      connection.overhead.note(messageBytes: bytes.count)
      if lws_frame_is_binary(connection.socket) != 0 {
        return giveUp(connection, code: 1_003, reason: "text_only")
      }
      // Held twice, the bytes would be copied with every piece.
      connection.state = .http(nil)
      let outcome = assembler.append(
        bytes, ending: ending(connection.socket), limit: configuration.messageBytes)
      connection.state = .webSocket(assembler)
      switch outcome {
      case .incomplete: return true
      case .complete(let message):
        deliver(.received(connection.number, message))
        return true
      case .tooLong: return refuseTooLong(connection)
      case .tooManyFrames:
        count { $0.frameFloods += 1 }
        return giveUp(connection, code: 1_008, reason: "too_many_fragments")
      }
    case .lines(var splitter):
      connection.state = .http(nil)
      let lines = splitter.append(bytes, limit: configuration.messageBytes)
      connection.state = .lines(splitter)
      guard let lines else { return refuseTooLong(connection) }
      for line in lines { deliver(.received(connection.number, line)) }
      return true
    }
  }

  /// What the piece that has just come on a WebSocket is the end of.
  private func ending(_ socket: OpaquePointer) -> MessageAssembler.End {
    guard lws_remaining_packet_payload(socket) == 0 else { return .nothing }
    return lws_is_final_fragment(socket) != 0 ? .message : .frame
  }

  private func refuseTooLong(_ connection: WebConnection) -> Bool {
    count { $0.messagesTooLong += 1 }
    return giveUp(connection, code: 1_009, reason: "message_too_long")
  }

  /// Closes those WebSockets, of a part of all, on which too much comes that is no message.
  func endFloods(turn: UInt64) {
    for connection in connections.webSockets(turn: turn) {
      guard connection.closing == nil, let read = bytesRead(on: connection),
        connection.overhead.take(read: read) > Limits.overheadBytesPerSecond
      else { continue }
      count { $0.frameFloods += 1 }
      connection.outbound.removeAll()
      // Nothing more is read: as long as pings come, the library has pongs to write and lets nobody
      // else write.
      lws_rx_flow_control(connection.socket, 0)
      close(connection, code: 1_008, reason: "too_many_control_frames")
    }
  }

  /// The bytes that have been read from a connection; nil where the kernel does not tell.
  private func bytesRead(on connection: WebConnection) -> Int? {
    let count = web_bytes_read(lws_get_socket_fd(connection.socket))
    return count < 0 ? nil : Int(count)
  }

  // MARK: Sending

  /// Lines up a message; a reader that leaves too many unread is closed.
  func send(_ text: String, to number: UInt64) {
    guard let connection = connections[number], connection.closing == nil else { return }
    guard connection.outbound.append(text, limit: configuration.queuedBytes) else {
      count { $0.slowReaders += 1 }
      connection.outbound.removeAll()
      sayWhy(reason: "slow_reader", to: connection)
      close(connection, code: 1_008, reason: "slow_reader")
      return
    }
    lws_callback_on_writable(connection.socket)
  }

  /// Writes one message, or closes when there is none left and that is wanted; false ends the
  /// connection.
  func write(_ connection: WebConnection) -> Bool {
    // The library may ask again before it has said the last words itself.
    guard !connection.hasEnded else { return true }
    guard let message = connection.outbound.popFirst() else {
      guard let (code, reason) = connection.closing else { return true }
      return end(connection, code: code, reason: reason)
    }
    let isWritten: Bool
    if case .lines = connection.state {
      // On a raw connection the library writes an HTTP body as it is.
      isWritten = write(Array(message.utf8) + [0x0A], to: connection.socket, LWS_WRITE_HTTP)
    } else {
      isWritten = write(message.utf8, to: connection.socket, LWS_WRITE_TEXT)
    }
    if !connection.outbound.isEmpty || connection.closing != nil {
      lws_callback_on_writable(connection.socket)
    }
    return isWritten
  }

  /// Closes the connection once its queue is empty, or when that takes too long.
  func close(_ connection: WebConnection, code: UInt16, reason: String) {
    guard connection.closing == nil else { return }
    connection.closing = (code, reason)
    lws_set_timeout(
      connection.socket, PENDING_TIMEOUT_CLOSE_SEND,
      Int32(configuration.requestTimeout.milliseconds / 1_000))
    lws_callback_on_writable(connection.socket)
  }

  /// Ends a connection from which nothing more is taken in: at once where the way in has words for
  /// why, and else after they were said. False ends it at once.
  private func giveUp(_ connection: WebConnection, code: UInt16, reason: String) -> Bool {
    guard case .lines = connection.state else {
      return end(connection, code: code, reason: reason)
    }
    sayWhy(reason: reason, to: connection)
    close(connection, code: code, reason: reason)
    return true
  }

  /// Lines have no closing frame, and are told in a last line.
  private func sayWhy(reason: String, to connection: WebConnection) {
    guard case .lines = connection.state else { return }
    _ = connection.outbound.append(configuration.lastLine(reason), limit: .max)
  }

  /// Says why, where the way in has words for it, and ends the connection: always false.
  private func end(_ connection: WebConnection, code: UInt16, reason: String) -> Bool {
    connection.hasEnded = true
    if case .webSocket = connection.state {
      var text = Array(reason.utf8.prefix(123))
      lws_close_reason(
        connection.socket, lws_close_status(rawValue: UInt32(code)), &text, text.count)
    }
    return false
  }
}
