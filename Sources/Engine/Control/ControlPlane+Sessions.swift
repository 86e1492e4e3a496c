import Primitives
import Security
import Signaling
import Visits

extension ControlPlane {
  // MARK: Opening

  /// Opens a session, or continues one, and answers with all that the person may see.
  mutating func openSession(
    _ opening: SessionOpening, id: RequestID, on connection: ConnectionID
  ) throws(SignalingError) {
    switch opening.credential {
    case .token(let token):
      let (identity, lifetime) = try identity(ofToken: token.value)
      begin(identity, lifetime: lifetime, opening.client, id: id, on: connection)
    case .invite(let secret, let name):
      let identity = try identity(ofLink: secret.value, name: name)
      noteOpened(identity)
      begin(identity, lifetime: nil, opening.client, id: id, on: connection)
    case .resume(let session, let secret, let sequence):
      try resume(session, secret: secret.value, after: sequence, id: id, on: connection)
    }
  }

  private mutating func begin(
    _ identity: Identity, lifetime: Duration?, _ client: ClientDescription, id: RequestID,
    on connection: ConnectionID
  ) {
    guard let bucket = connections[connection]?.bucket else { return }
    let session = SessionID(random: &random)
    var identity = identity
    if let visit = identity.visit.flatMap({ journal.decided.visits[$0] }) {
      let isStranger = visit.isStranger(identity)
      identity.link?.isSecond = isStranger
    }
    sessions[session] = ControlSession(
      session, on: connection, bucket: bucket, identity: identity, lifetime: lifetime,
      client: client, at: moment.instant)
    connections[connection]?.session = session
    list(session, identity)
    if let visit = identity.visit {
      attendances[visit, default: Attendance()].sessions.append(session)
    }
    let ringing = identity.visit == nil ? ringingVisit(for: identity) : nil
    sessions[session]?.rungIn = ringing
    watchExpiry(of: session)
    log(
      LogRecord(
        .info, "session_opened", ("session", session), ("role", identity.role.rawValue),
        ("transport", connections[connection]?.origin.transport.rawValue ?? "")))
    showAll(session)
    emit(.send(connection, JSONRPCText.result(id, describeSession(session, replayingAfter: nil))))
  }

  /// Where somebody is being rung whose session is for no visit in particular.
  private func ringingVisit(for identity: Identity) -> VisitID? {
    guard identity.role == .patient || identity.role == .proxy else { return nil }
    // Staff is in every call that rings, so that only attended visits can.
    return attendances.keys.sorted().last { id in
      guard let visit = journal.scene(of: id)?.visit, visit.clinic == identity.clinic else {
        return false
      }
      return visit.call?.requests.contains {
        $0.person == identity.person && $0.state == .sent
      } ?? false
    }
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

  /// Staff sees that a personal link has been opened.
  private mutating func noteOpened(_ identity: Identity) {
    guard let visit = identity.visit, let link = identity.link else { return }
    _ = try? carryOut(.visit(visit, .noteInvite(link.invite)), by: .system, reply: nil)
  }

  // MARK: Resuming

  private mutating func resume(
    _ session: SessionID, secret: String, after sequence: UInt64, id: RequestID,
    on connection: ConnectionID
  ) throws(SignalingError) {
    guard configuration.links.isResumeSecret(secret, of: session), sessions[session] != nil else {
      throw SignalingError(.unauthenticated, "session_unknown", field: "resume")
    }
    if let old = sessions[session]?.signaling.connection { replace(old, of: session) }
    _ = sessions[session]?.signaling.attach(connection)
    sessions[session]?.usedAt = moment.instant
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

  /// The connection no longer carries the session: it is told why, and closed.
  private mutating func replace(_ old: ConnectionID, of session: SessionID) {
    let reason = SessionClosing.resumedElsewhere
    // The number is that of the next notification, which the old connection will not see.
    let next = (sessions[session]?.signaling.sequence ?? 0) + 1
    emit(
      .send(
        old,
        JSONRPCText.notification(
          SignalingNotification.sessionClosing.rawValue, sequence: next, reason.json)))
    connections[old]?.session = nil
    drop(old, code: 4_002, reason: reason.rawValue, isTold: true)
  }

  // MARK: Losing

  /// The session's connection is gone: it has a while to come back on another.
  mutating func detach(_ session: SessionID) {
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
}
