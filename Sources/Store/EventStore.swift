import Primitives
import Visits

/// The event log on disk, with the personal fields and the audit log beside it.
///
/// Invariant: positions run from 1, each after the one before, and what `append` has returned for
/// survives a power loss (`synchronous=FULL`). Events are never changed, and deleted only with a
/// visit that retention has forgotten; triggers in the database hold that too. Each event has a
/// row of the audit log, in the same transaction. One thread uses a store at a time, and each call
/// can take as long as the disk.
public final class EventStore {
  let database: Database
  let key: AuditKey
  private let insertEvent: Statement
  private let upsertPersonal: Statement
  private let deletePersonal: Statement
  private let insertVisit: Statement
  private let noteVisit: Statement
  private let selectClinic: Statement
  let insertAudit: Statement
  /// The position of the last event that is on disk; 0 in an empty log.
  public private(set) var position: UInt64
  /// How long the audit log is.
  public internal(set) var auditHead: AuditHead
  /// Whether the audit log began when the store was opened: no head can have been kept of it yet.
  public let auditIsNew: Bool
  /// Whether the write-ahead log may still hold what has been deleted.
  var holdsDeleted = true

  /// Opens the database at `path`, or makes it with mode 0600.
  ///
  /// Throws `exposed` where others could read it, `foreign` where it is not ours or too new,
  /// `corrupt` where its check fails.
  public init(path: String, auditKey: AuditKey) throws(StoreError) {
    try Self.secure(path)
    let database = try Database(path: path)
    try Self.configure(database)
    auditIsNew = try Self.version(of: database) < Self.firstAuditedVersion
    try Self.migrate(database, key: auditKey)
    try Self.check(database)
    insertEvent = try database.prepare(
      "INSERT INTO events (position, at, visit, owner, subject, payload) VALUES (?, ?, ?, ?, ?, ?)"
    )
    upsertPersonal = try database.prepare(
      """
      INSERT INTO personal (owner, subject, fields) VALUES (?, ?, ?)
      ON CONFLICT (owner, subject) DO UPDATE SET fields = excluded.fields
      """)
    deletePersonal = try database.prepare(
      "DELETE FROM personal WHERE owner = ?1 AND (?2 IS NULL OR subject = ?2)")
    insertVisit = try database.prepare(
      "INSERT INTO visits (visit, clinic, is_untidy) VALUES (?, ?, 0)")
    noteVisit = try database.prepare(
      "UPDATE visits SET is_untidy = 1, forgotten = ?2 WHERE visit = ?1")
    selectClinic = try database.prepare("SELECT clinic FROM visits WHERE visit = ?")
    insertAudit = try Self.prepareAudit(database)
    let last = try database.integer("SELECT coalesce(max(position), 0) FROM events")
    position = UInt64(clamping: last)
    auditHead = try Self.auditHead(of: database, key: auditKey)
    key = auditKey
    self.database = database
  }

  // MARK: What changes it

  /// Writes events behind the last one, each with its row of the audit log, and further rows, all
  /// or none, and returns when they are on disk.
  ///
  /// Positions must follow `position` without a gap. To commit in groups, hand over all that has
  /// come in since the last call. After an error the store can go on being used.
  public func append(
    _ events: [StoredEvent], audit entries: [AuditEntry] = []
  ) throws(StoreError) {
    for (index, event) in events.enumerated() {
      precondition(event.position == position + UInt64(index) + 1, "an event is out of its place")
    }
    guard !events.isEmpty || !entries.isEmpty else { return }
    var deletes = false
    auditHead = try database.transaction { () throws(StoreError) -> AuditHead in
      var head = auditHead
      for event in events {
        try insert(event)
        deletes = try noteConsequences(of: event) || deletes
        try audit(
          AuditEntry(of: event, clinic: try clinic(of: event.visit)), of: event, after: &head)
      }
      for entry in entries { try audit(entry, of: nil, after: &head) }
      return head
    }
    position = events.last?.position ?? position
    holdsDeleted = holdsDeleted || deletes
  }

  private func insert(_ event: StoredEvent) throws(StoreError) {
    insertEvent.reset()
    try insertEvent.bind(1, Int64(event.position))
    try insertEvent.bind(2, event.at.milliseconds)
    try insertEvent.bind(3, event.visit?.text)
    try insertEvent.bind(4, event.personal?.owner.text)
    try insertEvent.bind(5, event.personal?.subject)
    try insertEvent.bind(6, event.payload.description)
    _ = try insertEvent.step()
  }

  /// Does what belongs to an event beside the log; true where that deletes something.
  private func noteConsequences(of event: StoredEvent) throws(StoreError) -> Bool {
    var deletes = false
    if let personal = event.personal { deletes = try put(personal) }
    guard let visit = event.visit else { return deletes }
    switch event.payload["type"]?.string {
    case "visit.created":
      insertVisit.reset()
      try insertVisit.bind(1, visit.text)
      try insertVisit.bind(2, event.payload["clinic"]?.string ?? "")
      _ = try insertVisit.step()
    case "call.ended", "visit.closed", "visit.cancelled":
      try note(visit, forgottenAt: nil)
    case "visit.forgotten":
      try note(visit, forgottenAt: Int64(event.position))
      try deleteFields(of: .visit(visit), about: nil)
      deletes = true
    default: break
    }
    return deletes
  }

  /// Fields in place of those before; without any, nothing is left of them.
  private func put(_ personal: PersonalRecord) throws(StoreError) -> Bool {
    guard personal.fields.value.members?.isEmpty != true else {
      try deleteFields(of: personal.owner, about: personal.subject)
      return true
    }
    upsertPersonal.reset()
    try upsertPersonal.bind(1, personal.owner.text)
    try upsertPersonal.bind(2, personal.subject)
    try upsertPersonal.bind(3, personal.fields.value.description)
    _ = try upsertPersonal.step()
    return false
  }

  private func deleteFields(
    of owner: PersonalRecord.Owner, about subject: String?
  ) throws(StoreError) {
    deletePersonal.reset()
    try deletePersonal.bind(1, owner.text)
    try deletePersonal.bind(2, subject)
    _ = try deletePersonal.step()
  }

  private func note(_ visit: VisitID, forgottenAt position: Int64?) throws(StoreError) {
    noteVisit.reset()
    try noteVisit.bind(1, visit.text)
    try noteVisit.bind(2, position)
    _ = try noteVisit.step()
  }

  private func clinic(of visit: VisitID?) throws(StoreError) -> ClinicID? {
    guard let visit else { return nil }
    selectClinic.reset()
    defer { selectClinic.reset() }
    try selectClinic.bind(1, visit.text)
    return try selectClinic.step() ? selectClinic.text(0).flatMap { ClinicID($0) } : nil
  }
}
