import Primitives
import Visits

/// A row of the audit log, as it is stored and as the chain covers it.
public struct AuditRow: Equatable, Sendable {
  /// An event that a row tells of.
  struct Telling: Equatable, Sendable {
    /// The event's place in its log.
    var position: Int64
    /// The code of the event.
    var code: [UInt8]
  }

  /// Its place: from 1, without gaps.
  public let number: Int64
  /// When, in milliseconds since 1970.
  public let at: Int64
  /// In which clinic, as its identifier.
  public let clinic: String?
  /// For which visit.
  public let visit: String?
  /// By whom; nil: somebody who has not shown who they are.
  public let author: String?
  /// What was done.
  public let action: String
  /// To whom or what.
  public let subject: String?
  /// How it came out.
  public let outcome: String
  /// The event that it tells of; nil for what is no event.
  let telling: Telling?

  init(_ number: Int64, _ entry: AuditEntry, telling: Telling?) {
    self.number = number
    at = entry.at.milliseconds
    clinic = entry.clinic?.text
    visit = entry.visit?.text
    author = entry.author?.text
    action = entry.action
    subject = entry.subject
    outcome = entry.outcome
    self.telling = telling
  }

  /// The columns that `init(_:)` reads, in their order; then `mac`.
  static let columns =
    "number, at, clinic, visit, author, action, subject, outcome, position, event, mac"

  /// Reads a row of a query that selects `columns`.
  init(_ statement: borrowing Statement) {
    number = statement.integer(0)
    at = statement.integer(1)
    clinic = statement.text(2)
    visit = statement.text(3)
    author = statement.text(4)
    action = statement.text(5) ?? ""
    subject = statement.text(6)
    outcome = statement.text(7) ?? ""
    telling =
      statement.isNull(8)
      ? nil : Telling(position: statement.integer(8), code: statement.bytes(9))
  }

  /// Gives the parameters of an insertion of `columns` their values.
  func bind(to statement: borrowing Statement, code: [UInt8]) throws(StoreError) {
    try statement.bind(1, number)
    try statement.bind(2, at)
    try statement.bind(3, clinic)
    try statement.bind(4, visit)
    try statement.bind(5, author)
    try statement.bind(6, action)
    try statement.bind(7, subject)
    try statement.bind(8, outcome)
    try statement.bind(9, telling?.position)
    try statement.bind(10, bytes: telling?.code)
    try statement.bind(11, bytes: code)
  }

  /// All that the row says, in one form only.
  var text: JSON {
    func word(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
    return [
      .integer(number), .integer(at), word(clinic), word(visit), word(author), .string(action),
      word(subject), .string(outcome), telling.map { .integer($0.position) } ?? .null,
      telling.map { .string(Base64.encodeURL($0.code)) } ?? .null,
    ]
  }
}
