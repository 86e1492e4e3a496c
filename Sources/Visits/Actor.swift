import Primitives

/// Who gives a command. It comes from the session, never from the message.
public enum Actor: Equatable, Sendable {
  /// The daemon itself: set-up, lost connections and deadlines.
  case system
  /// A clinic's back end, by the key that signed its token.
  case backEnd(ClinicID, key: String)
  /// A session, by its token or its link.
  case session(Identity)

  /// How events name the actor.
  public var author: Author {
    switch self {
    case .system: .system
    case .backEnd(_, let key): .backEnd(key: key)
    case .session(let identity): .person(identity.person)
    }
  }
}

/// Whose act an event records.
public enum Author: Hashable, Sendable {
  /// The daemon itself, for a deadline or at set-up.
  case system
  /// A clinic's back end, by the name of its key.
  case backEnd(key: String)
  /// A person.
  case person(PersonID)

  /// The text in records: `system`, `key:` and the key's name, or the person's identifier.
  public var text: String {
    switch self {
    case .system: "system"
    case .backEnd(let key): "key:" + key
    case .person(let person): person.text
    }
  }

  /// Reads the text of a record.
  public init?(_ text: String) {
    if text == "system" {
      self = .system
    } else if let person = PersonID(text) {
      self = .person(person)
    } else if text.hasPrefix("key:") {
      self = .backEnd(key: String(text.dropFirst(4)))
    } else {
      return nil
    }
  }
}

/// What a session may say about itself, as its token or its link proves it.
public struct Identity: Equatable, Sendable {
  /// What a token asks for; the clinic's policy caps it.
  public enum Entry: String, Sendable {
    /// As the policy says. What a token means that says nothing, and every link.
    case direct
    /// To wait, even where the policy would let the person straight in.
    case lobby
  }

  /// The link that opened the session.
  public struct Link: Equatable, Sendable {
    /// The invite.
    public var invite: InviteID
    /// The version that the secret proves.
    public var version: Int64
    /// Who the session is, where somebody else is already using the link: drawn fresh when the
    /// session opened.
    public var stranger: PersonID
    /// Whether somebody else was using the link when the session opened or joined: then it is the
    /// stranger's for as long as it lasts. Only the control plane sets it.
    public var isSecond: Bool

    /// Joins the parts.
    public init(invite: InviteID, version: Int64, stranger: PersonID, isSecond: Bool = false) {
      self.invite = invite
      self.version = version
      self.stranger = stranger
      self.isSecond = isSecond
    }
  }

  /// The clinic that the session belongs to.
  public var clinic: ClinicID
  /// The one visit that the session is for; nil: all that the role and the relation allow.
  public var visit: VisitID?
  /// What the person is.
  public var role: Role
  /// What a guest is there for.
  public var kind: GuestKind?
  /// Who it is. For the general link: drawn fresh when the session opened.
  public var person: PersonID
  /// How we know.
  public var identifiedBy: Identification
  /// The units that a member of staff works in.
  public var units: Set<UnitID>
  /// The link that opened the session; nil: a token did.
  public var link: Link?
  /// What the token asks for.
  public var entry: Entry
  /// The name from the token, or the one that a guest gave at the door.
  public var name: Redacted<String>?
  /// A member of staff's title, from the token.
  public var title: Redacted<String>?
  /// The patients for whom a proxy acts, as the token says; nil: those that a visit says.
  public var proxyFor: Set<PersonID>?
  /// What the token allows, by the methods' names on the wire, of all that role and relation
  /// allow; nil: all of it.
  public var permissions: Set<String>?
  /// The participant that this session holds, once it has joined. Only the control plane sets it.
  public var participant: ParticipantID?

  /// Joins what token or link proves.
  public init(
    clinic: ClinicID, visit: VisitID? = nil, role: Role, kind: GuestKind? = nil,
    person: PersonID, identifiedBy: Identification, units: Set<UnitID> = [], link: Link? = nil,
    entry: Entry = .direct, name: Redacted<String>? = nil, title: Redacted<String>? = nil,
    proxyFor: Set<PersonID>? = nil, permissions: Set<String>? = nil,
    participant: ParticipantID? = nil
  ) {
    self.clinic = clinic
    self.visit = visit
    self.role = role
    self.kind = kind
    self.person = person
    self.identifiedBy = identifiedBy
    self.units = units
    self.link = link
    self.entry = entry
    self.name = name
    self.title = title
    self.proxyFor = proxyFor
    self.permissions = permissions
    self.participant = participant
  }
}
