/// What can be asked for, by its name on the wire; the daemon's own acts have names of the same
/// form.
public enum Method: String, Sendable, CaseIterable {
  case clinicCreate = "clinic.create"
  case clinicUpdate = "clinic.update"
  case directoryUpdate = "directory.update"
  case directorySearch = "directory.search"
  case directoryTree = "directory.tree"
  case visitList = "visit.list"
  case visitGet = "visit.get"
  case visitCreate = "visit.create"
  case visitUpdate = "visit.update"
  case visitStart = "visit.start"
  case visitCancel = "visit.cancel"
  case visitClose = "visit.close"
  case visitAddStaff = "visit.add_staff"
  case visitRemoveStaff = "visit.remove_staff"
  case visitTakeover = "visit.takeover"
  case inviteCreate = "invite.create"
  case inviteList = "invite.list"
  case inviteResend = "invite.resend"
  case inviteRevoke = "invite.revoke"
  case inviteLink = "invite.link"
  case inviteRotate = "invite.rotate"
  case inviteOpened = "invite.opened"
  case messageSettled = "message.settled"
  case callStart = "call.start"
  case callEnd = "call.end"
  case callRequest = "call.request"
  case callWithdraw = "call.withdraw"
  case callAccept = "call.accept"
  case callDecline = "call.decline"
  case callJoin = "call.join"
  case callLeave = "call.leave"
  case lobbyAdmit = "lobby.admit"
  case lobbyAdmitAll = "lobby.admit_all"
  case lobbyDeny = "lobby.deny"
  case participantHold = "participant.hold"
  case participantRemove = "participant.remove"
  case participantMute = "participant.mute"
  case selfUpdate = "self.update"
  case shareStart = "share.start"
  case shareStop = "share.stop"
  case chatSend = "chat.send"
  case feedbackSubmit = "feedback.submit"
  case sessionLost = "session.lost"
  case sessionResumed = "session.resumed"
  case deadline = "visit.deadline"
}

/// Who may use one method, and from where: one row of the table.
public struct Permission: Equatable, Sendable {
  /// Whether the daemon itself does it.
  public let system: Bool
  /// Whether a clinic's back end may, in its own clinic.
  public let backEnd: Bool
  /// The members of staff who may, by their relation to the visit.
  public let staff: Set<Relation>
  /// The other roles that may.
  public let others: Set<Role>
  /// Where one has to be.
  public let places: Set<Place>

  init(
    system: Bool = false, backEnd: Bool = false, staff: Set<Relation> = [], others: Set<Role> = [],
    at places: Set<Place> = Set(Place.allCases)
  ) {
    self.system = system
    self.backEnd = backEnd
    self.staff = staff
    self.others = others
    self.places = places
  }
}

extension Method {
  /// The table: who may use the method, and from where.
  ///
  /// A member of staff who is in the call has come in with a right to the visit, so there the
  /// relation no longer matters.
  public var permission: Permission {
    switch self {
    case .clinicCreate: Permission(system: true)
    case .clinicUpdate, .directoryUpdate: Permission(system: true, backEnd: true)
    case .sessionLost, .sessionResumed, .deadline, .inviteOpened, .messageSettled:
      Permission(system: true)
    case .directorySearch, .directoryTree: Permission(backEnd: true, staff: .everybody)
    case .visitList, .visitGet: Permission(backEnd: true, staff: .everybody)
    case .visitCreate: Permission(system: true, backEnd: true, staff: .everybody)
    case .visitUpdate: Permission(system: true, backEnd: true, staff: .named)
    case .visitStart: Permission(system: true, backEnd: true, staff: .related)
    case .visitCancel: Permission(system: true, backEnd: true, staff: .named)
    case .visitClose: Permission(system: true, backEnd: true, staff: .named)
    case .visitAddStaff: Permission(system: true, backEnd: true, staff: .related)
    case .visitRemoveStaff: Permission(system: true, backEnd: true, staff: .related)
    case .visitTakeover: Permission(staff: .related)
    case .inviteCreate: Permission(system: true, backEnd: true, staff: .related)
    case .inviteList, .inviteResend: Permission(system: true, backEnd: true, staff: .related)
    case .inviteRevoke, .inviteRotate: Permission(system: true, backEnd: true, staff: .related)
    // Patients and proxies only where the clinic lets them copy the general link.
    case .inviteLink: Permission(backEnd: true, staff: .related, others: [.patient, .proxy])
    case .callStart: Permission(staff: .related, at: [.out])
    case .callJoin: Permission(staff: .related, others: [.patient, .proxy, .guest], at: [.out])
    case .callLeave:
      Permission(staff: .everybody, others: [.patient, .proxy, .guest], at: [.lobby, .call])
    case .selfUpdate:
      Permission(staff: .everybody, others: [.patient, .proxy, .guest], at: [.lobby, .call])
    case .shareStart: Permission(staff: .everybody, others: .everybodyElse, at: [.call])
    case .shareStop: Permission(staff: .everybody, others: .everybodyElse, at: [.call])
    case .chatSend: Permission(staff: .everybody, others: .everybodyElse, at: [.call])
    case .feedbackSubmit: Permission(staff: .everybody, others: [.patient, .proxy], at: [.out])
    case .callAccept: Permission(others: [.patient, .proxy], at: [.out, .lobby])
    case .callDecline: Permission(others: [.patient, .proxy], at: [.out, .lobby])
    case .callEnd: Permission(backEnd: true, staff: .everybody, at: [.call])
    case .callRequest: Permission(staff: .everybody, at: [.call])
    case .callWithdraw: Permission(staff: .everybody, at: [.call])
    case .lobbyAdmit: Permission(staff: .everybody, at: [.call])
    case .lobbyAdmitAll: Permission(staff: .everybody, at: [.call])
    case .lobbyDeny: Permission(staff: .everybody, at: [.call])
    case .participantHold: Permission(staff: .everybody, at: [.call])
    case .participantRemove: Permission(staff: .everybody, at: [.call])
    case .participantMute: Permission(staff: .everybody, at: [.call])
    }
  }
}

extension Permission {
  /// For everybody who is in one of these places, whatever their role: for what changes no visit.
  public static func everybody(at places: Set<Place>) -> Permission {
    Permission(staff: .everybody, others: .everybodyElse, at: places)
  }

  /// Throws `not_permitted` where the role or the relation does not have the row, and the reason
  /// that fits the place where that is all that is wrong.
  public func require(role: Role, relation: Relation, place: Place) throws(Refusal) {
    guard role == .staff ? staff.contains(relation) : others.contains(role) else {
      throw Refusal(.notPermitted)
    }
    guard !places.contains(place) else { return }
    if place != .out && places.contains(.out) { throw Refusal(.alreadyJoined) }
    throw Refusal(places.contains(.lobby) ? .notJoined : .notInCall)
  }
}

extension Set<Relation> {
  /// All staff of the clinic.
  fileprivate static let everybody = Set(Relation.allCases)
  /// Staff whom the visit names.
  fileprivate static let named: Set = [Relation.responsible, .added]
  /// Staff with a right to the visit; the unit's only where the clinic allows it.
  fileprivate static let related: Set = [Relation.responsible, .added, .sameUnit]
}

extension Set<Role> {
  /// Everybody but staff.
  fileprivate static let everybodyElse: Set = [Role.patient, .proxy, .guest]
}

extension VisitCommand {
  /// The method by which the command is asked for.
  public var method: Method {
    switch self {
    case .update: .visitUpdate
    case .start: .visitStart
    case .addStaff: .visitAddStaff
    case .removeStaff: .visitRemoveStaff
    case .takeOver: .visitTakeover
    case .cancel: .visitCancel
    case .close: .visitClose
    case .createInvite, .createInvites: .inviteCreate
    case .revokeInvite: .inviteRevoke
    case .rotateInvite: .inviteRotate
    case .resendInvite: .inviteResend
    case .noteInvite: .inviteOpened
    case .settleMessage: .messageSettled
    case .startCall: .callStart
    case .requestCall: .callRequest
    case .withdrawRequest: .callWithdraw
    case .answerRequest(_, let accepted): accepted ? .callAccept : .callDecline
    case .join: .callJoin
    case .leave: .callLeave
    case .endCall: .callEnd
    case .admit: .lobbyAdmit
    case .admitAll: .lobbyAdmitAll
    case .deny: .lobbyDeny
    case .hold: .participantHold
    case .remove: .participantRemove
    case .mute: .participantMute
    case .updateSelf: .selfUpdate
    case .startSharing: .shareStart
    case .stopSharing: .shareStop
    case .chat: .chatSend
    case .submitFeedback: .feedbackSubmit
    case .disconnect: .sessionLost
    case .reconnect: .sessionResumed
    case .expire: .deadline
    }
  }
}
