import Primitives

/// A durable event as the store keeps it: opaque identifiers in the payload, personal fields
/// beside it.
public struct StoredEvent: Equatable, Sendable {
  /// The place in the log: from 1, without gaps.
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

/// Personal fields about one subject in one visit: the newest replaces the older ones, and
/// retention deletes them with the visit.
public struct PersonalRecord: Equatable, Sendable {
  /// Whom or what they are about: a person's identifier, or the visit's own.
  public var subject: String
  /// The fields, an object.
  public var fields: Redacted<JSON>

  /// Joins the parts.
  public init(subject: String, fields: Redacted<JSON>) {
    self.subject = subject
    self.fields = fields
  }
}
