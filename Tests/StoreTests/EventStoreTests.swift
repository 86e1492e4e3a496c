import CDatabase
import Glibc
import Primitives
import Store
import Testing
import Visits

@Suite struct EventStoreTests {
  @Test func whatIsAppendedIsLoadedInOrder() throws {
    let folder = try Folder()
    let store = try folder.store()
    #expect(try store.load() == [])
    try store.append([event(1), event(2, name: "Pia")])
    try store.append([])
    try store.append([event(3, visit: nil)])
    #expect(store.position == 3)
    #expect(try store.load() == [event(1), event(2, name: "Pia"), event(3, visit: nil)])
  }

  @Test func aStoreThatIsOpenedAgainGoesOnWhereItWas() throws {
    let folder = try Folder()
    do { try folder.store().append([event(1), event(2)]) }
    let store = try folder.store()
    #expect(store.position == 2)
    try store.append([event(3)])
    #expect(try folder.store().load().map(\.position) == [1, 2, 3])
  }

  @Test func theNewestPersonalFieldsStandForAllOfASubject() throws {
    let folder = try Folder()
    let store = try folder.store()
    try store.append([event(1, name: "Old"), event(2, name: "New")])
    try store.append([event(3, visit: "vis_b", name: "Other")])
    let names = try store.load().map { $0.personal?.fields.value["name"]?.string }
    #expect(names == ["New", "New", "Other"])
  }

  @Test func aVisitComesBackFromTheDiskAsItWas() throws {
    let folder = try Folder()
    let now = Moment(instant: .origin, wall: WallTime(milliseconds: 1_800_000_000_000))
    var ledger = VisitLedger()
    let store = try folder.store()
    let clinic = try #require(ClinicID("cli_a"))
    let draft = VisitDraft(
      id: visit("vis_a"), clinic: clinic, type: "videobesök",
      details: VisitDetails(heading: Redacted("Hudutslag")), scheduled: now.wall + .hours(1),
      responsible: PersonRecord(id: try #require(PersonID("per_a")), name: Redacted("Anna")),
      invites: [InviteDraft(id: try #require(InviteID("inv_a")), recipient: .anybody)])
    for command in [
      Command.createClinic(clinic, name: "Vårdcentralen", settings: ClinicSettings()),
      .createVisit(draft),
    ] {
      let events = try ledger.decide(command, by: .system, at: now)
      let base = store.position + 1
      try store.append(events.enumerated().map { $1.stored(at: base + UInt64($0)) })
      for event in events { ledger.apply(event) }
    }
    let loaded = try folder.store().load()
    #expect(try VisitLedger(restoring: loaded, at: now) == ledger)
  }

  @Test func aKilledProcessLosesNothingThatAppendReturnedFor() throws {
    let folder = try Folder()
    let store = try folder.store()
    var batches: [Int] = [0]
    for _ in 0..<12 {
      let first = Int(store.position) + 1
      try store.append((first..<first + 3).map { event($0, name: "Name \($0)") })
      batches.append(Int(store.position))
    }
    let log = folder.read("samtal.db-wal")
    let database = folder.read("samtal.db")
    #expect(log.count > 10_000)

    // As the files stand, while the process is still there.
    #expect(try reopened(database, log).map(\.position).count == 36)
    // With the log cut anywhere, as if the last writes had not happened: whole batches, in order.
    var counts: [Int] = []
    for length in stride(from: 0, through: log.count, by: 1_999) {
      let events = try reopened(database, Array(log.prefix(length)))
      #expect(batches.contains(events.count), "cut at \(length)")
      #expect(events.map(\.position) == Array(1..<UInt64(events.count) + 1))
      counts.append(events.count)
    }
    #expect(counts == counts.sorted())
  }

  @Test func everyFileOfTheDatabaseIsTheOwnersAlone() throws {
    let folder = try Folder()
    let former = umask(0)
    defer { umask(former) }
    let store = try folder.store()
    try store.append([event(1)])
    #expect(folder.files.contains("samtal.db-wal"))
    for file in folder.files { #expect(folder.mode(file) == 0o600, "\(file)") }
  }

  @Test(arguments: ["samtal.db", "samtal.db-wal"], [0o640, 0o604, 0o660] as [UInt32])
  func aDatabaseThatOthersCanReadIsNotOpened(file: String, mode: UInt32) throws {
    let folder = try Folder()
    let store = try folder.store()
    try store.append([event(1)])
    chmod("\(folder.path)/\(file)", mode)
    #expect(refusal(of: folder)?.reason == .exposed)
    #expect(refusal(of: folder)?.message.contains(String(mode, radix: 8)) == true)
  }

  @Test func aLinkToADatabaseIsNotOpened() throws {
    let folder = try Folder()
    _ = try folder.store()
    rename(folder.database, folder.path + "/elsewhere")
    symlink(folder.path + "/elsewhere", folder.database)
    #expect(refusal(of: folder)?.reason == .cannotOpen)
  }

  @Test func whatIsNotOurDatabaseIsNotTouched() throws {
    let folder = try Folder()
    folder.tamper("CREATE TABLE others (a)")
    chmod(folder.database, 0o600)
    #expect(refusal(of: folder)?.reason == .foreign)
    let text = try Folder()
    try text.write(Array(String(repeating: "no database ", count: 100).utf8), to: "samtal.db")
    #expect(refusal(of: text)?.reason == .foreign)
  }

  @Test func aNewerDatabaseIsNotTouched() throws {
    let folder = try Folder()
    do { _ = try folder.store() }
    folder.tamper("PRAGMA user_version = 99")
    #expect(refusal(of: folder)?.reason == .foreign)
    #expect(refusal(of: folder)?.message.contains("99") == true)
  }

  @Test func aDamagedRowIsNamedByItsPosition() throws {
    let damages = [
      ("payload = '{\"a\":'", "event 2: its payload: a value is missing at byte 5"),
      ("payload = CAST(x'ff' AS TEXT)", "event 2: its payload is not text"),
      ("visit = 'somewhere'", "event 2: its visit is no identifier"),
    ]
    for (damage, message) in damages {
      let folder = try Folder()
      do { try folder.store().append([event(1), event(2), event(3)]) }
      folder.tamper("DROP TRIGGER events_are_not_changed")
      #expect(folder.tamper("UPDATE events SET \(damage) WHERE position = 2") == SQLITE_OK)
      let store = try folder.store()
      #expect(throws: StoreError(reason: .corrupt, message: message)) { try store.load() }
    }
  }

  @Test func aMissingEventIsNoticedAtTheNextStart() throws {
    for damage in ["DELETE FROM events", "UPDATE events SET position = 9"] {
      let folder = try Folder()
      do { try folder.store().append([event(1), event(2)]) }
      folder.tamper("DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_deleted")
      #expect(folder.tamper("\(damage) WHERE position = 1") == SQLITE_OK)
      #expect(refusal(of: folder)?.reason == .corrupt)
    }
  }

  @Test func aDamagedFileIsNotOpened() throws {
    let folder = try Folder()
    do {
      let store = try folder.store()
      try store.append((1...200).map { event($0, name: "Name \($0)") })
    }
    var bytes = folder.read("samtal.db")
    #expect(bytes.count > 16_384)
    for index in 4_096..<bytes.count where index % 4_096 < 200 { bytes[index] ^= 0x5A }
    try folder.write(bytes, to: "samtal.db")
    #expect(refusal(of: folder)?.reason == .corrupt)
  }

  @Test func theLogIsAppendOnlyInTheDatabaseToo() throws {
    let folder = try Folder()
    do { try folder.store().append([event(1)]) }
    #expect(folder.tamper("UPDATE events SET at = 0") != SQLITE_OK)
    #expect(folder.tamper("DELETE FROM events") != SQLITE_OK)
    #expect(try folder.store().load() == [event(1)])
  }

  @Test func aFailedAppendStoresNothingAndTheStoreGoesOn() throws {
    let folder = try Folder()
    let store = try folder.store()
    try store.append([event(1)])
    folder.tamper(
      """
      CREATE TRIGGER full BEFORE INSERT ON events WHEN new.position = 3
        BEGIN SELECT raise(ABORT, 'no'); END
      """)
    #expect(throws: StoreError.self) { try store.append([event(2), event(3)]) }
    #expect(store.position == 1)
    folder.tamper("DROP TRIGGER full")
    try store.append([event(2), event(3)])
    #expect(try store.load().map(\.position) == [1, 2, 3])
  }

  @Test func errorsDoNotQuoteWhatWasToBeStored() throws {
    let folder = try Folder()
    let store = try folder.store()
    folder.tamper(
      "CREATE TRIGGER no BEFORE INSERT ON personal BEGIN SELECT raise(ABORT, 'PLANTED'); END")
    do {
      try store.append([event(1, name: "PLANTED")])
      Issue.record("not refused")
    } catch {
      #expect(!error.description.contains("PLANTED"))
    }
  }

  // MARK: Opening

  /// Why the database in a folder is not opened; nil where it is.
  private func refusal(of folder: Folder) -> StoreError? {
    do {
      _ = try folder.store()
      return nil
    } catch {
      return error
    }
  }

  /// What a new process finds in copies of the files.
  private func reopened(_ database: [UInt8], _ log: [UInt8]) throws -> [StoredEvent] {
    let folder = try Folder()
    try folder.write(database, to: "samtal.db")
    try folder.write(log, to: "samtal.db-wal")
    return try folder.store().load()
  }
}
