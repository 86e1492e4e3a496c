import Visits

/// The methods that a client can call, by their names on the wire.
///
/// Whether somebody may is decided in one place for those that change a visit: the table in
/// `Visits`. Here stand the places for the others.
public enum SignalingMethod: String, Sendable, CaseIterable {
  case sessionOpen = "session.open"

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

  case directorySearch = "directory.search"
  case directoryTree = "directory.tree"

  case inviteCreate = "invite.create"
  case inviteList = "invite.list"
  case inviteResend = "invite.resend"
  case inviteRevoke = "invite.revoke"
  case inviteLink = "invite.link"

  case callStart = "call.start"
  case callJoin = "call.join"
  case callLeave = "call.leave"
  case callEnd = "call.end"
  case callRequest = "call.request"
  case callWithdraw = "call.withdraw"
  case callAccept = "call.accept"
  case callDecline = "call.decline"

  case lobbyAdmit = "lobby.admit"
  case lobbyAdmitAll = "lobby.admit_all"
  case lobbyDeny = "lobby.deny"
  case participantHold = "participant.hold"
  case participantRemove = "participant.remove"
  case participantMute = "participant.mute"

  case selfUpdate = "self.update"
  case shareStart = "share.start"
  case shareStop = "share.stop"
  case pinSet = "pin.set"
  case viewSet = "view.set"
  case chatSend = "chat.send"
  case feedbackSubmit = "feedback.submit"

  case mediaNegotiate = "media.negotiate"
  case mediaRestart = "media.restart"
  case mediaReport = "media.report"
  case seatsAcknowledge = "seats.acknowledge"
  case probeStart = "probe.start"

  /// Whether a client may send it without waiting for an answer.
  public var isNotification: Bool { self == .seatsAcknowledge || self == .mediaReport }

  /// Whether its message may be as long as a session description.
  public var carriesOffer: Bool {
    self == .mediaNegotiate || self == .mediaRestart || self == .probeStart
  }

  /// Throws `not_in_call`, `not_joined` or `already_joined` where the method is not for those in
  /// that place. Seats can be acknowledged from anywhere: whoever was held or removed has seats
  /// to blank.
  public func requireEntry(from place: Place) throws(SignalingError) {
    switch self {
    case .pinSet where place != .call, .viewSet where place != .call:
      throw SignalingError(.refused, "not_in_call")
    case .mediaNegotiate where place == .out, .mediaRestart where place == .out:
      throw SignalingError(.refused, "not_joined")
    case .probeStart where place != .out: throw SignalingError(.refused, "already_joined")
    default: return
    }
  }
}
