import Primitives
import Security
import Visits

/// Reads the audit log, offline or beside the daemon, without changing anything.
public struct AuditReader: ~Copyable {
  /// Which rows are asked for; nil stands for all.
  public struct Query: Sendable {
    /// Of one clinic.
    public var clinic: ClinicID?
    /// Of one visit.
    public var visit: VisitID?
    /// Not before this time.
    public var from: WallTime?
    /// Before this time.
    public var to: WallTime?
    /// After the row with this number.
    public var after: Int64
    /// At most so many.
    public var limit: Int64

    /// All rows, up to `limit`.
    public init(
      clinic: ClinicID? = nil, visit: VisitID? = nil, from: WallTime? = nil, to: WallTime? = nil,
      after: Int64 = 0, limit: Int64 = .max
    ) {
      self.clinic = clinic
      self.visit = visit
      self.from = from
      self.to = to
      self.after = after
      self.limit = limit
    }
  }

  /// What a verification has found.
  public struct Verdict: Equatable, Sendable {
    /// How many rows there are.
    public var rows: Int64 = 0
    /// The last row's number.
    public var last: Int64 = 0
    /// What is wrong, at most `faultsReported`; empty where the log is whole.
    public var faults: [AuditFault] = []
  }

  /// Faults that one verification reports.
  public static let faultsReported = 100

  private let database: Database

  /// Opens a database that this version of the daemon has made or opened before.
  public init(path: String) throws(StoreError) {
    let database = try Database(path: path)
    try database.execute("PRAGMA query_only = ON; PRAGMA busy_timeout = 1000")
    guard try EventStore.version(of: database) == EventStore.version else {
      throw StoreError(
        reason: .foreign, message: "the database is of an older version: start samtald once")
    }
    self.database = database
  }

  /// How long the audit log is.
  public func head(key: AuditKey) throws(StoreError) -> AuditHead {
    try EventStore.auditHead(of: database, key: key)
  }

  /// The rows that a query asks for, oldest first, each handed over as it is read.
  public func read(_ query: Query, _ take: (AuditRow) -> Void) throws(StoreError) {
    let select = try database.prepare(
      """
      SELECT \(AuditRow.columns) FROM audit
      WHERE number > ?1 AND (?2 IS NULL OR clinic = ?2) AND (?3 IS NULL OR visit = ?3)
        AND (?4 IS NULL OR at >= ?4) AND (?5 IS NULL OR at < ?5)
      ORDER BY number LIMIT ?6
      """)
    try select.bind(1, query.after)
    try select.bind(2, query.clinic?.text)
    try select.bind(3, query.visit?.text)
    try select.bind(4, query.from?.milliseconds)
    try select.bind(5, query.to?.milliseconds)
    try select.bind(6, query.limit)
    while try select.step() { take(AuditRow(select)) }
  }

  /// Recomputes the whole chain, and holds it against the head that was kept elsewhere, where
  /// there is one, and against the events. The daemon may write meanwhile: what is verified is
  /// the log as it was at one moment.
  public func verify(key: AuditKey, head: AuditHead?) throws(StoreError) -> Verdict {
    try database.transaction("BEGIN") { () throws(StoreError) -> Verdict in
      var verdict = Verdict()
      try verifyRows(key, head, &verdict)
      try verifyEvents(key, &verdict)
      verdict.faults = Array(verdict.faults.prefix(Self.faultsReported))
      return verdict
    }
  }

  private func verifyRows(
    _ key: AuditKey, _ head: AuditHead?, _ verdict: inout Verdict
  ) throws(StoreError) {
    var last = try beginning(key, &verdict)
    let select = try database.prepare(
      "SELECT \(AuditRow.columns) FROM audit ORDER BY number")
    while try select.step(), verdict.faults.count < Self.faultsReported {
      let row = AuditRow(select)
      let code = select.bytes(10)
      if row.number > last.number + 1 {
        verdict.faults.append(.missing(last.number + 1...row.number - 1))
      } else if row.number <= last.number {
        verdict.faults.append(.badCheckpoint(last.number))
      } else if !HMAC.areEqual(key.code(of: row, after: last.code), code) {
        verdict.faults.append(.changed(row.number))
      }
      if row.number == head?.number, code != head?.code {
        verdict.faults.append(.exchanged(row.number))
      }
      last = AuditHead(number: row.number, code: code)
      verdict.rows += 1
    }
    verdict.last = last.number
    if let head, head.number > last.number {
      verdict.faults.append(.cutOff(after: last.number, head: head.number))
    }
  }

  /// Where the chain begins: at the newest checkpoint, or with the first row of all.
  private func beginning(
    _ key: AuditKey, _ verdict: inout Verdict
  ) throws(StoreError) -> AuditHead {
    guard let (checkpoint, isSigned) = try EventStore.checkpoint(of: database, key: key) else {
      return AuditHead(number: 0, code: key.beginning)
    }
    if !isSigned { verdict.faults.append(.badCheckpoint(checkpoint.number)) }
    return checkpoint
  }

  /// Each event is the one that its row was made of, and none lacks a row or is gone without
  /// having been forgotten. Of what a checkpoint has cut off there is nothing to say.
  private func verifyEvents(_ key: AuditKey, _ verdict: inout Verdict) throws(StoreError) {
    let events = try database.prepare(
      """
      SELECT events.position, events.at, events.visit, payload, event
      FROM events LEFT JOIN audit ON audit.position = events.position
      WHERE events.position >= coalesce((SELECT min(position) FROM audit), 1)
      ORDER BY events.position
      """)
    while try events.step(), verdict.faults.count < Self.faultsReported {
      let position = events.integer(0)
      guard !events.isNull(4) else {
        verdict.faults.append(.unrecorded(event: position))
        continue
      }
      let code = key.code(
        position: position, at: events.integer(1), visit: events.text(2),
        payload: events.text(3) ?? "")
      if !HMAC.areEqual(code, events.bytes(4)) { verdict.faults.append(.changedEvent(position)) }
    }
    let missing = try database.prepare(
      """
      SELECT position FROM audit
      WHERE position IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM events WHERE events.position = audit.position)
        AND NOT EXISTS (
          SELECT 1 FROM audit AS later
          WHERE later.visit = audit.visit AND later.number > audit.number
            AND later.action = 'visit.forgotten')
      ORDER BY position
      """)
    while try missing.step(), verdict.faults.count < Self.faultsReported {
      verdict.faults.append(.missingEvent(missing.integer(0)))
    }
  }
}
