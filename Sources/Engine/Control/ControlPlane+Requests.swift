import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Carries a request out for the session's person, or throws why not.
  mutating func carry(
    _ request: Request, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    switch request {
    case .openSession: preconditionFailure("opens no session on an open one")
    case .visit(let action): try carry(action, from: session, reply: reply)
    case .directory(let action): try carry(action, from: session, reply: reply)
    case .invite(let action): try carry(action, from: session, reply: reply)
    case .call(let action): try carry(action, from: session, reply: reply)
    case .participant(let action): try carry(action, from: session, reply: reply)
    case .own(let action): try carry(action, from: session, reply: reply)
    case .media(let action): try carry(action, from: session, reply: reply)
    }
  }

  /// The visit that is meant: the session's own, or for staff of the whole clinic a named one.
  func choose(_ visit: VisitID?, for session: SessionID) throws(SignalingError) -> VisitID {
    guard let state = sessions[session], let chosen = visit ?? state.visit else {
      throw .badArgument("visit", "missing", "the session is for the whole clinic: name a visit")
    }
    guard chosen == state.visit || state.identity.visit == nil else {
      throw SignalingError(.refused, "visit_not_found", field: "visit")
    }
    return chosen
  }

  /// The visit that the session takes part in, or is for.
  func ownVisit(of session: SessionID) throws(SignalingError) -> VisitID {
    guard let visit = sessions[session]?.visit else {
      throw SignalingError(.refused, "visit_not_found")
    }
    return visit
  }

  // MARK: What staff does with others

  private mutating func carry(
    _ action: ParticipantAction, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    let visit = try ownVisit(of: session)
    var reply = reply
    let command: VisitCommand
    switch action {
    case .admit(let participant, let agreed):
      reply.answer = .admitted([participant])
      command = .admit(participant, agreedWithPatient: agreed)
    case .admitAll(let agreed):
      reply.answer = .admitted(journal.decided.visits[visit]?.lobby.map(\.id) ?? [])
      command = .admitAll(agreedWithPatient: agreed)
    case .deny(let participant): command = .deny(participant)
    case .hold(let participant): command = .hold(participant)
    case .remove(let participant): command = .remove(participant)
    case .mute(let participant, let muted):
      reply.answer = .muted(participant)
      command = .mute(participant, muted)
    }
    try request(command, in: visit, from: session, as: reply)
  }

  // MARK: Media

  private mutating func carry(
    _ action: MediaAction, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    switch action {
    case .negotiate(let offer), .restart(let offer):
      try negotiate(offer, from: session, reply: reply)
    case .acknowledgeSeats(let seats):
      acknowledge(seats, from: session)
      answer(reply, isDurable: true)
    case .report(let report):
      measure(report, from: session)
      answer(reply, isDurable: true)
    case .probe(let offer): try probe(offer, from: session, reply: reply)
    }
  }
}
