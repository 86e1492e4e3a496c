import Primitives

extension Visit {
  /// Whether the visit can still have calls.
  public var isOpen: Bool { state == .booked || state == .ongoing }

  /// Who is in the call, in order of arrival.
  public var roster: [Participant] { participants.filter { $0.place == .call } }

  /// Who waits in the lobby, in order of arrival.
  public var lobby: [Participant] { participants.filter { $0.place == .lobby } }

  /// Whether a member of staff is in the call, those whose session is lost for the moment
  /// included.
  public var hasStaffInCall: Bool {
    participants.contains { $0.role == .staff && $0.place == .call }
  }

  /// Whether a proxy is in the call, those whose session is lost for the moment included.
  public var hasProxyInCall: Bool {
    participants.contains { $0.role == .proxy && $0.place == .call }
  }

  /// Whether a patient may be in a call only together with a proxy.
  public func needsProxy(_ person: PersonID) -> Bool { patients[person]?.needsProxy == true }

  /// The participant with this identifier, as long as they are here.
  public func participant(_ id: ParticipantID) -> Participant? {
    participants.first { $0.id == id }
  }

  /// The link with this identifier, revoked ones included.
  public func invite(_ id: InviteID) -> Invite? {
    invites.first { $0.id == id }
  }

  /// Whether a child of this visit has an own profile: no proxy is added for it.
  public var childActsAlone: Bool {
    patients.values.contains { $0.isUnderAge && $0.profile == .own }
  }

  /// When the first of the visit's deadlines comes: a lost participant's place, a request's
  /// ringing, the end of a call without staff. Give the command `expire` then.
  public var nextDeadline: Instant? {
    var next: Instant?
    if let call {
      if case .waitingForStaff(let until, _) = call.state { next = until }
      for request in call.requests where request.state == .sent {
        next = earliest(next, request.until)
      }
    }
    for participant in participants {
      if case .reconnecting(let until) = participant.connection { next = earliest(next, until) }
    }
    return next
  }
}
