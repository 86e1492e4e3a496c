import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Carries a request out for the session's person, or throws why not.
  mutating func carry(
    _ request: Request, from session: SessionID, reply: PendingReply?
  ) throws(SignalingError) {
    if case .acknowledgeSeats(let seats) = request {
      acknowledge(seats, from: session)
      if let reply { answer(reply, isDurable: true) }
      return
    }
    guard var reply, let state = sessions[session] else { return }
    if case .startCall(let visit) = request {
      try startCall(of: try choose(visit, for: state), from: session, reply: reply)
      return
    }
    if case .joinCall(let visit) = request {
      try join(try choose(visit, for: state), from: session, reply: reply)
      return
    }
    guard let visit = state.visit else { throw SignalingError(.refused, "visit_not_found") }
    switch request {
    case .setPins(let pins):
      sessions[session]?.pins = pins
      touched.insert(visit)
      answer(reply, isDurable: true)
    case .negotiate(let offer): try negotiate(offer, from: session, reply: reply)
    case .acceptCall, .declineCall:
      try answerCall(in: visit, accepted: request == .acceptCall, from: session, reply: reply)
    case .admitAll:
      let waiting = journal.decided.visits[visit]?.lobby.map(\.id) ?? []
      reply.answer = .admitted(waiting)
      try self.request(.admitAll, in: visit, from: session, as: reply)
    case .admit(let participant):
      reply.answer = .admitted([participant])
      try self.request(.admit(participant), in: visit, from: session, as: reply)
    case .mute(let participant, let muted):
      reply.answer = .muted(participant)
      try self.request(.mute(participant, muted), in: visit, from: session, as: reply)
    default:
      guard let command = VisitCommand(request) else { return }
      try self.request(command, in: visit, from: session, as: reply)
    }
  }

  /// The visit that is meant: the session's own, or for staff of the whole clinic a named one.
  private func choose(
    _ visit: VisitID?, for session: ControlSession
  ) throws(SignalingError) -> VisitID {
    guard let chosen = visit ?? session.visit else {
      throw .badArgument("visit", "missing", "the session is for the whole clinic: name a visit")
    }
    // A session of one visit stays there, and whoever is in one call first leaves it.
    let isFree = session.identity.visit == nil && session.identity.participant == nil
    guard chosen == session.visit || isFree else {
      throw SignalingError(.refused, "visit_not_found", field: "visit")
    }
    return chosen
  }

  /// Staff starts a call and comes in; patient and proxies are rung.
  private mutating func startCall(
    of visit: VisitID, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    var reply = reply
    reply.answer = .joined
    let isStaff = sessions[session]?.identity.role == .staff
    if isStaff, place(of: session, in: visit) == .call { return answer(reply, isDurable: true) }
    let participant = ParticipantID(random: &random)
    try request(
      .startCall(CallID(random: &random), as: participant), in: visit, from: session, as: reply)
    attend(visit, as: participant, session)
    ring(visit, from: session)
  }

  /// Comes in, or knocks. Who is here already is told how things stand: the answer to the first
  /// request may have been lost with its connection.
  private mutating func join(
    _ visit: VisitID, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    var reply = reply
    reply.answer = .joined
    guard place(of: session, in: visit) == .out else { return answer(reply, isDurable: true) }
    let participant = ParticipantID(random: &random)
    try request(.join(as: participant), in: visit, from: session, as: reply)
    attend(visit, as: participant, session)
  }

  private func place(of session: SessionID, in visit: VisitID) -> Place {
    guard let scene = journal.scene(of: visit) else { return .out }
    return scene.participant(sessions[session]?.identity.participant)?.place ?? .out
  }

  /// The session holds a participant from now on.
  private mutating func attend(
    _ visit: VisitID, as participant: ParticipantID, _ session: SessionID
  ) {
    sessions[session]?.identity.participant = participant
    let former = sessions[session]?.visit
    guard former != visit else { return }
    if let former { attendances[former]?.sessions.removeAll { $0 == session } }
    sessions[session]?.visit = visit
    attendances[visit, default: Attendance()].sessions.append(session)
  }

  /// Rings everybody who takes part by booking and is not here.
  private mutating func ring(_ visit: VisitID, from session: SessionID) {
    guard let identity = sessions[session]?.identity,
      let booked = journal.decided.visits[visit]?.booked
    else { return }
    let people = booked.filter { $0.value == .patient || $0.value == .proxy }.keys.sorted()
    for person in people {
      let command = VisitCommand.requestCall(CallRequestID(random: &random), person)
      _ = try? carryOut(.visit(visit, command), by: .session(identity), reply: nil)
    }
  }

  /// Answers the newest request that rings for the session's person.
  private mutating func answerCall(
    in visit: VisitID, accepted: Bool, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    let person = sessions[session]?.identity.person
    let requests = journal.decided.visits[visit]?.call?.requests ?? []
    guard let ringing = requests.last(where: { $0.person == person && $0.state == .sent }) else {
      throw SignalingError(Refusal(.requestNotFound))
    }
    try request(
      .answerRequest(ringing.id, accepted: accepted), in: visit, from: session, as: reply)
  }

  // MARK: Answers

  /// Gives an answer, with what holds now.
  mutating func answer(_ reply: PendingReply, isDurable: Bool) {
    var result: [JSON.Member] = []
    switch reply.answer {
    case .done: break
    case .joined:
      // What is told here is not told again as notifications.
      showAll(reply.session)
      result = describeJoined(reply.session)
    case .admitted(let participants):
      result = [.init("admitted", .array(participants.map { .string($0.text) }))]
    case .muted(let participant):
      let visit = sessions[reply.session]?.visit
      let muted = visit.flatMap(journal.scene)?.participant(participant)?.isMutedByStaff
      result = [
        .init("participant", .string(participant.text)), .init("muted", .bool(muted ?? false)),
      ]
    }
    if !isDurable { result.append(.init("durable", false)) }
    sendResult(.object(result), to: reply)
  }

  /// Sends a result on the connection that asked, if it still carries the session.
  mutating func sendResult(_ result: JSON, to reply: PendingReply) {
    guard connections[reply.connection]?.session == reply.session else { return }
    emit(.send(reply.connection, JSONRPCText.result(reply.request, result)))
  }

  /// Sends an error on the connection that asked, if it still carries the session.
  mutating func sendError(_ error: SignalingError, to reply: PendingReply) {
    guard connections[reply.connection]?.session == reply.session else { return }
    emit(.send(reply.connection, JSONRPCText.error(reply.request, error)))
  }
}

extension VisitCommand {
  /// The command that a request is, where it needs nothing from the session to be one.
  init?(_ request: Request) {
    switch request {
    case .leaveCall: self = .leave
    case .endCall: self = .endCall
    case .deny(let participant): self = .deny(participant)
    case .hold(let participant): self = .hold(participant)
    case .remove(let participant): self = .remove(participant)
    case .updateSelf(let update): self = .updateSelf(update)
    default: return nil
    }
  }
}
