import Primitives

/// Why the server closes a connection whose session, if it has one, can go on over another: the
/// reason of a WebSocket's closing frame, and of the `session.closing` that ends a connection over
/// lines.
public enum ConnectionClosing: String, Sendable, CaseIterable {
  /// No session was opened in time.
  case openTimeout = "open_timeout"
  /// More was sent a second than is taken, and what was sent was no request.
  case rateLimited = "rate_limited"
  /// A message is longer than a message may be.
  case messageTooLarge = "message_too_large"
  /// A message is longer than any may be.
  case messageTooLong = "message_too_long"
  /// A message comes in too many frames.
  case tooManyFragments = "too_many_fragments"
  /// Too many frames come that are no messages, as pings.
  case tooManyControlFrames = "too_many_control_frames"
  /// A frame is not text.
  case textOnly = "text_only"
  /// Too much was left unread.
  case slowReader = "slow_reader"
  /// Too many unfinished messages are held.
  case overloaded
  /// The daemon is about to end.
  case serverDraining = "server_draining"

  /// What a client is to do.
  public static func action(after reason: String) -> SessionClosing.Action {
    switch ConnectionClosing(rawValue: reason) {
    case .openTimeout, .serverDraining: .reconnect
    default: .resume
    }
  }

  /// The message with which a connection over lines ends. It is no part of the session's
  /// notifications: its number is 0.
  public static func lastLine(_ reason: String) -> String {
    JSONRPCText.notification(
      SignalingNotification.sessionClosing.rawValue, sequence: 0,
      ["reason": .string(reason), "action": .string(action(after: reason).rawValue)])
  }
}
