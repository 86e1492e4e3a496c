import Primitives
import Visits

/// The event log as a clinic's webhook is told it: read beside the thread that writes, with how
/// far each webhook has come.
///
/// It has a connection of its own, and each call is short, so that the writer is not kept from
/// emptying its log. What is noted here need not survive a power loss: a webhook is then told again
/// what it has been told, under the same identifiers.
public final class EventFeed {
  /// One event of a visit.
  public struct Event: Equatable, Sendable {
    /// The place in the log.
    public var position: UInt64
    /// When it was decided.
    public var at: WallTime
    /// The visit.
    public var visit: VisitID
    /// Which of its visit's events it is, from 1.
    public var sequence: Int64
    /// What happened; opaque identifiers only.
    public var payload: JSON
  }

  private let database: Database
  private let select: Statement
  private let selectCursor: Statement
  private let upsertCursor: Statement

  /// Opens the database of an `EventStore` that has been opened before.
  public init(path: String) throws(StoreError) {
    let database = try Database(path: path)
    try database.execute(
      """
      PRAGMA busy_timeout = 1000;
      PRAGMA synchronous = NORMAL;
      PRAGMA secure_delete = ON;
      PRAGMA trusted_schema = OFF;
      """)
    select = try database.prepare(
      """
      SELECT position, at, events.visit, payload, clinic,
        (SELECT count(*) FROM events AS before
          WHERE before.visit = events.visit AND before.position <= events.position)
      FROM events LEFT JOIN visits ON visits.visit = events.visit
      WHERE position > ? ORDER BY position LIMIT ?
      """)
    selectCursor = try database.prepare("SELECT position FROM webhooks WHERE clinic = ?")
    upsertCursor = try database.prepare(
      """
      INSERT INTO webhooks (clinic, position) VALUES (?, ?)
      ON CONFLICT (clinic) DO UPDATE SET position = excluded.position
      """)
    self.database = database
  }

  /// A clinic's events among the next `count` of the log, and how far that reaches.
  public func events(
    of clinic: ClinicID, after position: UInt64, most count: Int
  ) throws(StoreError) -> (events: [Event], through: UInt64) {
    var events: [Event] = []
    var through = position
    // A statement that stands on a row keeps the writer from emptying its log.
    defer { select.reset() }
    try select.bind(1, Int64(position))
    try select.bind(2, Int64(count))
    while try select.step() {
      through = UInt64(select.integer(0))
      guard select.text(4) == clinic.text, let visit = select.text(2).flatMap({ VisitID($0) })
      else { continue }
      events.append(
        Event(
          position: through, at: WallTime(milliseconds: select.integer(1)), visit: visit,
          sequence: select.integer(5), payload: try Self.json(select.text(3), at: through)))
    }
    return (events, through)
  }

  /// How far the webhook of a clinic has come: where it was noted, or the event by which the clinic
  /// has set it up since.
  public func position(of clinic: ClinicID) throws(StoreError) -> UInt64 {
    defer { selectCursor.reset() }
    try selectCursor.bind(1, clinic.text)
    let noted = try selectCursor.step() ? UInt64(selectCursor.integer(0)) : 0
    return max(noted, try beginning(of: clinic))
  }

  /// Notes how far the webhook of a clinic has come.
  public func note(_ position: UInt64, of clinic: ClinicID) throws(StoreError) {
    defer { upsertCursor.reset() }
    try upsertCursor.bind(1, clinic.text)
    try upsertCursor.bind(2, Int64(position))
    _ = try upsertCursor.step()
  }

  /// The place of the event since which the clinic has had a webhook without a break.
  private func beginning(of clinic: ClinicID) throws(StoreError) -> UInt64 {
    let select = try database.prepare(
      "SELECT position, payload FROM events WHERE visit IS NULL ORDER BY position")
    var beginning: UInt64 = 0
    var hasWebhook = false
    while try select.step() {
      let place = UInt64(select.integer(0))
      let payload = try Self.json(select.text(1), at: place)
      guard payload["clinic"]?.string == clinic.text, let settings = payload["settings"] else {
        continue
      }
      let hadWebhook = hasWebhook
      hasWebhook = settings["webhook"]?.string != nil
      if hasWebhook, !hadWebhook { beginning = place }
    }
    return beginning
  }

  private static func json(_ text: String?, at position: UInt64) throws(StoreError) -> JSON {
    guard let text, let json = try? JSON(parsing: text) else {
      throw StoreError(reason: .corrupt, message: "event \(position): its payload is not JSON")
    }
    return json
  }
}
