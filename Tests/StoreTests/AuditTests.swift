import CDatabase
import Primitives
import Store
import Testing
import Visits

@Suite struct AuditTests {
  private let refusal = AuditEntry(
    .sessionRefused, at: WallTime(milliseconds: 1), by: nil, outcome: "token_expired")

  /// A folder whose audit log has six rows, and its head.
  private func log() throws -> (folder: Folder, head: AuditHead) {
    let folder = try Folder()
    let store = try folder.store()
    try store.append([event(1), event(2, name: "Pia")], audit: [refusal])
    try store.append([], audit: [refusal])
    try store.append([event(3), event(4)])
    return (folder, store.auditHead)
  }

  private func attack(_ folder: Folder, _ statements: String) {
    folder.tamper(
      """
      DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted;
      DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_deleted;
      """)
    #expect(folder.tamper(statements) == SQLITE_OK, "\(statements)")
  }

  // MARK: What is written

  @Test func eachEventHasOneRowAndSoHasWhatIsNoEvent() throws {
    let (folder, head) = try log()
    var rows: [AuditRow] = []
    try AuditReader(path: folder.database).read(AuditReader.Query()) { rows.append($0) }
    #expect(rows.map(\.number) == [1, 2, 3, 4, 5, 6])
    #expect(rows.map(\.action.count).reduce(0, +) > 0)
    #expect(rows[2].action == "session.refused")
    #expect(rows[2].outcome == "token_expired")
    #expect(rows[2].author == nil)
    #expect(head.number == 6)
    #expect(try folder.faults(head: head) == [])
  }

  @Test func aRowSaysWhoDidWhatToWhomInWhichClinic() throws {
    let folder = try Folder()
    let store = try folder.store()
    let created: JSON = [
      "version": 1, "type": "visit.created", "by": "per_anna", "clinic": "cli_a",
    ]
    let muted: JSON = [
      "version": 1, "type": "participant.departed", "by": "per_anna", "participant": "par_b",
      "reason": "removed",
    ]
    for (index, payload) in [created, muted].enumerated() {
      try store.append([
        StoredEvent(
          position: UInt64(index + 1), at: WallTime(milliseconds: 5), visit: visit("vis_a"),
          payload: payload)
      ])
    }
    var rows: [AuditRow] = []
    let query = AuditReader.Query(clinic: ClinicID("cli_a"), after: 1)
    try AuditReader(path: folder.database).read(query) { rows.append($0) }
    let row = try #require(rows.first)
    #expect(rows.count == 1)
    #expect(row.clinic == "cli_a")
    #expect(row.visit == "vis_a")
    #expect(row.author == "per_anna")
    #expect(row.action == "participant.departed")
    #expect(row.subject == "par_b")
    #expect(row.outcome == "removed")
  }

  @Test func personalFieldsAreInNoRow() throws {
    let (folder, _) = try log()
    folder.tamper("DELETE FROM personal; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
    #expect(!folder.contains("Pia"))
    #expect(folder.contains("token_expired"))
  }

  @Test func aFailedAppendLeavesTheChainAsItWas() throws {
    let folder = try Folder()
    let store = try folder.store()
    try store.append([event(1)])
    let head = store.auditHead
    folder.tamper(
      "CREATE TRIGGER no BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'no'); END")
    #expect(throws: StoreError.self) { try store.append([event(2)], audit: [refusal]) }
    #expect(store.auditHead == head)
    folder.tamper("DROP TRIGGER no")
    try store.append([event(2)])
    #expect(try folder.faults(head: store.auditHead) == [])
  }

  @Test func theLogIsAppendOnlyInTheDatabaseToo() throws {
    let (folder, _) = try log()
    #expect(folder.tamper("UPDATE audit SET outcome = 'x' WHERE number = 2") != SQLITE_OK)
    #expect(folder.tamper("DELETE FROM audit WHERE number = 6") != SQLITE_OK)
  }

  // MARK: What is noticed

  @Test(arguments: [
    "at = at + 1", "clinic = 'cli_z'", "visit = 'vis_z'", "author = 'per_z'", "action = 'x'",
    "subject = 'par_z'", "outcome = 'x'", "mac = zeroblob(32)",
    "position = NULL, event = NULL",
  ])
  func aChangedRowIsNoticed(change: String) throws {
    let (folder, head) = try log()
    attack(folder, "UPDATE audit SET \(change) WHERE number = 2")
    let faults = try folder.faults(head: head)
    #expect(faults.contains(.changed(2)), "\(faults)")
  }

  @Test func aDeletedRowIsNoticed() throws {
    let (folder, head) = try log()
    attack(folder, "DELETE FROM audit WHERE number = 4")
    #expect(try folder.faults(head: head) == [.missing(4...4)])
  }

  @Test func aDeletedRowIsNoticedWhereTheNextOnesMoveUp() throws {
    let (folder, head) = try log()
    attack(
      folder,
      """
      DELETE FROM audit WHERE number = 4;
      UPDATE audit SET number = 4 WHERE number = 5; UPDATE audit SET number = 5 WHERE number = 6;
      """)
    let faults = try folder.faults(head: head)
    #expect(faults.contains(.changed(4)))
    #expect(faults.contains(.cutOff(after: 5, head: 6)))
  }

  @Test func anInsertedRowIsNoticed() throws {
    let (folder, head) = try log()
    attack(
      folder,
      """
      UPDATE audit SET number = 7 WHERE number = 6; UPDATE audit SET number = 6 WHERE number = 5;
      INSERT INTO audit SELECT 5, at, clinic, visit, author, action, subject, outcome, NULL, NULL,
        mac FROM audit WHERE number = 4;
      """)
    let faults = try folder.faults(head: head)
    #expect(faults.contains(.changed(5)), "\(faults)")
    #expect(faults.contains(.exchanged(6)), "\(faults)")
  }

  @Test func rowsInAnotherOrderAreNoticed() throws {
    let (folder, head) = try log()
    attack(
      folder,
      """
      UPDATE audit SET number = 100 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3;
      UPDATE audit SET number = 3 WHERE number = 100;
      """)
    let faults = try folder.faults(head: head)
    #expect(faults.contains(.changed(2)) && faults.contains(.changed(3)), "\(faults)")
  }

  @Test func aCutOffLogIsNoticedByItsHeadAtTheNextStartToo() throws {
    let (folder, head) = try log()
    attack(folder, "DELETE FROM audit WHERE number > 4; DELETE FROM events WHERE position > 2")
    #expect(try folder.faults() == [], "without the head nobody can know")
    #expect(try folder.faults(head: head) == [.cutOff(after: 4, head: 6)])
    let failure = #expect(throws: StoreError.self) {
      try folder.store().checkAudit(against: head)
    }
    #expect(failure?.reason == .broken)
  }

  @Test func anEventWithoutARowIsNoticed() throws {
    let (folder, _) = try log()
    attack(folder, "DELETE FROM audit WHERE number > 4")
    #expect(try folder.faults() == [.unrecorded(event: 3), .unrecorded(event: 4)])
  }

  @Test func aChangedAndADeletedEventAreNoticed() throws {
    let (folder, head) = try log()
    attack(
      folder,
      "UPDATE events SET payload = '{}' WHERE position = 1; DELETE FROM events WHERE position = 2")
    #expect(try folder.faults(head: head) == [.changedEvent(1), .missingEvent(2)])
  }

  @Test func aLogThatSomebodyWithoutTheKeyHasMadeIsNoticed() throws {
    let (folder, head) = try log()
    let forged = try Folder()
    let otherKey = try #require(AuditKey(Redacted([UInt8](repeating: 8, count: 32))))
    try EventStore(path: forged.database, auditKey: otherKey).append([event(1)])
    #expect(try forged.faults().contains(.changed(1)))
    #expect(throws: StoreError.self) {
      try AuditHead(text: head.text(key: otherKey), key: #require(Folder.key))
    }
    #expect(try folder.faults(head: head) == [])
  }

  @Test func theFirstOpeningAloneHasANewLog() throws {
    let folder = try Folder()
    #expect(try folder.store().auditIsNew)
    #expect(try !folder.store().auditIsNew)
  }

  // MARK: The head's file

  @Test func theOperatorsWordIsSignedAsThat() throws {
    let (folder, head) = try log()
    let file = AuditHeadFile(path: folder.path + "/head", key: try #require(Folder.key))
    try file.write(head.accepted)
    #expect(try file.read()?.isAccepted == true)
    let forged = head.text(key: try #require(Folder.key))
      .replacing("\"signature\"", with: "\"accepted\":true,\"signature\"")
    try folder.write(Array(forged.utf8), to: "head")
    #expect(throws: StoreError.self) { try file.read() }
  }

  @Test func theHeadIsKeptInAFileOfItsOwnersAlone() throws {
    let (folder, head) = try log()
    let file = AuditHeadFile(path: folder.path + "/head", key: try #require(Folder.key))
    #expect(try file.read() == nil)
    try file.write(head)
    try file.write(head)
    #expect(try file.read() == head)
    #expect(folder.mode("head") == 0o600)
    #expect(!folder.files.contains("head.new"))
    try folder.store().checkAudit(against: head)
  }

  @Test func aForgedHeadIsRefused() throws {
    let (folder, head) = try log()
    let key = try #require(Folder.key)
    let file = AuditHeadFile(path: folder.path + "/head", key: key)
    for text in ["", "{}", head.text(key: key).replacing("\"rows\":6", with: "\"rows\":4")] {
      try folder.write(Array(text.utf8), to: "head")
      #expect(throws: StoreError.self) { try file.read() }
    }
  }

  @Test func rowsAfterTheHeadAreHeldToItAtStart() throws {
    let folder = try Folder()
    let store = try folder.store()
    try store.append([event(1), event(2)])
    let head = store.auditHead
    try store.append([event(3), event(4)])
    try store.checkAudit(against: head)
    attack(folder, "UPDATE audit SET author = 'per_z' WHERE number = 3")
    #expect(throws: StoreError.self) { try folder.store().checkAudit(against: head) }
  }

  // MARK: Cutting

  @Test func oldRowsAreCutOffBehindASignedCheckpoint() throws {
    let (folder, head) = try log()
    let store = try folder.store()
    let now = WallTime(milliseconds: 10_000)
    // Rows 1 to 4 are of the first two seconds; row 3 is older than the one before it.
    #expect(try store.cutAudit(before: WallTime(milliseconds: 2_500), at: now) == 4)
    #expect(try store.cutAudit(before: WallTime(milliseconds: 2_500), at: now) == 0)
    #expect(try folder.faults(head: head) == [])
    try store.checkAudit(against: head)
    try folder.store().append([event(5)])
    #expect(try folder.faults(head: folder.store().auditHead) == [])
    var rows: [AuditRow] = []
    try AuditReader(path: folder.database).read(AuditReader.Query()) { rows.append($0) }
    #expect(rows.map(\.number) == [5, 6, 7, 8])
    #expect(rows[2].action == "audit.cut")
    #expect(rows[2].subject == "4")
  }

  @Test func rowsThatAreCutOffInFrontByHandAreNoticed() throws {
    let (folder, head) = try log()
    attack(folder, "DELETE FROM audit WHERE number <= 2")
    #expect(try folder.faults(head: head).contains(.missing(1...2)))
    attack(
      folder, "INSERT INTO audit_checkpoints SELECT 2, 0, zeroblob(32), zeroblob(32)")
    #expect(try folder.faults(head: head).contains(.badCheckpoint(2)))
  }

  @Test(arguments: [2, 6, 9])
  func aForgedCheckpointIsNoticedAtTheNextStart(number: Int) throws {
    let (folder, head) = try log()
    attack(
      folder,
      """
      INSERT INTO audit_checkpoints SELECT \(number), 0, zeroblob(32), zeroblob(32);
      DELETE FROM audit WHERE number <= \(number);
      """)
    let failure = #expect(throws: StoreError.self) {
      try folder.store().checkAudit(against: head)
    }
    #expect(failure?.reason == .broken)
  }

  @Test func aHeadOfBeforeTheCutHoldsWhatIsLeftToTheCheckpoint() throws {
    let (folder, _) = try log()
    let store = try folder.store()
    let old = try AuditHead(
      text: AuditReader(path: folder.database).head(key: #require(Folder.key))
        .text(key: #require(Folder.key)), key: #require(Folder.key))
    try store.cutAudit(before: WallTime(milliseconds: 10_000), at: WallTime(milliseconds: 20_000))
    try store.append([event(5)])
    try store.checkAudit(against: old)
    attack(folder, "UPDATE audit SET author = 'per_z' WHERE number = 8")
    #expect(throws: StoreError.self) { try folder.store().checkAudit(against: old) }
  }

  @Test func aCheckpointIsForItsPlaceAlone() throws {
    let (folder, _) = try log()
    let store = try folder.store()
    try store.cutAudit(before: WallTime(milliseconds: 2_500), at: WallTime(milliseconds: 1))
    attack(folder, "DELETE FROM audit WHERE number <= 5; UPDATE audit_checkpoints SET number = 5")
    #expect(try folder.faults(head: store.auditHead).contains(.badCheckpoint(5)))
  }
}
