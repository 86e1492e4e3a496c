import Primitives
import Store
import Testing
import Visits

@Suite struct TidyingTests {
  // MARK: What is not replayed

  @Test func aStartAfterTidyingComesToTheStateOfAllEvents() throws {
    var clinic = try StoredClinic()
    for number in 1...4 {
      try clinic.book(visit("vis_\(number)"))
      for _ in 0..<number { try clinic.call(in: visit("vis_\(number)"), strangers: 3) }
    }
    try clinic.call(in: visit("vis_4"), strangers: 2, isOver: false)
    let all = try clinic.restarted()
    try clinic.tidy()
    let tidied = try clinic.restarted()
    #expect(tidied.ledger == all.ledger)
    #expect(all.events == Int(clinic.store.position))
    #expect(tidied.events < all.events / 2, "\(tidied.events) of \(all.events)")

    // The tail after it is replayed on top.
    try clinic.call(in: visit("vis_1"), strangers: 1)
    try clinic.give(.visit(visit("vis_1"), .close))
    let later = try clinic.restarted()
    #expect(later.ledger.visits[visit("vis_1")]?.state == .closed)
    try clinic.tidy()
    #expect(try clinic.restarted().ledger == later.ledger)
    #expect(try clinic.folder.faults(head: clinic.store.auditHead) == [])
  }

  @Test func aVisitWithManyCallsIsReplayedByWhatIsLeftOfThem() throws {
    var clinic = try StoredClinic()
    try clinic.book(visit("vis_1"))
    var counts: [Int] = []
    for _ in 0..<6 {
      try clinic.call(in: visit("vis_1"), strangers: 20)
      try clinic.tidy()
      counts.append(try clinic.restarted().events)
    }
    // About the twenty strangers of a call there is nothing left to say.
    let growth = zip(counts.dropFirst(), counts).map { $0 - $1 }
    #expect(growth.allSatisfy { $0 < 15 }, "\(growth)")
  }

  @Test func tidyingGoesOnAfterARestart() throws {
    var clinic = try StoredClinic()
    try clinic.book(visit("vis_1"))
    try clinic.call(in: visit("vis_1"), strangers: 3)
    let all = try clinic.restarted()
    let store = try clinic.folder.store()
    while case .more = try store.tidy() {}
    let tidied = try clinic.restarted()
    #expect(tidied.ledger == all.ledger)
    #expect(tidied.events < all.events)
  }

  // MARK: What is deleted

  @Test func aVisitIsForgottenAfterTheClinicsTimeAndNotBefore() throws {
    var clinic = try StoredClinic()
    try clinic.book(visit("vis_old"), heading: "PLANTEDHEADING", name: "PLANTEDNAME")
    try clinic.book(visit("vis_open"))
    try clinic.call(in: visit("vis_old"), strangers: 2)
    try clinic.give(.visit(visit("vis_old"), .close))
    let retention = ClinicSettings().retention

    clinic.now.wall = clinic.now.wall + retention + .milliseconds(-1)
    #expect(try clinic.give(.forgetVisits).isEmpty)
    #expect(clinic.folder.contains("PLANTEDNAME"))

    clinic.now.wall = clinic.now.wall + .milliseconds(1)
    #expect(try clinic.give(.forgetVisits).map(\.visit) == [visit("vis_old")])
    #expect(try clinic.give(.forgetVisits).isEmpty)
    #expect(clinic.ledger.visits.keys.map(\.text) == ["vis_open"])
    #expect(try clinic.restarted().ledger == clinic.ledger)

    try clinic.tidy()
    for text in ["PLANTEDHEADING", "PLANTEDNAME", "Stranger"] {
      #expect(!clinic.folder.contains(text), "\(text)")
    }
    #expect(try clinic.restarted().ledger == clinic.ledger)
    #expect(try clinic.folder.faults(head: clinic.store.auditHead) == [])
    // What was done stays on record, without a word about whom.
    var actions: [String] = []
    let query = AuditReader.Query(visit: visit("vis_old"))
    try AuditReader(path: clinic.folder.database).read(query) { actions.append($0.action) }
    #expect(actions.first == "visit.created")
    #expect(actions.last == "visit.forgotten")
  }

  @Test func positionsGoOnAfterTheLastVisitIsForgotten() throws {
    var clinic = try StoredClinic()
    try clinic.book(visit("vis_1"))
    try clinic.give(.visit(visit("vis_1"), .cancel))
    clinic.now.wall = clinic.now.wall + .hours(24 * 3_650)
    try clinic.give(.forgetVisits)
    try clinic.tidy()
    let position = clinic.store.position
    #expect(try clinic.folder.store().position == position)
    try clinic.book(visit("vis_2"))
    let restarted = try clinic.restarted()
    #expect(restarted.ledger == clinic.ledger)
    #expect(Array(restarted.ledger.visits.keys) == [visit("vis_2")])
  }

  @Test func whoLeavesTheDirectoryLeavesNoName() throws {
    var clinic = try StoredClinic()
    let unit = identifier("uni_a", UnitKind.self)
    try clinic.give(
      .changeDirectory(
        clinic.clinic,
        [
          .setUnit(DirectoryUnit(id: unit, name: "Huden")),
          .setPerson(
            DirectoryPerson(
              id: clinic.anna, givenName: Redacted("PLANTED"), familyName: Redacted("Berg"),
              title: nil, unit: unit, role: "läkare")),
        ]))
    #expect(clinic.folder.contains("PLANTED"))
    #expect(try clinic.restarted().ledger == clinic.ledger)
    try clinic.give(.changeDirectory(clinic.clinic, [.removePerson(clinic.anna)]))
    try clinic.tidy()
    #expect(!clinic.folder.contains("PLANTED"))
    #expect(try clinic.restarted().ledger == clinic.ledger)
  }

  @Test func aReaderOfAnOlderStatePutsClearingOff() throws {
    var clinic = try StoredClinic()
    try clinic.book(visit("vis_1"), name: "PLANTED")
    try clinic.give(.visit(visit("vis_1"), .cancel))
    clinic.now.wall = clinic.now.wall + .hours(24 * 3_650)
    let reader = try clinic.folder.openReader()
    try clinic.give(.forgetVisits)
    while case .more = try clinic.store.tidy() {}
    #expect(try clinic.store.tidy() == .waiting)
    #expect(clinic.folder.contains("PLANTED"))
    reader.close()
    #expect(try clinic.store.tidy() == .done)
    #expect(!clinic.folder.contains("PLANTED"))
  }
}
