import Primitives
import Visits

/// The event log on disk, with the personal fields beside it.
///
/// Invariant: positions run from 1 without gaps, and what `append` has returned for survives a
/// power loss (`synchronous=FULL`). Events are never changed or deleted; triggers in the database
/// hold that too. One thread uses a store at a time, and each call can take as long as the disk.
public final class EventStore {
  private let database: Database
  private let insertEvent: Statement
  private let upsertPersonal: Statement
  /// The position of the last event that is on disk; 0 in an empty log.
  public private(set) var position: UInt64

  /// Opens the database at `path`, or makes it with mode 0600.
  ///
  /// Throws `exposed` where others could read it, `foreign` where it is not ours or too new,
  /// `corrupt` where its check fails.
  public init(path: String) throws(StoreError) {
    try Self.secure(path)
    let database = try Database(path: path)
    try Self.configure(database)
    try Self.migrate(database)
    try Self.check(database)
    insertEvent = try database.prepare(
      "INSERT INTO events (position, at, visit, subject, payload) VALUES (?, ?, ?, ?, ?)")
    upsertPersonal = try database.prepare(
      """
      INSERT INTO personal (visit, subject, fields) VALUES (?, ?, ?)
      ON CONFLICT (visit, subject) DO UPDATE SET fields = excluded.fields
      """)
    let last = try database.integer("SELECT coalesce(max(position), 0) FROM events")
    position = UInt64(clamping: last)
    self.database = database
  }

  /// Writes events behind the last one, all or none, and returns when they are on disk.
  ///
  /// Their positions must follow `position` without a gap. To commit in groups, hand over all
  /// that has come in since the last call. After an error the store can go on being used.
  public func append(_ events: [StoredEvent]) throws(StoreError) {
    for (index, event) in events.enumerated() {
      precondition(event.position == position + UInt64(index) + 1, "an event is out of its place")
    }
    guard let last = events.last else { return }
    try database.transaction { () throws(StoreError) in
      for event in events { try insert(event) }
    }
    position = last.position
  }

  /// Deletes the personal fields of one visit for good; its events stay.
  public func deletePersonalFields(of visit: VisitID) throws(StoreError) {
    let delete = try database.prepare("DELETE FROM personal WHERE visit = ?")
    try delete.bind(1, visit.text)
    _ = try delete.step()
    // What was deleted also stands in the write-ahead log until that is emptied.
    try database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
  }

  /// All events in order, with the newest personal fields of their subjects.
  ///
  /// Throws `corrupt` with the position of an event that cannot be read.
  public func load() throws(StoreError) -> [StoredEvent] {
    let select = try database.prepare(
      """
      SELECT position, at, events.visit, events.subject, payload, fields FROM events
      LEFT JOIN personal ON personal.visit = events.visit AND personal.subject = events.subject
      ORDER BY position
      """)
    var events: [StoredEvent] = []
    while try select.step() {
      let expected = UInt64(events.count) + 1
      guard select.integer(0) == Int64(expected) else {
        throw Self.damaged(expected, "is missing")
      }
      events.append(try Self.event(select, at: expected))
    }
    return events
  }

  private func insert(_ event: StoredEvent) throws(StoreError) {
    insertEvent.reset()
    try insertEvent.bind(1, Int64(event.position))
    try insertEvent.bind(2, event.at.milliseconds)
    try insertEvent.bind(3, event.visit?.text)
    try insertEvent.bind(4, event.personal?.subject)
    try insertEvent.bind(5, event.payload.description)
    _ = try insertEvent.step()
    guard let visit = event.visit, let personal = event.personal else { return }
    upsertPersonal.reset()
    try upsertPersonal.bind(1, visit.text)
    try upsertPersonal.bind(2, personal.subject)
    try upsertPersonal.bind(3, personal.fields.value.description)
    _ = try upsertPersonal.step()
  }

  private static func event(_ row: borrowing Statement, at position: UInt64) throws(StoreError)
    -> StoredEvent
  {
    var visit: VisitID?
    if !row.isNull(2) {
      visit = row.text(2).flatMap { VisitID($0) }
      guard visit != nil else { throw damaged(position, "its visit is no identifier") }
    }
    let payload = try json(row.text(4), "payload", at: position)
    var personal: PersonalRecord?
    if !row.isNull(5), let visit, let subject = row.text(3) {
      let fields = try json(row.text(5), "personal fields", at: position)
      personal = PersonalRecord(
        owner: .visit(visit), subject: subject, fields: Redacted(fields))
    }
    return StoredEvent(
      position: position, at: WallTime(milliseconds: row.integer(1)), visit: visit,
      payload: payload, personal: personal)
  }

  private static func json(_ text: String?, _ part: String, at position: UInt64)
    throws(StoreError) -> JSON
  {
    guard let text else { throw damaged(position, "its \(part) is not text") }
    do {
      return try JSON(parsing: text)
    } catch {
      throw damaged(position, "its \(part): \(error)")
    }
  }

  private static func damaged(_ position: UInt64, _ words: String) -> StoreError {
    StoreError(reason: .corrupt, message: "event \(position): \(words)")
  }
}
