import Visits

/// The methods that a client can call, by their names on the wire.
///
/// Whether somebody may is decided in one place for those that change a visit: the table in
/// `Visits`. Here stand the places for the others.
public enum SignalingMethod: String, Sendable, CaseIterable {
  case sessionOpen = "session.open"
  case callStart = "call.start"
  case callJoin = "call.join"
  case callLeave = "call.leave"
  case callEnd = "call.end"
  case callAccept = "call.accept"
  case callDecline = "call.decline"
  case lobbyAdmit = "lobby.admit"
  case lobbyAdmitAll = "lobby.admit_all"
  case lobbyDeny = "lobby.deny"
  case participantHold = "participant.hold"
  case participantRemove = "participant.remove"
  case participantMute = "participant.mute"
  case selfUpdate = "self.update"
  case pinSet = "pin.set"
  case mediaNegotiate = "media.negotiate"
  case seatsAcknowledge = "seats.acknowledge"

  /// Whether a client may send it without waiting for an answer.
  public var isNotification: Bool { self == .seatsAcknowledge }

  /// Throws `not_in_call` or `not_joined` where the method is not for those in that place. Seats
  /// can be acknowledged from anywhere: whoever was held or removed has seats to blank.
  public func requireEntry(from place: Place) throws(SignalingError) {
    switch self {
    case .pinSet where place != .call: throw SignalingError(.refused, "not_in_call")
    case .mediaNegotiate where place == .out: throw SignalingError(.refused, "not_joined")
    default: return
    }
  }
}
