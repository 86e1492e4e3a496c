import Delivery
import Foundation
import Primitives
import Security
import Store
import Testing
import Visits

@testable import samtald

@Suite struct WebhookTellerTests {
  /// A database with one clinic that has a webhook, and what its back end is told.
  private final class Bench {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "samtal-\(UUID().uuidString)")
    let store: EventStore
    let clinic: ClinicID
    let key = Redacted([UInt8](repeating: 5, count: 32))
    var teller: WebhookTeller
    var now = Instant(nanoseconds: 1)
    /// Bodies of the calls that were made, and of those that were taken.
    var told: [JSON] = []
    var taken: [JSON] = []
    var outcome = DeliveryOutcome.sent

    var path: String { folder.appending(path: "samtal.db").path }
    var targets: [ClinicID: WebhookLine.Target] {
      [clinic: WebhookLine.Target(url: "https://a.example/", key: key)]
    }

    init() throws {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      clinic = try #require(ClinicID("cli_a"))
      let path = folder.appending(path: "samtal.db").path
      store = try EventStore(
        path: path, auditKey: try #require(AuditKey(Redacted([UInt8](repeating: 7, count: 32)))))
      teller = WebhookTeller(try EventFeed(path: path), RandomSource(seed: 1))
      try append(nil, "clinic.settings_changed", ["settings": ["webhook": "https://a.example/"]])
      try append("vis_a", "visit.created", ["clinic": "cli_a"])
      teller.take(targets)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func append(_ visit: String?, _ type: String, _ details: JSON = [:]) throws {
      var members: [JSON.Member] = [
        .init("version", 1), .init("type", .string(type)), .init("by", "system"),
      ]
      if visit == nil { members.append(.init("clinic", .string(clinic.text))) }
      try store.append([
        StoredEvent(
          position: store.position + 1, at: WallTime(milliseconds: 7_000),
          visit: visit.flatMap { VisitID($0) }, payload: .object(members + (details.members ?? [])))
      ])
    }

    /// Makes every call that is due, with the outcome that is set.
    func run() throws {
      while let (clinic, call) = teller.calls(through: store.position, at: now).first {
        let body = try JSON(parsing: call.body)
        told.append(body)
        if outcome == .sent { taken.append(body) }
        teller.handle(outcome, of: clinic, at: now)
      }
    }

    /// The process dies and comes back.
    func restart() throws {
      teller = WebhookTeller(try EventFeed(path: path), RandomSource(seed: 2))
      teller.take(targets)
    }
  }

  @Test func aBackEndIsToldOpaqueFactsInOrder() throws {
    let bench = try Bench()
    try bench.append("vis_b", "visit.created", ["clinic": "cli_other"])
    try bench.append("vis_a", "participant.arrived", ["participant": "par_x"])
    try bench.append("vis_b", "visit.started")
    try bench.append("vis_a", "participant.departed", ["participant": "par_x"])
    try bench.run()
    #expect(
      bench.taken.map { $0["type"]?.string } == [
        "visit.created", "participant.arrived", "participant.departed",
      ])
    #expect(bench.taken.map { $0["sequence"]?.integer } == [1, 2, 3])
    #expect(Set(bench.taken.map { $0["id"]?.string }).count == 3)
    #expect(
      bench.taken[1]
        == [
          "id": bench.taken[1]["id"] ?? .null, "type": "participant.arrived", "at": 7_000,
          "clinic": "cli_a", "visit": "vis_a", "sequence": 2, "by": "system",
          "details": ["participant": "par_x"],
        ])
  }

  @Test func nothingIsLostOrToldAnewWhereTheProcessDies() throws {
    let bench = try Bench()
    var random = RandomSource(seed: 20)
    for step in 0..<300 {
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bench.outcome = .deferred(.unreachable, notBefore: nil)
      case 1, 2: bench.outcome = .sent
      case 3: try bench.restart()
      default: try bench.append("vis_a", "step", ["number": .integer(Int64(step))])
      }
      bench.now += .minutes(11)
      try bench.run()
    }
    bench.outcome = .sent
    bench.now += .minutes(11)
    try bench.run()
    let sequence = bench.taken.compactMap { $0["sequence"]?.integer }
    #expect(sequence == Array(1...Int64(sequence.count)), "seed 20")
    #expect(sequence.count == Int(bench.store.position) - 1)
    #expect(bench.told.count > bench.taken.count)
  }

  @Test func anAnswerThatWasNotHeardIsAskedForAgainUnderTheSameName() throws {
    let bench = try Bench()
    let first = bench.teller.calls(through: bench.store.position, at: bench.now)
    #expect(first.count == 1)
    try bench.restart()
    let second = bench.teller.calls(through: bench.store.position, at: bench.now)
    #expect(first.map(\.1) == second.map(\.1))
  }

  @Test func aWebhookThatWasSwitchedOffMissesWhatHappenedMeanwhile() throws {
    let bench = try Bench()
    try bench.run()
    try bench.append(nil, "clinic.settings_changed", ["settings": ["webhook": nil]])
    bench.teller.take([:])
    try bench.append("vis_a", "missed")
    try bench.append(
      nil, "clinic.settings_changed", ["settings": ["webhook": "https://b.example/"]])
    try bench.append("vis_a", "told")
    bench.teller.take(bench.targets)
    try bench.run()
    #expect(bench.taken.map { $0["type"]?.string } == ["visit.created", "told"])
  }
}
