import Primitives

/// A link into one visit. The secret in the link is a MAC over `id` and `version`.
public struct Invite: Equatable, Sendable {
  /// Whom the link is for.
  public enum Recipient: Equatable, Sendable {
    /// One named recipient, who comes in the given role.
    case person(PersonID, role: Role, kind: GuestKind?)
    /// Whoever gets it can knock, as a guest.
    case anybody
  }

  /// The invite's identifier.
  public let id: InviteID
  /// Grows by one when the link is rotated; links with another version do not work. From 1.
  public var version: Int64
  /// Whom the link is for.
  public let recipient: Recipient
  /// The link works from here on; nil: at once.
  public var notBefore: WallTime?
  /// The link works until here, exclusive; nil: as long as the visit is open.
  public var expires: WallTime?
  /// The language that messages to the recipient are in; nil: the clinic's.
  public var language: String?
  /// Whether whoever made the link said what its recipient is called; otherwise the recipient does.
  public let isNamed: Bool
  /// Whether staff has taken the link back.
  public var isRevoked = false
  /// Whether it has been opened.
  public var wasOpened = false
  /// Whether somebody has been in a call by it.
  public var wasUsed = false
  /// Who made the link: entries that the policy allows without an admit rest on this act.
  public let createdBy: Author

  /// Makes a fresh link.
  public init(
    id: InviteID, recipient: Recipient, notBefore: WallTime? = nil, expires: WallTime? = nil,
    language: String? = nil, isNamed: Bool = true, createdBy: Author, version: Int64 = 1
  ) {
    self.id = id
    self.recipient = recipient
    self.notBefore = notBefore
    self.expires = expires
    self.language = language
    self.isNamed = isNamed && recipient != .anybody
    self.createdBy = createdBy
    self.version = version
  }

  /// Whether the link is for one named recipient.
  public var isPersonal: Bool { recipient != .anybody }
  /// Whether the link is for one guest.
  var isForGuest: Bool { if case .person(_, .guest, _) = recipient { true } else { false } }
  /// The one recipient; nil for the general link.
  public var person: PersonID? {
    if case .person(let person, _, _) = recipient { person } else { nil }
  }
}

/// An invite to be made: what a command carries.
public struct InviteDraft: Equatable, Sendable {
  /// A part of a recipient's name.
  public enum NamePart: String, Sendable {
    /// The first name.
    case given = "given_name"
    /// The last name.
    case family = "family_name"
  }

  /// Whom the new link is for.
  public enum Recipient: Equatable, Sendable {
    /// One recipient; patient and proxy must be among the visit's people.
    case person(PersonRecord, role: Role, kind: GuestKind?)
    /// The visit's general link; a visit has at most one that works.
    case anybody
  }

  /// A fresh identifier.
  public var id: InviteID
  /// Whom the link is for.
  public var recipient: Recipient
  /// The link works from here on; nil: at once.
  public var notBefore: WallTime?
  /// The link works until here, exclusive; nil: as the clinic's settings say.
  public var expires: WallTime?
  /// The language that messages to the recipient are in, as a BCP 47 tag; nil: the clinic's.
  public var language: String?
  /// Whether the patient has agreed to the recipient's presence.
  public var agreedWithPatient: Bool
  /// The part of a guest's name that was not given; nil: both were.
  public var missingName: NamePart?

  /// Joins the parts.
  public init(
    id: InviteID, recipient: Recipient, notBefore: WallTime? = nil, expires: WallTime? = nil,
    language: String? = nil, agreedWithPatient: Bool = false
  ) {
    self.id = id
    self.recipient = recipient
    self.notBefore = notBefore
    self.expires = expires
    self.language = language
    self.agreedWithPatient = agreedWithPatient
  }
}
