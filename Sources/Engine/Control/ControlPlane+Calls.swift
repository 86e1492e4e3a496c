import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Carries out what is asked for about calls.
  mutating func carry(
    _ action: CallAction, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    switch action {
    case .start(let visit):
      try startCall(of: try chooseCall(visit, for: session), from: session, reply: reply)
    case .join(let visit, let name):
      // Who came by a link can say at the door who they are; a token has said it.
      if let name, sessions[session]?.identity.link != nil {
        sessions[session]?.identity.name = name
      }
      try join(try chooseCall(visit, for: session), from: session, reply: reply)
    case .leave: try request(.leave, in: try ownVisit(of: session), from: session, as: reply)
    case .end: try request(.endCall, in: try ownVisit(of: session), from: session, as: reply)
    case .request(let person):
      let command = VisitCommand.requestCall(CallRequestID(random: &random), person)
      try request(command, in: try ownVisit(of: session), from: session, as: reply)
    case .withdraw(let person): try withdraw(from: person, session, reply: reply)
    case .accept(let visit):
      try answerCall(of: visit, accepted: true, from: session, reply: reply)
    case .decline(let visit):
      try answerCall(of: visit, accepted: false, from: session, reply: reply)
    }
  }

  /// As `choose`; whoever is in one call leaves it before going to another.
  private func chooseCall(
    _ visit: VisitID?, for session: SessionID
  ) throws(SignalingError) -> VisitID {
    let chosen = try choose(visit, for: session)
    guard chosen == sessions[session]?.visit || sessions[session]?.identity.participant == nil
    else { throw SignalingError(Refusal(.alreadyJoined, field: "visit")) }
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
    endProbe(of: session)
    sessions[session]?.measured = MeasuredCall()
    sessions[session]?.identity.participant = participant
    keepApart(visit, participant, session)
    let former = sessions[session]?.visit
    guard former != visit else { return }
    if let former { attendances[former]?.sessions.removeAll { $0 == session } }
    sessions[session]?.visit = visit
    attendances[visit, default: Attendance()].sessions.append(session)
  }

  /// Of several sessions by one personal link, one is its recipient's: the first to join. The
  /// others stay a stranger's, even when that one is gone.
  private mutating func keepApart(
    _ visit: VisitID, _ participant: ParticipantID, _ session: SessionID
  ) {
    guard let arrived = journal.decided.visits[visit]?.participant(participant) else { return }
    if arrived.identifiedBy == .unverified { sessions[session]?.identity.link?.isSecond = true }
    for other in attendances[visit]?.sessions ?? [] where other != session {
      guard let identity = sessions[other]?.identity, identity.person == arrived.person,
        identity.participant == nil
      else { continue }
      sessions[other]?.identity.link?.isSecond = true
    }
  }

  // MARK: Ringing

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

  /// Stops ringing a person.
  private mutating func withdraw(
    from person: PersonID, _ session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    let visit = try ownVisit(of: session)
    let ringing = ringing(person, in: visit)
    // Who may not withdraw is told that, and not whether somebody is being rung.
    let request = ringing ?? CallRequestID(random: &random)
    try self.request(.withdrawRequest(request), in: visit, from: session, as: reply)
  }

  /// Answers the newest request that rings for the session's person.
  private mutating func answerCall(
    of visit: VisitID?, accepted: Bool, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    guard let state = sessions[session] else { return }
    let visit = try choose(visit ?? state.visit ?? state.rungIn, for: session)
    guard let ringing = ringing(state.identity.person, in: visit) else {
      throw SignalingError(Refusal(.requestNotFound))
    }
    try request(.answerRequest(ringing, accepted: accepted), in: visit, from: session, as: reply)
  }

  private func ringing(_ person: PersonID, in visit: VisitID) -> CallRequestID? {
    let requests = journal.decided.visits[visit]?.call?.requests ?? []
    return requests.last { $0.person == person && $0.state == .sent }?.id
  }
}
