import Primitives

extension Decision {
  /// Starts a call: the starter comes in and becomes responsible.
  mutating func startCall(_ call: CallID, as participant: ParticipantID) throws(Refusal) {
    try visit.requireOpen()
    guard visit.call == nil else { throw Refusal(.callExists) }
    guard visit.pastCalls.count < Limits.callsPerVisit else {
      throw Refusal(.tooMany, field: "calls")
    }
    let identity = try identity()
    try requireRoom(for: identity, as: participant)
    if visit.state == .booked { record(.visitStarted) }
    record(.callStarted(call))
    try enterAsStaff(identity, as: participant)
    try appoint(identity)
    admitEntitled()
  }

  /// Ends the call for all.
  mutating func endCall() throws(Refusal) {
    guard visit.call != nil else { throw Refusal(.noCall) }
    end(.endedByStaff)
  }

  /// Rings a person; nothing to do where that person is being rung already.
  mutating func requestCall(_ id: CallRequestID, _ person: PersonID) throws(Refusal) {
    guard let call = visit.call else { throw Refusal(.noCall) }
    guard let role = visit.booked[person], role != .staff else { throw Refusal(.personNotFound) }
    guard !visit.roster.contains(where: { $0.person == person }) else {
      throw Refusal(.alreadyJoined)
    }
    guard !visit.barred.contains(person) else { throw Refusal(.barred, field: "person") }
    guard call.requests.count < Limits.requestsPerCall else {
      throw Refusal(.tooMany, field: "requests")
    }
    guard !call.requests.contains(where: { $0.id == id }) else {
      throw Refusal(.alreadyExists, field: "request")
    }
    if call.requests.contains(where: { $0.person == person && $0.state == .sent }) { return }
    record(.requestSent(id, person, rings: clinic.settings.rings))
  }

  /// Stops ringing.
  mutating func withdraw(_ id: CallRequestID) throws(Refusal) {
    guard ringing(id) != nil else { throw Refusal(.requestNotFound) }
    record(.requestAnswered(id, .withdrawn))
  }

  /// The answer of the one who is rung; who accepts while waiting comes in where the policy lets
  /// a request suffice.
  mutating func answer(_ id: CallRequestID, accepted: Bool) throws(Refusal) {
    let identity = try identity()
    // Who opened somebody's link a second time does not answer in that one's name.
    guard ringing(id)?.person == visit.person(of: identity) else { throw Refusal(.requestNotFound) }
    try requireLink(of: identity)
    record(.requestAnswered(id, accepted ? .accepted : .declined))
    admitEntitled()
  }

  /// Does what is due.
  mutating func expire() {
    for participant in visit.participants {
      guard case .reconnecting(let until) = participant.connection, until <= moment.instant else {
        continue
      }
      record(.departed(participant.id, .lost))
    }
    for request in visit.call?.requests ?? []
    where request.state == .sent && request.until <= moment.instant {
      record(.requestAnswered(request.id, .timedOut))
    }
    noticeLostStaff()
    if case .waitingForStaff(let until, _)? = visit.call?.state, until <= moment.instant {
      end(.noStaff)
    }
  }

  /// A call that the last member of staff has left waits for the next.
  mutating func noticeLostStaff() {
    guard visit.call?.state == .open, !visit.hasStaffInCall else { return }
    record(.staffLost(waits: clinic.settings.waitsForStaff))
  }

  private mutating func end(_ reason: CallEnd) {
    for request in visit.call?.requests ?? [] where request.state == .sent {
      record(.requestAnswered(request.id, .withdrawn))
    }
    for participant in visit.participants { record(.departed(participant.id, .callEnded)) }
    record(.callEnded(reason))
  }

  private func ringing(_ id: CallRequestID) -> CallRequest? {
    visit.call?.requests.first { $0.id == id && $0.state == .sent }
  }
}
