import Primitives

/// Why the server ends a session, as `session.closing` says it.
public enum SessionClosing: String, Sendable, CaseIterable {
  /// Another connection has continued the session.
  case resumedElsewhere = "resumed_elsewhere"
  /// The daemon is about to end.
  case serverDraining = "server_draining"
  /// Staff of the whole clinic has asked for nothing for as long as the clinic allows.
  case idle
  /// The time that the token gave the session is over.
  case expired
  /// The clinic has taken the session back, or the right that it rests on.
  case revoked
  /// The link that opened the session has been taken back.
  case inviteRevoked = "invite_revoked"
  /// The visit is closed.
  case visitClosed = "visit_closed"
  /// The visit is cancelled.
  case visitCancelled = "visit_cancelled"
  /// The call has ended, and with it what the session was for.
  case callEnded = "call_ended"
  /// Staff did not let the person in.
  case denied
  /// Staff removed the person.
  case removed
  /// The rating is in, or the time for it is over.
  case afterCallOver = "after_call_over"

  /// What a client is to do.
  public enum Action: String, Sendable, CaseIterable {
    /// Connect again and continue the session.
    case resume
    /// Connect again and open a new session, with the token or the link.
    case reconnect
    /// Nothing: what the session was for is over.
    case leave
  }

  /// What a client is to do.
  public var action: Action { self == .serverDraining ? .reconnect : .leave }

  /// The parameters of `session.closing`.
  public var json: JSON { ["reason": .string(rawValue), "action": .string(action.rawValue)] }
}
