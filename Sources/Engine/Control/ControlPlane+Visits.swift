import Signaling
import Visits

extension ControlPlane {
  /// Carries out what is asked for about visits.
  mutating func carry(
    _ action: VisitAction, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    switch action {
    case .cancel(let visit):
      try request(.cancel, in: try choose(visit, for: session), from: session, as: reply)
    case .close(let visit):
      try request(.close, in: try choose(visit, for: session), from: session, as: reply)
    default: throw SignalingError(.methodNotFound, "unknown_method")
    }
  }

  mutating func carry(
    _ action: DirectoryAction, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    throw SignalingError(.methodNotFound, "unknown_method")
  }

  mutating func carry(
    _ action: InviteAction, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    throw SignalingError(.methodNotFound, "unknown_method")
  }
}
