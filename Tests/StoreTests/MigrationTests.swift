import CDatabase
import Primitives
import Store
import Testing
import Visits

@Suite struct MigrationTests {
  /// A database as version 1 of it was made: a clinic, and a visit that is over.
  private static let version1 = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE events (
      position INTEGER PRIMARY KEY CHECK (position > 0),
      at INTEGER NOT NULL,
      visit TEXT,
      subject TEXT CHECK (subject IS NULL OR visit IS NOT NULL),
      payload TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_of_visit ON events (visit, position) WHERE visit IS NOT NULL;
    CREATE TABLE personal (
      visit TEXT NOT NULL,
      subject TEXT NOT NULL,
      fields TEXT NOT NULL,
      PRIMARY KEY (visit, subject)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
      BEGIN SELECT raise(ABORT, 'events are append-only'); END;
    CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
      BEGIN SELECT raise(ABORT, 'events are append-only'); END;
    PRAGMA user_version = 1;
    PRAGMA application_id = \(0x5361_6D74);
    INSERT INTO events VALUES
      (1, 1800000000000, NULL, NULL, '{"version":1,"type":"clinic.created","by":"system",'
        || '"clinic":"cli_a","name":"Vårdcentralen","settings":{"lobby":"everyone",'
        || '"waits_for_staff_ms":600000,"rings_ms":60000,"same_unit_may_join":false,'
        || '"guests_see_patient_name":false}}'),
      (2, 1800000001000, 'vis_a', NULL, '{"version":1,"type":"visit.created","by":"per_anna",'
        || '"clinic":"cli_a","visit_type":"videobesök","responsible":"per_anna",'
        || '"booked":[{"person":"per_anna","role":"staff"},{"person":"per_pia","role":"patient"}]}'),
      (3, 1800000001000, 'vis_a', 'vis_a',
        '{"version":1,"type":"visit.details_recorded","by":"per_anna"}'),
      (4, 1800000001000, 'vis_a', 'per_pia',
        '{"version":1,"type":"person.recorded","by":"per_anna","person":"per_pia"}'),
      (5, 1800000002000, 'vis_a', NULL,
        '{"version":1,"type":"visit.closed","by":"per_anna"}');
    INSERT INTO personal VALUES
      ('vis_a', 'vis_a', '{"heading":"Hudutslag"}'), ('vis_a', 'per_pia', '{"name":"Pia"}');
    """

  private func folder() throws -> Folder {
    let folder = try Folder()
    #expect(folder.tamper(Self.version1) == SQLITE_OK)
    folder.makePrivate()
    return folder
  }

  @Test func aDatabaseOfVersion1IsBroughtUpWithAllThatIsInIt() throws {
    let folder = try folder()
    let store = try folder.store()
    #expect(store.position == 5)
    let events = try store.load()
    #expect(events.map(\.position) == [1, 2, 3, 4, 5])
    let fields = events.compactMap { $0.personal?.fields.value }
    #expect(fields == [["heading": "Hudutslag"], ["name": "Pia"]])
    #expect(events[3].personal?.owner == .visit(visit("vis_a")))

    let now = Moment(instant: .origin, wall: WallTime(milliseconds: 1_800_000_003_000))
    let ledger = try VisitLedger(restoring: events, at: now)
    let restored = try #require(ledger.visits[visit("vis_a")])
    #expect(restored.details.heading?.value == "Hudutslag")
    #expect(restored.state == .closed)
  }

  @Test func whatVersion1HasRecordedGetsItsAuditRows() throws {
    let folder = try folder()
    let store = try folder.store()
    #expect(store.auditHead.number == 5)
    #expect(try folder.faults(head: store.auditHead) == [])
    var rows: [AuditRow] = []
    try AuditReader(path: folder.database).read(AuditReader.Query()) { rows.append($0) }
    #expect(rows.map(\.clinic) == Array(repeating: "cli_a", count: 5))
    #expect(rows[4].author == "per_anna")
    try store.append([event(6)])
    #expect(try folder.faults(head: store.auditHead) == [])
  }

  @Test func theAuditRowsAreMadeOnceOnly() throws {
    let folder = try folder()
    let head = try folder.store().auditHead
    #expect(try folder.store().auditHead == head)
  }

  @Test func anOlderDatabaseIsNotReadBeforeTheDaemonHasOpenedIt() throws {
    let folder = try folder()
    #expect(throws: StoreError.self) { _ = try AuditReader(path: folder.database) }
    _ = try folder.store()
    _ = try AuditReader(path: folder.database)
  }

  @Test func aMigrationThatFailsLeavesTheDatabaseAsItWas() throws {
    let folder = try folder()
    folder.tamper("CREATE TABLE visits (a)")
    #expect(throws: StoreError.self) { try folder.store() }
    folder.tamper("DROP TABLE visits")
    #expect(try folder.store().load().count == 5)
  }
}
