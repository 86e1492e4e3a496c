import Primitives
import Security
import Visits

extension EventStore {
  static func prepareAudit(_ database: borrowing Database) throws(StoreError) -> Statement {
    try database.prepare(
      "INSERT INTO audit (\(AuditRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
  }

  // MARK: Rows

  /// Writes a row behind `head`, within a transaction.
  func audit(
    _ entry: AuditEntry, of event: StoredEvent?, after head: inout AuditHead
  ) throws(StoreError) {
    let telling = event.map { event in
      AuditRow.Telling(
        position: Int64(event.position),
        code: key.code(
          position: Int64(event.position), at: event.at.milliseconds, visit: event.visit?.text,
          payload: event.payload.description))
    }
    head = try Self.write(entry, telling, after: head, insertAudit, key)
  }

  private static func write(
    _ entry: AuditEntry, _ telling: AuditRow.Telling?, after head: AuditHead,
    _ insert: borrowing Statement, _ key: AuditKey
  ) throws(StoreError) -> AuditHead {
    let row = AuditRow(head.number + 1, entry, telling: telling)
    let next = AuditHead(number: row.number, code: key.code(of: row, after: head.code))
    insert.reset()
    try row.bind(to: insert, code: next.code)
    _ = try insert.step()
    return next
  }

  /// Makes the rows of events that were recorded when there was no audit log.
  static func auditWhatIsThere(
    _ database: borrowing Database, key: AuditKey
  ) throws(StoreError) {
    let insert = try prepareAudit(database)
    let select = try database.prepare(
      """
      SELECT position, at, visit, payload, clinic FROM events LEFT JOIN visits USING (visit)
      ORDER BY position
      """)
    var head = AuditHead(number: 0, code: key.beginning)
    while try select.step() {
      let position = select.integer(0)
      guard let text = select.text(3), let payload = try? JSON(parsing: text) else {
        throw StoreError(reason: .corrupt, message: "event \(position): its payload is not JSON")
      }
      let event = StoredEvent(
        position: UInt64(clamping: position), at: WallTime(milliseconds: select.integer(1)),
        visit: select.text(2).flatMap { VisitID($0) }, payload: payload)
      let code = key.code(
        position: position, at: select.integer(1), visit: select.text(2), payload: text)
      head = try write(
        AuditEntry(of: event, clinic: select.text(4).flatMap { ClinicID($0) }),
        AuditRow.Telling(position: position, code: code), after: head, insert, key)
    }
  }

  // MARK: The head

  /// The last row's number and code; where there is none, what the chain goes on from.
  static func auditHead(
    of database: borrowing Database, key: AuditKey
  ) throws(StoreError) -> AuditHead {
    for table in ["audit", "audit_checkpoints"] {
      let last = try database.prepare(
        "SELECT number, mac FROM \(table) ORDER BY number DESC LIMIT 1")
      if try last.step() { return AuditHead(number: last.integer(0), code: last.bytes(1)) }
    }
    return AuditHead(number: 0, code: key.beginning)
  }

  /// Holds the log against a head that was kept elsewhere: its row has to be there, and those
  /// after it have to be chained to it. Where the log was cut later than that, they are held
  /// against the checkpoint, which has to be signed. Throws `broken` where they are not.
  public func checkAudit(against head: AuditHead) throws(StoreError) {
    var last = head
    if let checkpoint = try checkedCheckpoint(), checkpoint.number >= head.number {
      guard checkpoint.number > head.number || HMAC.areEqual(checkpoint.code, head.code) else {
        throw Self.exchanged(head.number)
      }
      last = checkpoint
    } else if head.number > 0 {
      try requireRow(of: head)
    }
    let select = try database.prepare(
      "SELECT \(AuditRow.columns) FROM audit WHERE number > \(last.number) ORDER BY number")
    while try select.step() {
      let (row, code) = (AuditRow(select), select.bytes(10))
      guard row.number == last.number + 1,
        HMAC.areEqual(key.code(of: row, after: last.code), code)
      else { throw Self.exchanged(last.number + 1) }
      last = AuditHead(number: row.number, code: code)
    }
  }

  private func requireRow(of head: AuditHead) throws(StoreError) {
    let select = try database.prepare("SELECT mac FROM audit WHERE number = \(head.number)")
    guard try select.step() else {
      throw StoreError(
        reason: .broken,
        message: "the audit log was cut off: it had \(head.number) rows, and ends with "
          + "\(auditHead.number) (a copy that is restored needs the head that was copied with it)")
    }
    guard HMAC.areEqual(select.bytes(0), head.code) else { throw Self.exchanged(head.number) }
  }

  private static func exchanged(_ number: Int64) -> StoreError {
    StoreError(
      reason: .broken, message: "row \(number) of the audit log is not the one that was")
  }

  /// Where the log was cut last; nil where it never was.
  private func checkedCheckpoint() throws(StoreError) -> AuditHead? {
    guard let (checkpoint, isSigned) = try Self.checkpoint(of: database, key: key) else {
      return nil
    }
    guard isSigned else {
      throw StoreError(
        reason: .broken,
        message: "the checkpoint at which the audit log was cut off is not signed with its key")
    }
    return checkpoint
  }

  /// Where the log was cut last, and whether that is signed with the key; nil where it never was.
  static func checkpoint(
    of database: borrowing Database, key: AuditKey
  ) throws(StoreError) -> (AuditHead, isSigned: Bool)? {
    let select = try database.prepare(
      "SELECT number, mac, at, signature FROM audit_checkpoints ORDER BY number DESC LIMIT 1")
    guard try select.step() else { return nil }
    let checkpoint = AuditHead(number: select.integer(0), code: select.bytes(1))
    let signature = key.signature(
      ofCheckpoint: checkpoint.number, checkpoint.code, at: select.integer(2))
    return (checkpoint, HMAC.areEqual(signature, select.bytes(3)))
  }

  // MARK: Cutting

  /// Deletes the rows of before `time`, as far as they stand before all younger ones, behind a
  /// signed checkpoint, and puts that on record. Gives the number of rows.
  @discardableResult
  public func cutAudit(before time: WallTime, at now: WallTime) throws(StoreError) -> Int64 {
    let select = try database.prepare(
      """
      SELECT number, mac FROM audit
      WHERE number < coalesce((SELECT min(number) FROM audit WHERE at >= ?), \(Int64.max))
      ORDER BY number DESC LIMIT 1
      """)
    try select.bind(1, time.milliseconds)
    guard try select.step() else { return 0 }
    let (last, code) = (select.integer(0), select.bytes(1))
    select.reset()
    let insert = try database.prepare(
      "INSERT INTO audit_checkpoints (number, at, mac, signature) VALUES (?, ?, ?, ?)")
    try insert.bind(1, last)
    try insert.bind(2, now.milliseconds)
    try insert.bind(3, bytes: code)
    try insert.bind(
      4, bytes: key.signature(ofCheckpoint: last, code, at: now.milliseconds))
    var count: Int64 = 0
    auditHead = try database.transaction { () throws(StoreError) -> AuditHead in
      _ = try insert.step()
      try database.execute(
        """
        DELETE FROM audit WHERE number <= \(last);
        """)
      count = database.changes
      try database.execute("DELETE FROM audit_checkpoints WHERE number < \(last)")
      var head = auditHead
      try audit(
        AuditEntry(.auditCut, at: now, by: .system, subject: String(last)), of: nil, after: &head)
      return head
    }
    holdsDeleted = true
    return count
  }
}
