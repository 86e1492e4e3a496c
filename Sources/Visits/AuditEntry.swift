import Primitives

/// What was done, when, by whom, and for which visit: opaque identifiers and words alone.
///
/// The store makes one of each durable event. What is no event and is to be on record all the
/// same (a refused token, a look at the audit log) is written as one of these by itself.
public struct AuditEntry: Equatable, Sendable {
  /// What is on record without being an event.
  public enum Deed: String, Sendable, CaseIterable {
    /// A token, a link or a resume secret was refused; the outcome is the reason.
    case sessionRefused = "session.refused"
    /// More of them were refused than are listed one by one; the outcome is their number.
    case sessionsRefused = "sessions.refused"
    /// Somebody read the audit log.
    case auditRead = "audit.read"
    /// Somebody read what the clinic's administration alone may read.
    case clinicRead = "clinic.read"
    /// A clinic took back the sessions of a person, who is the subject.
    case sessionsRevoked = "sessions.revoked"
    /// The store cut the audit log's oldest rows off; the subject is the last one's number.
    case auditCut = "audit.cut"
    /// The operator accepted the audit log as it was found; the subject is the last row's number.
    case auditAccepted = "audit.accepted"
  }

  /// When.
  public var at: WallTime
  /// In which clinic, if it is known.
  public var clinic: ClinicID?
  /// For which visit, if for one.
  public var visit: VisitID?
  /// By whom; nil: somebody who has not shown who they are.
  public var author: Author?
  /// What: the type of an event, or the word for a deed.
  public var action: String
  /// To whom or what, as an identifier.
  public var subject: String?
  /// How it came out: `done`, or the reason or the outcome in one word.
  public var outcome: String

  /// A deed that is no event.
  public init(
    _ deed: Deed, at: WallTime, by author: Author?, clinic: ClinicID? = nil,
    visit: VisitID? = nil, subject: String? = nil, outcome: String = "done"
  ) {
    self.at = at
    self.clinic = clinic
    self.visit = visit
    self.author = author
    action = deed.rawValue
    self.subject = subject
    self.outcome = outcome
  }

  /// What the audit log says of an event; `clinic` is the one that its visit belongs to.
  public init(of event: StoredEvent, clinic: ClinicID?) {
    func text(_ name: String) -> String? { event.payload[name]?.string }
    at = event.at
    self.clinic = text("clinic").flatMap { ClinicID($0) } ?? clinic
    visit = event.visit
    author = text("by").flatMap { Author($0) }
    action = text("type") ?? "unknown"
    let named = ["participant", "request", "invite", "message", "call", "person"]
    subject = named.lazy.compactMap(text).first ?? event.payload["invite"]?["id"]?.string
    outcome = text("outcome") ?? text("reason") ?? text("ground") ?? "done"
  }
}
