import Primitives
import Visits

extension EventStore {
  private static let selection =
    """
    SELECT position, at, visit, events.owner, events.subject, payload, fields FROM events
    LEFT JOIN personal ON personal.owner = events.owner AND personal.subject = events.subject
    """

  /// The events that the state is rebuilt from, in order, with the newest personal fields of
  /// their subjects. Those that leave no trace in the state are left out.
  ///
  /// Throws `corrupt` with the position of an event that cannot be read.
  public func load() throws(StoreError) -> [StoredEvent] {
    try events("WHERE is_needed ORDER BY position")
  }

  /// The events of one visit that `load` gives.
  func load(_ visit: VisitID) throws(StoreError) -> [StoredEvent] {
    // An identifier has letters, digits and one underscore alone.
    try events("WHERE is_needed AND visit = '\(visit.text)' ORDER BY position")
  }

  private func events(_ condition: String) throws(StoreError) -> [StoredEvent] {
    let select = try database.prepare("\(Self.selection) \(condition)")
    var events: [StoredEvent] = []
    while try select.step() { events.append(try Self.event(select)) }
    return events
  }

  private static func event(_ row: borrowing Statement) throws(StoreError) -> StoredEvent {
    let position = UInt64(clamping: row.integer(0))
    var visit: VisitID?
    if !row.isNull(2) {
      visit = row.text(2).flatMap { VisitID($0) }
      guard visit != nil else { throw damaged(position, "its visit is no identifier") }
    }
    let payload = try json(row.text(5), "payload", at: position)
    var personal: PersonalRecord?
    if !row.isNull(6) {
      guard let owner = row.text(3).flatMap(PersonalRecord.Owner.init), let subject = row.text(4)
      else { throw damaged(position, "nobody owns its personal fields") }
      let fields = try json(row.text(6), "personal fields", at: position)
      personal = PersonalRecord(owner: owner, subject: subject, fields: Redacted(fields))
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
