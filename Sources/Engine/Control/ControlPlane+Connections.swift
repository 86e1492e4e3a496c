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
    let isTooMany = connections[connection]?.bucket.take(now: moment.instant) == false
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
      if let id { try openSession(opening, id: id, on: connection) }
      return
    }
    guard let session = connections[connection]?.session, let state = sessions[session] else {
      return
    }
    guard state.identity.allows(method) else {
      throw SignalingError(Refusal(.notPermitted))
    }
    let place = state.visit.flatMap(journal.scene)?.place(of: state.identity.participant) ?? .out
    try method.requireEntry(from: place)
    let reply = PendingReply(
      connection: connection, session: session, request: id, answer: .done)
    try carry(request, from: session, reply: reply)
  }

  // MARK: Opening and resuming

  private mutating func openSession(
    _ opening: SessionOpening, id: RequestID, on connection: ConnectionID
  ) throws(SignalingError) {
    let identity: Identity
    var lifetime: Duration?
    switch opening.credential {
    case .token(let token):
      (identity, lifetime) = try self.identity(ofToken: token.value)
    case .invite(let secret, let name):
      identity = try self.identity(ofLink: secret.value, name: name)
    case .resume(let session, let secret, let sequence):
      try resume(session, secret: secret.value, after: sequence, id: id, on: connection)
      return
    }
    let session = SessionID(random: &random)
    sessions[session] = ControlSession(
      session, on: connection, identity: identity, client: opening.client)
    sessions[session]?.ends = lifetime.map { moment.instant + $0 }
    connections[connection]?.session = session
    if let visit = identity.visit {
      attendances[visit, default: Attendance()].sessions.append(session)
    }
    log(
      LogRecord(
        .info, "session_opened", ("session", session), ("role", identity.role.rawValue),
        ("transport", connections[connection]?.origin.transport.rawValue ?? "")))
    showAll(session)
    emit(.send(connection, JSONRPCText.result(id, describeSession(session, replayingAfter: nil))))
  }

  /// Unknown, rotated, revoked and expired links are answered alike.
  private mutating func identity(
    ofLink secret: String, name: Redacted<String>?
  ) throws(SignalingError) -> Identity {
    let stranger = PersonID(random: &random)
    guard let link = configuration.links.open(secret),
      let identity = try? journal.decided.identity(
        ofLink: link.invite, version: link.version, stranger: stranger, name: name,
        at: moment.wall),
      let visit = identity.visit, journal.scene(of: visit)?.visit.invite(link.invite) != nil
    else { throw SignalingError(.unauthenticated, "invite_refused", field: "invite") }
    return identity
  }

  private mutating func resume(
    _ session: SessionID, secret: String, after sequence: UInt64, id: RequestID,
    on connection: ConnectionID
  ) throws(SignalingError) {
    guard configuration.links.isResumeSecret(secret, of: session), sessions[session] != nil else {
      throw SignalingError(.unauthenticated, "session_unknown", field: "resume")
    }
    if let old = sessions[session]?.signaling.connection {
      // The number is that of the next notification, which the old connection will not see.
      let next = (sessions[session]?.signaling.sequence ?? 0) + 1
      emit(
        .send(
          old,
          JSONRPCText.notification(
            "session.closing", sequence: next,
            ["reason": "resumed_elsewhere", "action": "leave"])))
      connections[old]?.session = nil
      drop(old, code: 4_002, reason: "resumed_elsewhere")
    }
    _ = sessions[session]?.signaling.attach(connection)
    connections[connection]?.session = session
    let missed = sessions[session]?.signaling.missed(after: sequence)
    if missed == nil { showAll(session) }
    emit(
      .send(
        connection,
        JSONRPCText.result(
          id, describeSession(session, replayingAfter: missed == nil ? nil : sequence))))
    for text in missed ?? [] { emit(.send(connection, text)) }
    log(LogRecord(.info, "session_resumed", ("session", session), ("replayed", missed != nil)))
    setConnected(true, session)
  }

  // MARK: Losing and ending

  /// The connection is gone; its session has a while to come back on another.
  mutating func close(_ connection: ConnectionID) {
    guard let session = connections.removeValue(forKey: connection)?.session else { return }
    detach(session)
  }

  /// Closes a connection from this side.
  mutating func drop(_ connection: ConnectionID, code: UInt16, reason: String) {
    guard let state = connections.removeValue(forKey: connection) else { return }
    emit(.close(connection, code: code, reason: reason))
    log(LogRecord(.info, "connection_closed", ("connection", connection), ("reason", reason)))
    if let session = state.session { detach(session) }
  }

  private mutating func detach(_ session: SessionID) {
    sessions[session]?.signaling.detach(at: moment.instant)
    startResumeWindow(of: session)
    setConnected(false, session)
  }

  /// Tells the visit whether a participant's session is there.
  private mutating func setConnected(_ isConnected: Bool, _ session: SessionID) {
    guard let state = sessions[session], let visit = state.visit,
      let participant = state.identity.participant
    else { return }
    let command: VisitCommand = isConnected ? .reconnect(participant) : .disconnect(participant)
    _ = try? carryOut(.visit(visit, command), by: .system, reply: nil)
  }

  /// Forgets a session.
  mutating func end(_ session: SessionID, reason: String) {
    guard let state = sessions.removeValue(forKey: session) else { return }
    if let visit = state.visit {
      attendances[visit]?.sessions.removeAll { $0 == session }
      touched.insert(visit)
    }
    log(LogRecord(.info, "session_ended", ("session", session), ("reason", reason)))
  }
}
