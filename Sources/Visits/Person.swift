import Primitives

/// What a person is in a visit. It comes from the token or the invite alone and never changes.
public enum Role: String, Sendable, CaseIterable {
  /// Works at the clinic.
  case staff
  /// Whom the visit is for.
  case patient
  /// Acts for the patient (ombud).
  case proxy
  /// Comes by an invite: an interpreter, a relative, a colleague elsewhere.
  case guest
}

/// What a guest is there for.
public enum GuestKind: String, Sendable, CaseIterable {
  case interpreter
  case relative
  case colleague
  case other
}

/// How we know who somebody is; shown to everybody in the call.
public enum Identification: String, Sendable, CaseIterable {
  /// The clinic has identified the person electronically and says so in the token.
  case eID = "e_id"
  /// By holding a link that was sent to one recipient.
  case personalLink = "personal_link"
  /// By holding the visit's general link: anybody could.
  case generalLink = "general_link"
  /// Signed in as staff of the clinic.
  case staff
  /// Came by a personal link that somebody else was already using.
  case unverified
}

/// What a member of staff is to one visit.
public enum Relation: String, Sendable, CaseIterable {
  /// Answers for it.
  case responsible
  /// Added to the visit by name.
  case added
  /// Works in the unit that the visit belongs to.
  case sameUnit = "same_unit"
  /// Neither.
  case none
}

/// The personal fields of one person in one visit: kept apart from events, deleted by retention.
public struct PersonRecord: Equatable, Sendable {
  /// Who it is about.
  public let id: PersonID
  /// First and last name, at most `Limits.nameBytes` bytes.
  public var name: Redacted<String>?
  /// A member of staff's title.
  public var title: Redacted<String>?
  /// Mobile number.
  public var phone: Redacted<String>?
  /// E-mail address.
  public var email: Redacted<String>?

  /// Joins the fields that are known.
  public init(
    id: PersonID, name: Redacted<String>? = nil, title: Redacted<String>? = nil,
    phone: Redacted<String>? = nil, email: Redacted<String>? = nil
  ) {
    self.id = id
    self.name = name
    self.title = title
    self.phone = phone
    self.email = email
  }
}
