import Primitives
import Visits

extension EventStore {
  /// How tidy the store is.
  public enum Tidiness: Sendable {
    /// There is more to do at once.
    case more
    /// A reader of an older state, a backup say, keeps deleted text in the write-ahead log: it has
    /// to be tried again.
    case waiting
    /// There is nothing to do before the next append.
    case done
  }

  /// Has the next `tidy` empty the write-ahead log, which also holds what was replaced.
  public func emptyLogSoon() { holdsDeleted = true }

  /// Does a small part of what keeps the database small, while there is nothing to append: of one
  /// visit that retention has forgotten the events are deleted; of one in which a call or the
  /// visit has ended those are marked that leave no trace in the state, so that no start replays
  /// them; what was deleted is cleared out of the write-ahead log.
  ///
  /// After an error it can be called again.
  public func tidy() throws(StoreError) -> Tidiness {
    if let visit = try nextUntidyVisit() {
      try visit.isForgotten ? deleteEvents(of: visit.id) : markSpentEvents(of: visit.id)
      return .more
    }
    guard holdsDeleted else { return .done }
    holdsDeleted = try database.integer("PRAGMA wal_checkpoint(TRUNCATE)") != 0
    return holdsDeleted ? .waiting : .done
  }

  private func nextUntidyVisit() throws(StoreError) -> (id: VisitID, isForgotten: Bool)? {
    let select = try database.prepare(
      "SELECT visit, forgotten FROM visits WHERE is_untidy LIMIT 1")
    guard try select.step() else { return nil }
    guard let id = select.text(0).flatMap({ VisitID($0) }) else {
      throw StoreError(reason: .corrupt, message: "a visit's identifier is none")
    }
    return (id, !select.isNull(1))
  }

  /// The event that the visit was forgotten stays, so that positions are not given twice.
  private func deleteEvents(of visit: VisitID) throws(StoreError) {
    try database.transaction { () throws(StoreError) in
      try database.execute(
        """
        DELETE FROM events WHERE visit = '\(visit.text)'
          AND position < (SELECT forgotten FROM visits WHERE visit = '\(visit.text)')
        """)
      try database.execute(
        """
        UPDATE deleted SET events = events + \(database.changes);
        UPDATE events SET is_needed = 0 WHERE visit = '\(visit.text)';
        DELETE FROM visits WHERE visit = '\(visit.text)';
        """)
    }
    holdsDeleted = true
  }

  private func markSpentEvents(of visit: VisitID) throws(StoreError) {
    let log = try load(visit)
    let spent: [UInt64]
    do {
      spent = try VisitLedger.spentEvents(in: log)
    } catch {
      throw StoreError(reason: .corrupt, message: error.description)
    }
    let mark = try database.prepare("UPDATE events SET is_needed = 0 WHERE position = ?")
    try database.transaction { () throws(StoreError) in
      for position in spent {
        mark.reset()
        try mark.bind(1, Int64(position))
        _ = try mark.step()
      }
      try database.execute("UPDATE visits SET is_untidy = 0 WHERE visit = '\(visit.text)'")
    }
  }
}
