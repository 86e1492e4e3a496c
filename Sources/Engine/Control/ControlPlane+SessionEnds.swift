import Primitives
import Signaling
import Visits

/// When sessions end. Whoever waits or is in a call keeps the session as long as the call; the
/// others have a time of their own.
extension ControlPlane {
  // MARK: By the clock

  /// When a session ends by itself, and why; nil: as long as it is used.
  private func expiry(of session: ControlSession) -> (at: Instant, reason: SessionClosing)? {
    if let until = session.ratingUntil { return (until, .afterCallOver) }
    let identity = session.identity
    guard identity.participant == nil, identity.link == nil else { return nil }
    switch identity.role {
    case .staff:
      guard identity.visit == nil, let clinic = journal.decided.clinics[identity.clinic] else {
        return nil
      }
      return (session.usedAt + clinic.settings.idleStaffSession, .idle)
    case .patient, .proxy, .guest:
      return (session.openedAt + (session.lifetime ?? TokenBearer.longestSession), .expired)
    }
  }

  /// Sees to it that the session's end is not slept through.
  mutating func watchExpiry(of session: SessionID) {
    guard let due = sessions[session].flatMap(expiry)?.at else { return }
    sessionExpiry = earliest(sessionExpiry, due)
  }

  /// Ends the sessions whose time is over. Those in use have moved theirs since it was noted.
  mutating func endExpiredSessions() {
    guard let due = sessionExpiry, due <= moment.instant else { return }
    sessionExpiry = nil
    var ended: [(SessionID, SessionClosing)] = []
    for (id, session) in sessions {
      guard let (at, reason) = expiry(of: session) else { continue }
      if at <= moment.instant {
        ended.append((id, reason))
      } else {
        sessionExpiry = earliest(sessionExpiry, at)
      }
    }
    for (id, reason) in ended.sorted(by: { $0.0 < $1.0 }) { end(id, because: reason) }
  }

  // MARK: By what happens

  /// Ends sessions that a clinic takes back: the person leaves whatever they were in. Gives their
  /// number.
  mutating func revoke(_ person: PersonID, in clinic: ClinicID) -> Int {
    let theirs = sessions.filter {
      $0.value.identity.clinic == clinic && $0.value.identity.person == person
    }
    for (id, state) in theirs.sorted(by: { $0.key < $1.key }) {
      if let visit = state.visit, state.identity.participant != nil {
        _ = try? carryOut(.visit(visit, .leave), by: .session(state.identity), reply: nil)
      }
      end(id, because: .revoked)
    }
    return theirs.count
  }

  /// Ends what the end of a participant's stay ends. Staff, and apps that wait for requests, go
  /// on; who may rate the call has a while for that alone.
  mutating func endStay(of session: SessionID, because reason: Departure, in visit: VisitID) {
    guard let state = sessions[session], state.endsWithCall else { return }
    switch reason {
    case .left, .lost: return
    case .denied: end(session, because: .denied)
    case .removed: end(session, because: .removed)
    case .revoked: end(session, because: .inviteRevoked)
    case .visitClosed: return
    case .callEnded:
      if !keepForRating(session, in: visit) { end(session, because: .callEnded) }
    }
  }

  /// A call has ended that a session's person had left before: it is there for the rating alone,
  /// where one is wanted.
  mutating func endAbsence(of session: SessionID, in visit: VisitID) {
    guard sessions[session]?.endsWithCall == true else { return }
    _ = keepForRating(session, in: visit)
  }

  /// Gives a session a while for a rating and nothing else; returns whether its person may give
  /// one.
  private mutating func keepForRating(_ session: SessionID, in visit: VisitID) -> Bool {
    guard let identity = sessions[session]?.identity,
      journal.decided.mayRate(identity, in: visit, at: moment.instant)
    else { return false }
    sessions[session]?.ratingUntil = moment.instant + Limits.ratingWindow
    watchExpiry(of: session)
    return true
  }

  /// Ends the sessions that were for a visit that is over; who may still rate can do that.
  mutating func endSessions(of visit: VisitID, because reason: SessionClosing) {
    for session in attendances[visit]?.sessions ?? [] {
      guard let state = sessions[session], state.identity.visit != nil, state.ratingUntil == nil
      else {
        continue
      }
      if !keepForRating(session, in: visit) { end(session, because: reason) }
    }
  }

  /// Tells the client that its session ends, and ends it.
  mutating func end(_ session: SessionID, because reason: SessionClosing) {
    notify(session, .sessionClosing, reason.json)
    if let connection = sessions[session]?.signaling.connection {
      connections[connection]?.session = nil
      drop(connection, code: 4_003, reason: reason.rawValue, isTold: true)
    }
    forget(session, reason: reason.rawValue)
  }

  /// Forgets a session.
  mutating func forget(_ session: SessionID, reason: String) {
    endProbe(of: session)
    guard let state = sessions.removeValue(forKey: session) else { return }
    unlist(session, state.identity)
    if let visit = state.visit {
      attendances[visit]?.sessions.removeAll { $0 == session }
      touched.insert(visit)
    }
    log(LogRecord(.info, "session_ended", ("session", session), ("reason", reason)))
  }
}
