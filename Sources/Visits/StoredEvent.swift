import Primitives

/// A durable event as the store keeps it: opaque identifiers in the payload, personal fields
/// beside it.
public struct StoredEvent: Equatable, Sendable {
  /// The place in the log: from 1, and each after the one before.
  public var position: UInt64
  /// When it was decided.
  public var at: WallTime
  /// The visit that it belongs to, if to one: what retention and audit select by.
  public var visit: VisitID?
  /// What happened, with a version.
  public var payload: JSON
  /// The personal fields that belong to it; nil where it has none, or retention has deleted them.
  public var personal: PersonalRecord?

  /// Joins the parts.
  public init(
    position: UInt64, at: WallTime, visit: VisitID?, payload: JSON, personal: PersonalRecord? = nil
  ) {
    self.position = position
    self.at = at
    self.visit = visit
    self.payload = payload
    self.personal = personal
  }
}

/// Personal fields about one subject of one owner: the newest replaces the older ones, and they
/// are deleted with their owner, or where the newest has no fields.
public struct PersonalRecord: Equatable, Sendable {
  /// What the fields are kept for, and no longer than it.
  public enum Owner: Hashable, Sendable {
    /// A visit: until the clinic's retention time after its end.
    case visit(VisitID)
    /// A clinic, for its staff directory: until the directory names the person no more.
    case clinic(ClinicID)

    /// The text in records: the identifier, whose prefix tells its kind.
    public var text: String {
      switch self {
      case .visit(let id): id.text
      case .clinic(let id): id.text
      }
    }

    /// Reads the text of a record.
    public init?(_ text: String) {
      if let id = VisitID(text) {
        self = .visit(id)
      } else if let id = ClinicID(text) {
        self = .clinic(id)
      } else {
        return nil
      }
    }
  }

  /// What the fields are kept for.
  public var owner: Owner
  /// Whom or what they are about: a person's identifier, or the visit's own.
  public var subject: String
  /// The fields, an object.
  public var fields: Redacted<JSON>

  /// Joins the parts.
  public init(owner: Owner, subject: String, fields: Redacted<JSON>) {
    self.owner = owner
    self.subject = subject
    self.fields = fields
  }
}
