import Primitives
import Visits

/// How a session is to be opened.
public struct SessionOpening: Equatable, Sendable {
  /// What proves who it is.
  public enum Credential: Equatable, Sendable {
    /// A token from the clinic's back end.
    case token(Redacted<String>)
    /// The secret of a link, and the name that a guest gives at the door.
    case invite(Redacted<String>, name: Redacted<String>?)
    /// An earlier session is continued; `sequence` is the last notification that arrived.
    case resume(session: SessionID, secret: Redacted<String>, sequence: UInt64)
  }

  /// What proves who it is.
  public var credential: Credential
  /// What the client says about itself.
  public var client: ClientDescription
}

/// What a client says about itself: for logs and for choosing words, never for permissions alone.
public struct ClientDescription: Equatable, Sendable {
  /// The client's name, at most 64 bytes.
  public var name: String?
  /// Its version, at most 64 bytes.
  public var version: String?
  /// What it runs on.
  public var device: Device = .computer
  /// The language tag of its pages (BCP 47), at most 35 bytes.
  public var language: String?

  /// A client that says nothing.
  public init() {}
}
