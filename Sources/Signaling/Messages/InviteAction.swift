import Primitives
import Visits

/// What is asked for about links into a visit.
public enum InviteAction: Equatable, Sendable {
  case create(VisitID?, [Recipient], agreedWithPatient: Bool)
  case list(VisitID?)
  case resend(InviteID)
  case revoke(InviteID)
  /// The general link.
  case link(VisitID?, LinkAction)

  /// What is to become of the general link.
  public enum LinkAction: String, Sendable, CaseIterable {
    /// Shows it, and makes it where there is none.
    case get
    /// Another link; the old one does not work any more.
    case rotate
    /// No link.
    case disable
  }

  /// Whom a personal link is for. Number and address are as they were typed: whether they are
  /// any is said for each recipient, and the other ones get their links.
  public struct Recipient: Equatable, Sendable {
    /// Where it stands among the arguments, as `guests[0]`.
    public var path: String
    /// First name.
    public var givenName: Redacted<String>?
    /// Last name.
    public var familyName: Redacted<String>?
    /// Mobile number as typed.
    public var phone: Redacted<String>?
    /// E-mail address as typed.
    public var email: Redacted<String>?
    /// What the guest is there for.
    public var kind: GuestKind
    /// The language tag of the message (BCP 47).
    public var language: String?
    /// The link works from here on; nil: at once.
    public var notBefore: WallTime?
    /// The link works until here; nil: as the clinic's settings say.
    public var expires: WallTime?
  }
}
