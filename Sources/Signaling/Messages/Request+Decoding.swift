import Primitives
import Visits
import Wire

extension Request {
  /// Reads the arguments of a method. What the method does not know is left aside, so that newer
  /// clients can say more.
  public init(_ method: SignalingMethod, params: JSON) throws(SignalingError) {
    let reader = ParameterReader(params)
    if let action = try VisitAction(method, reader) {
      self = .visit(action)
    } else if let action = try DirectoryAction(method, reader) {
      self = .directory(action)
    } else if let action = try InviteAction(method, reader) {
      self = .invite(action)
    } else if let action = try CallAction(method, reader) {
      self = .call(action)
    } else if let action = try ParticipantAction(method, reader) {
      self = .participant(action)
    } else if let action = try OwnAction(method, reader) {
      self = .own(action)
    } else if let action = try MediaAction(method, reader) {
      self = .media(action)
    } else {
      precondition(method == .sessionOpen, "a method that no family reads")
      self = .openSession(try SessionOpening(reader))
    }
  }
}

extension DirectoryAction {
  /// Reads the arguments of a method about the directory; nil for another method.
  init?(_ method: SignalingMethod, _ reader: ParameterReader) throws(SignalingError) {
    switch method {
    case .directorySearch:
      self = .search(
        try reader.string("query", maximumBytes: Limits.nameBytes),
        limit: try reader.optionalCount("limit", 1...Limits.peoplePerPage) ?? Limits.peoplePerPage)
    case .directoryTree:
      self = .tree(try reader.optionalString("node", maximumBytes: 2 * Limits.nameBytes))
    default: return nil
    }
  }
}

extension CallAction {
  /// Reads the arguments of a method about calls; nil for another method.
  init?(_ method: SignalingMethod, _ reader: ParameterReader) throws(SignalingError) {
    switch method {
    case .callStart: self = .start(try reader.optionalIdentifier("visit", VisitID.self))
    case .callJoin:
      self = .join(
        try reader.optionalIdentifier("visit", VisitID.self),
        name: try reader.optionalName("name", maximumBytes: Limits.nameBytes))
    case .callLeave: self = .leave
    case .callEnd: self = .end
    case .callRequest: self = .request(try reader.identifier("person", PersonID.self))
    case .callWithdraw: self = .withdraw(try reader.identifier("person", PersonID.self))
    case .callAccept: self = .accept(try reader.optionalIdentifier("visit", VisitID.self))
    case .callDecline: self = .decline(try reader.optionalIdentifier("visit", VisitID.self))
    default: return nil
    }
  }
}

extension ParticipantAction {
  /// Reads the arguments of a method about others; nil for another method.
  init?(_ method: SignalingMethod, _ reader: ParameterReader) throws(SignalingError) {
    func participant() throws(SignalingError) -> ParticipantID {
      try reader.identifier("participant", ParticipantID.self)
    }
    func agreed() throws(SignalingError) -> Bool {
      try reader.optionalBool("agreed_with_patient") ?? false
    }
    switch method {
    case .lobbyAdmit: self = .admit(try participant(), agreedWithPatient: try agreed())
    case .lobbyAdmitAll: self = .admitAll(agreedWithPatient: try agreed())
    case .lobbyDeny: self = .deny(try participant())
    case .participantHold: self = .hold(try participant())
    case .participantRemove: self = .remove(try participant())
    case .participantMute: self = .mute(try participant(), try reader.bool("muted"))
    default: return nil
    }
  }
}
