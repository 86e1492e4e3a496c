import Primitives

/// A message to one person by one channel. The address is the person's personal field, and the
/// text is made when it goes out: neither stands here.
public struct OutgoingMessage: Equatable, Sendable {
  /// What it says.
  public enum Kind: String, Sendable, CaseIterable {
    /// A visit has been booked for you.
    case confirmation
    /// You are invited.
    case invite
    /// The visit's time has changed.
    case changed
    /// The visit does not take place, or not with you.
    case cancelled
  }

  /// How it goes.
  public enum Channel: String, Sendable, CaseIterable {
    /// To the mobile number.
    case sms
    /// To the e-mail address.
    case email
  }

  /// How it stands.
  public enum State: Equatable, Sendable {
    /// Waits to go out, once it is on disk.
    case queued
    /// The gateway has taken it.
    case sent
    /// It did not go out and will not.
    case failed(Failure)

    /// What a message is that has come to an end.
    init(_ outcome: Outcome) {
      self =
        switch outcome {
        case .sent: .sent
        case .failed(let failure): .failed(failure)
        }
    }

    /// The word on the wire.
    public var name: String {
      switch self {
      case .queued: "queued"
      case .sent: "sent"
      case .failed: "failed"
      }
    }
  }

  /// What became of it.
  public enum Outcome: Equatable, Sendable {
    /// The gateway has taken it.
    case sent
    /// It did not go out and will not.
    case failed(Failure)
  }

  /// Why a message did not go out.
  public enum Failure: String, Sendable, CaseIterable {
    /// The gateway or the mail server does not take this address.
    case rejected
    /// Nothing took it for as long as it made sense to try.
    case unavailable
    /// The address has been deleted since.
    case noAddress = "no_address"
    /// The link in it has been taken back since, or the visit is over.
    case overtaken
  }

  /// The message's identifier: a gateway that sees it twice sends once.
  public let id: MessageID
  /// What it says.
  public let kind: Kind
  /// The link that it carries; nil: none.
  public let invite: InviteID?
  /// To whom.
  public let person: PersonID
  /// How it goes.
  public let channel: Channel
  /// When it was queued.
  public let queuedAt: WallTime
  /// How it stands.
  public var state = State.queued

  /// Whether nothing more is to be done about it.
  public var isSettled: Bool { state != .queued }
  /// Whether the person may have read it, or will.
  var tells: Bool { state == .queued || state == .sent }
}
