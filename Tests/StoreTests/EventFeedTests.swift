import Primitives
import Store
import Testing
import Visits

@Suite struct EventFeedTests {
  private let north = ClinicID("cli_north")
  private let south = ClinicID("cli_south")

  private func created(_ position: Int, _ id: String, in clinic: ClinicID?) -> StoredEvent {
    StoredEvent(
      position: UInt64(position), at: WallTime(milliseconds: Int64(position)), visit: visit(id),
      payload: ["type": "visit.created", "clinic": .string(clinic?.text ?? "")],
      personal: PersonalRecord(
        owner: .visit(visit(id)), subject: id, fields: Redacted(["heading": "PLANTED"])))
  }

  private func settings(_ position: Int, _ clinic: ClinicID?, webhook: String?) -> StoredEvent {
    StoredEvent(
      position: UInt64(position), at: WallTime(milliseconds: 0), visit: nil,
      payload: [
        "type": "clinic.settings_changed", "clinic": .string(clinic?.text ?? ""),
        "settings": ["webhook": webhook.map(JSON.string) ?? .null],
      ])
  }

  @Test func aClinicIsToldOfItsOwnVisitsInOrder() throws {
    let (north, south) = (try #require(north), try #require(south))
    let folder = try Folder()
    let store = try folder.store()
    try store.append([
      created(1, "vis_a", in: north), created(2, "vis_b", in: south), event(3, visit: "vis_a"),
      event(4, visit: nil), event(5, visit: "vis_b"), event(6, visit: "vis_a"),
    ])
    let feed = try EventFeed(path: folder.database)
    let all = try feed.events(of: north, after: 0, most: 100)
    #expect(all.events.map(\.position) == [1, 3, 6])
    #expect(all.events.map(\.sequence) == [1, 2, 3])
    #expect(all.events.allSatisfy { $0.visit.text == "vis_a" })
    #expect(!"\(all.events)".contains("PLANTED"))
    #expect(all.through == 6)
    #expect(try feed.events(of: south, after: 2, most: 100).events.map(\.sequence) == [2])
    // A part that has nothing for the clinic is passed over.
    let part = try feed.events(of: north, after: 3, most: 2)
    #expect(part.events == [] && part.through == 5)
    #expect(try feed.events(of: north, after: 6, most: 2).through == 6)
  }

  @Test func whatIsAppendedWhileItReadsIsSeenNext() throws {
    let north = try #require(north)
    let folder = try Folder()
    let store = try folder.store()
    let feed = try EventFeed(path: folder.database)
    try store.append([created(1, "vis_a", in: north)])
    #expect(try feed.events(of: north, after: 0, most: 8).events.count == 1)
    try store.append([event(2, visit: "vis_a")])
    #expect(try feed.events(of: north, after: 1, most: 8).events.map(\.position) == [2])
    #expect(try store.load().count == 2)
  }

  @Test func aWebhookBeginsWhereItWasSetUp() throws {
    let (north, south) = (try #require(north), try #require(south))
    let folder = try Folder()
    let store = try folder.store()
    try store.append([
      settings(1, north, webhook: "https://a.example/"), settings(2, north, webhook: nil),
      settings(3, north, webhook: "https://a.example/"), settings(4, south, webhook: nil),
      settings(5, north, webhook: "https://b.example/"),
    ])
    let feed = try EventFeed(path: folder.database)
    #expect(try feed.position(of: north) == 3)
    #expect(try feed.position(of: south) == 0)
  }

  @Test func howFarAWebhookHasComeOutlivesTheProcess() throws {
    let north = try #require(north)
    let folder = try Folder()
    let store = try folder.store()
    try store.append([settings(1, north, webhook: "https://a.example/")])
    do {
      let feed = try EventFeed(path: folder.database)
      try feed.note(17, of: north)
      try feed.note(18, of: north)
    }
    let feed = try EventFeed(path: folder.database)
    #expect(try feed.position(of: north) == 18)
    // Set up anew after a break, it begins there.
    try store.append([
      settings(2, north, webhook: nil), settings(3, north, webhook: "https://a.example/"),
    ])
    #expect(try feed.position(of: north) == 18)
    try feed.note(2, of: north)
    #expect(try feed.position(of: north) == 3)
  }
}
