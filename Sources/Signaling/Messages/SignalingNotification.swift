/// What a client is told without having asked, by its name on the wire. Each carries `seq`.
public enum SignalingNotification: String, Sendable, CaseIterable {
  case visitChanged = "visit.changed"
  case inviteChanged = "invite.changed"

  case callRequested = "call.requested"
  case callAnswered = "call.answered"
  case callStarted = "call.started"
  case callWaitingForStaff = "call.waiting_for_staff"
  case callEnded = "call.ended"

  case lobbyChanged = "lobby.changed"
  case lobbyStatus = "lobby.status"
  case participantJoined = "participant.joined"
  case participantChanged = "participant.changed"
  case participantLeft = "participant.left"

  case seatsChanged = "seats.changed"
  case speakersChanged = "speakers.changed"
  case qualityChanged = "quality.changed"
  case shareChanged = "share.changed"
  case chatMessage = "chat.message"
  case probeChanged = "probe.changed"

  case sessionClosing = "session.closing"
  case serverDraining = "server.draining"
}
