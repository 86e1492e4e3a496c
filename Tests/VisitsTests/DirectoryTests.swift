import Primitives
import Testing

@testable import Visits

@Suite struct DirectoryTests {
  @Test(arguments: [
    ("anna", ["Anna Berg", "Anna-Karin Åberg"]), ("ANNA BER", ["Anna Berg"]),
    ("berg a", ["Anna Berg"]), ("kar", ["Anna-Karin Åberg"]), ("anna-k", ["Anna-Karin Åberg"]),
    ("å", ["Anna-Karin Åberg", "Åsa Öst"]), ("a", ["Anna Berg", "Anna-Karin Åberg"]),
    ("o", ["Ola Nordmann"]), ("ö", ["Åsa Öst"]), ("rené", ["René Sjögren"]),
    ("rene", ["René Sjögren"]), ("SJÖ", ["René Sjögren"]), ("sjo", []), ("erg", []),
    ("ren\u{E9}", ["René Sjögren"]), ("rene\u{301}", ["René Sjögren"]),
    ("a\u{30A}s", ["Åsa Öst"]), ("", []), (" - ", []), ("anna ola", []),
  ])
  func searchFindsAsASwedeExpects(query: String, found: [String]) {
    #expect(Self.clinic.people(matching: query).compactMap { $0.name?.value } == found)
  }

  @Test func searchAnswersWithSoManyAtMost() {
    #expect(Self.clinic.people(matching: "a", limit: 1).count == 1)
    #expect(Self.clinic.people(matching: "a", limit: 0).isEmpty)
    #expect(Self.clinic.people(matching: String(repeating: "a", count: 201)).isEmpty)
    var crowd = Self.clinic
    for number in 0..<Limits.directoryMatches + 1 {
      crowd.apply(.setPerson(Self.person("per_c\(number)", "Cecilia", "Nr \(number)", "uni_eye")))
    }
    #expect(crowd.people(matching: "cec", limit: 1_000).count == Limits.directoryMatches)
  }

  @Test func whoIsNamedAnewIsFoundByTheNewNameOnly() {
    var directory = Self.clinic
    directory.apply(.setPerson(Self.person("per_ab", "Anna", "Zorn", "uni_eye")))
    #expect(directory.people(matching: "berg").isEmpty)
    #expect(directory.people(matching: "zorn").map(\.id) == [named("per_ab")])
    directory.apply(.removePerson(named("per_ab")))
    #expect(directory.people(matching: "zorn").isEmpty)
  }

  @Test func theTreeGoesFromUnitToRoleToPerson() {
    let directory = Self.clinic
    func names(_ node: DirectoryNode?) -> [String] {
      directory.nodes(below: node).map { directory.name(of: $0)?.value ?? "?" }
    }
    #expect(names(nil) == ["Akuten", "Ögon"])
    #expect(names(.unit(named("uni_eye"))) == ["Ögon Syd", "läkare", "sjuksköterska"])
    #expect(names(.role(named("uni_eye"), "läkare")) == ["René Sjögren", "Anna-Karin Åberg"])
    #expect(names(.role(named("uni_eye"), "tandläkare")) == [])
    #expect(names(.person(named("per_ab"))) == [])
    #expect(directory.name(of: .unit(named("uni_gone"))) == nil)
  }

  @Test(arguments: ["uni_eye", "uni_eye/läkare", "uni_eye/a/b", "per_ab"])
  func aNodeIsReadBackFromItsText(text: String) {
    #expect(DirectoryNode(text)?.text == text)
  }

  @Test(arguments: ["", "eye", "vis_a", "/läkare", "per_ab/läkare"])
  func whatNamesNoNodeIsNone(text: String) {
    #expect(DirectoryNode(text) == nil)
  }

  @Test func aChangeThatDoesNotFitIsRefusedWithTheField() {
    func refusal(_ change: DirectoryChange) -> Refusal? {
      do {
        try Self.clinic.check(change)
        return nil
      } catch {
        return error
      }
    }
    func unit(_ id: String, _ name: String = "A", below parent: String? = nil) -> DirectoryChange {
      .setUnit(DirectoryUnit(id: named(id), name: name, parent: parent.map { named($0) }))
    }
    #expect(refusal(unit("uni_new", "")) == Refusal(.badArgument, field: "name"))
    #expect(refusal(unit("uni_new", below: "uni_no")) == Refusal(.unitNotFound, field: "parent"))
    #expect(refusal(unit("uni_eye", below: "uni_eye")) == Refusal(.badArgument, field: "parent"))
    #expect(refusal(unit("uni_eye", below: "uni_south")) == Refusal(.badArgument, field: "parent"))
    #expect(refusal(.removeUnit(named("uni_eye"))) == Refusal(.unitNotEmpty, field: "unit"))
    #expect(refusal(.removeUnit(named("uni_no"))) == Refusal(.unitNotFound, field: "unit"))
    #expect(refusal(.removeUnit(named("uni_south"))) == nil)
    #expect(refusal(.removePerson(named("per_no"))) == Refusal(.personNotFound, field: "person"))
    #expect(
      refusal(.setPerson(Self.person("per_x", "A", "B", "uni_no")))
        == Refusal(.unitNotFound, field: "unit"))
    #expect(
      refusal(.setPerson(Self.person("per_x", "", "B", "uni_eye")))
        == Refusal(.badArgument, field: "given_name"))
  }

  @Test func onlyTheClinicsOwnBackEndChangesTheDirectoryAndOnlyWhatDiffers() throws {
    var scene = try Scene()
    let changes = Command.changeDirectory(scene.clinic, Self.changes)
    #expect(scene.refusal(of: changes, by: scene.staff(scene.anna)) == .notPermitted)
    #expect(
      scene.refusal(of: changes, by: .backEnd(named("cli_other"), key: "k")) == .clinicNotFound)
    let backEnd = Actor.backEnd(scene.clinic, key: "k")
    #expect(try scene.perform(changes, by: backEnd).count == Self.changes.count)
    #expect(try scene.perform(changes, by: backEnd) == [])
    #expect(scene.ledger.clinics[scene.clinic]?.directory == Self.clinic)
    let restored = try VisitLedger(restoring: scene.log, at: scene.now)
    #expect(restored.clinics[scene.clinic]?.directory == Self.clinic)
  }

  @Test func ofSeveralChangesAllAreMadeOrNone() throws {
    var scene = try Scene()
    let changes = Self.changes + [.removeUnit(named("uni_no"))]
    #expect(
      scene.refusal(of: .changeDirectory(scene.clinic, changes), by: .system) == .unitNotFound)
    #expect(scene.ledger.clinics[scene.clinic]?.directory == StaffDirectory())
    let many = Array(
      repeating: DirectoryChange.removeUnit(named("uni_no")), count: Limits.directoryChanges + 1)
    #expect(scene.refusal(of: .changeDirectory(scene.clinic, many), by: .system) == .tooMany)
  }

  @Test func peopleAreSortedByTheSwedishAlphabetHoweverTheirLettersAreComposed() {
    let names = ["Öst", "Ärlig", "A\u{30A}berg", "Zorn", "Ek", "Écu", "Aas"]
    let people = names.map { Self.person("per_\($0.utf8.count)", "Kim", $0, "uni_eye") }
    #expect(
      StaffDirectory.sorted(people).map { $0.familyName?.value }
        == ["Aas", "Écu", "Ek", "Zorn", "Åberg", "Ärlig", "Öst"])
  }

  @Test func noNameIsPrintedWithTheDirectory() {
    #expect(!"\(Self.clinic)".contains("Berg") && !"\(Self.clinic)".contains("berg"))
  }

  @Test func whoWorksHereNoMoreLeavesNoName() {
    let stored = EventTests.event(.directoryChanged(.removePerson(named("per_a")))).stored(at: 1)
    #expect(
      stored.personal
        == PersonalRecord(
          owner: .clinic(named("cli_a")), subject: "per_a", fields: Redacted(.object([]))))
  }

  // MARK: A clinic

  static func person(
    _ id: String, _ given: String, _ family: String, _ unit: String, _ role: String = "läkare"
  ) -> DirectoryPerson {
    DirectoryPerson(
      id: named(id), givenName: Redacted(given), familyName: Redacted(family),
      title: Redacted("Titel"), unit: named(unit), role: role)
  }

  static let changes: [DirectoryChange] = [
    .setUnit(DirectoryUnit(id: named("uni_eye"), name: "Ögon")),
    .setUnit(DirectoryUnit(id: named("uni_now"), name: "Akuten")),
    .setUnit(DirectoryUnit(id: named("uni_south"), name: "Ögon Syd", parent: named("uni_eye"))),
    .setPerson(person("per_ab", "Anna", "Berg", "uni_now")),
    .setPerson(person("per_ak", "Anna-Karin", "Åberg", "uni_eye")),
    .setPerson(person("per_os", "Åsa", "Öst", "uni_eye", "sjuksköterska")),
    .setPerson(person("per_on", "Ola", "Nordmann", "uni_now")),
    .setPerson(person("per_rs", "René", "Sjögren", "uni_eye")),
  ]

  static let clinic: StaffDirectory = {
    var directory = StaffDirectory()
    for change in changes { directory.apply(change) }
    return directory
  }()
}
