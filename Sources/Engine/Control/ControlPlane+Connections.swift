import Primitives
import Security
import Signaling
import Visits

extension ControlPlane {
  // MARK: Messages

  /// One message from a client: it can cost its sender the connection, and nobody else anything.
  mutating func receive(_ bytes: [UInt8], on connection: ConnectionID) {
    guard let state = connections[connection] else { return }
    let limit = state.session == nil ? Limits.messageBytes : Limits.negotiationBytes
    guard bytes.count <= limit else {
      drop(connection, code: 1_009, reason: "message_too_large")
      return
    }
    let isTooMany = !takeToken(of: connection)
    do throws(JSONRPCMessage.Failure) {
      let message = try JSONRPCMessage(parsing: bytes)
      receive(message, length: bytes.count, isTooMany: isTooMany, on: connection)
    } catch {
      guard !isTooMany else {
        drop(connection, code: 1_008, reason: "rate_limited")
        return
      }
      emit(.send(connection, JSONRPCText.error(error.id, error.error)))
      if error.isFatal { drop(connection, code: 1_007, reason: error.error.reason) }
    }
  }

  private mutating func receive(
    _ message: JSONRPCMessage, length: Int, isTooMany: Bool, on connection: ConnectionID
  ) {
    do throws(SignalingError) {
      guard !isTooMany else {
        throw SignalingError(.unavailable, "rate_limited", message: "too many requests a second")
      }
      guard let method = SignalingMethod(rawValue: message.method) else {
        throw SignalingError(.methodNotFound, "unknown_method", field: "method")
      }
      guard length <= Limits.messageBytes || method.carriesOffer else {
        throw SignalingError(.invalidRequest, "message_too_large")
      }
      guard message.id != nil || method.isNotification else {
        throw SignalingError(.invalidRequest, "id_missing", field: "id")
      }
      guard (connections[connection]?.session != nil) != (method == .sessionOpen) else {
        throw method == .sessionOpen
          ? SignalingError(.invalidRequest, "already_open")
          : SignalingError(.unauthenticated, "session_not_open")
      }
      let request = try Request(method, params: message.params)
      try carry(request, method, id: message.id, on: connection)
    } catch {
      if let id = message.id {
        emit(.send(connection, JSONRPCText.error(id, error)))
      } else {
        // Nobody would learn that a notification was refused, and a lost acknowledgement would
        // keep a seat empty: the client sends it again when it resumes.
        drop(connection, code: 1_008, reason: error.reason)
      }
    }
  }

  private mutating func carry(
    _ request: Request, _ method: SignalingMethod, id: RequestID?, on connection: ConnectionID
  ) throws(SignalingError) {
    if case .openSession(let opening) = request {
      guard let id else { return }
      do throws(SignalingError) {
        try openSession(opening, id: id, on: connection)
      } catch {
        auditRefusal(error.reason)
        throw error
      }
      return
    }
    guard let session = connections[connection]?.session, let state = sessions[session] else {
      return
    }
    guard state.identity.allows(method) else {
      throw SignalingError(Refusal(.notPermitted))
    }
    sessions[session]?.usedAt = moment.instant
    guard state.ratingUntil == nil || method == .feedbackSubmit else {
      throw SignalingError(.refused, "call_ended", message: "the call can be rated, nothing else")
    }
    guard state.waiting < Limits.waitingRequests else {
      throw SignalingError(.unavailable, "overloaded", message: "too many requests wait")
    }
    let place = state.visit.flatMap(journal.scene)?.place(of: state.identity.participant) ?? .out
    try method.requireEntry(from: place)
    let reply = PendingReply(
      connection: connection, session: session, request: id, answer: .done)
    try carry(request, from: session, reply: reply)
  }

  /// Requests are counted by session, so that a new connection brings no new allowance.
  private mutating func takeToken(of connection: ConnectionID) -> Bool {
    if let session = connections[connection]?.session {
      return sessions[session]?.bucket.take(now: moment.instant) ?? false
    }
    return connections[connection]?.bucket.take(now: moment.instant) ?? false
  }

  // MARK: Closing

  /// The connection is gone; its session has a while to come back on another.
  mutating func close(_ connection: ConnectionID) {
    guard let session = connections.removeValue(forKey: connection)?.session else { return }
    detach(session)
  }

  /// Closes a connection from this side. Over lines, whoever has not been told why is told now.
  mutating func drop(
    _ connection: ConnectionID, code: UInt16, reason: String, isTold: Bool = false
  ) {
    guard let state = connections.removeValue(forKey: connection) else { return }
    if !isTold, state.origin.transport == .lines {
      emit(.send(connection, ConnectionClosing.lastLine(reason)))
    }
    emit(.close(connection, code: code, reason: reason))
    log(LogRecord(.info, "connection_closed", ("connection", connection), ("reason", reason)))
    if let session = state.session { detach(session) }
  }
}
