import Primitives
import Testing

@testable import Visits

/// What needs no replay, and that the state is the same without it.
@Suite struct SpentEventsTests {
  @Test func whoCameAndWentLeavesNoTrace() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    let before = scene.log.count
    for number in 0..<5 {
      let id = "par_\(number)"
      let identity = try scene.link(scene.generalLink, session: "\(number)")
      try scene.perform(.join(as: named(id)), by: identity)
      try scene.perform(.admit(named(id)), by: anna)
      try scene.perform(.mute(named(id), true), by: anna)
      try scene.perform(
        .leave, by: try scene.link(scene.generalLink, session: "\(number)", as: id))
    }
    let needed = try needed(of: scene)
    #expect(scene.log.count >= before + 20)
    // That somebody has come by the link is known by one of them.
    #expect(needed.count <= before + 5, "\(needed.map { $0.payload["type"]?.string ?? "" })")
  }

  @Test func whoIsHereOrBarredOrMayRateIsNeeded() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    try scene.perform(.admit(named("par_pia")), by: anna)
    try scene.linkJoins(as: "par_ivan")
    try scene.perform(.admit(named("par_ivan")), by: anna)
    try scene.perform(.remove(named("par_ivan")), by: anna)
    let open = try VisitLedger(restoring: needed(of: scene), at: scene.now)
    #expect(open.visits[scene.visit]?.barred == [scene.ivan])
    #expect(open.visits[scene.visit]?.roster.count == 2)

    try scene.perform(.endCall, by: anna)
    let ended = try VisitLedger(restoring: needed(of: scene), at: scene.now)
    let call = try #require(ended.visits[scene.visit]?.pastCalls.first)
    #expect(Set(call.attendees.keys) == [scene.anna, scene.pia])
  }

  @Test func whatIsNeededStaysNeeded() throws {
    var scene = try Scene()
    for number in 0..<3 {
      let staff = "par_anna\(number)"
      try scene.perform(
        .startCall(named("cal_\(number)"), as: named(staff)), by: scene.staff(scene.anna))
      try scene.perform(.endCall, by: scene.staff(scene.anna, as: staff))
      let once = try needed(of: scene)
      scene.log = once
      #expect(try needed(of: scene) == once)
    }
  }

  @Test func aLogThatContradictsItselfIsRefused() throws {
    var scene = try Scene()
    try scene.annaStarts()
    let log = scene.log.filter { $0.payload["type"]?.string != "call.started" }
    #expect(throws: RestoreError.self) {
      try VisitLedger.spentEvents(in: log.filter { $0.visit != nil })
    }
  }

  /// The log without what is spent; it leads to the same state.
  private func needed(of scene: Scene) throws -> [StoredEvent] {
    let spent = Set(try VisitLedger.spentEvents(in: scene.log.filter { $0.visit != nil }))
    let needed = scene.log.filter { !spent.contains($0.position) }
    #expect(
      try VisitLedger(restoring: needed, at: scene.now)
        == VisitLedger(restoring: scene.log, at: scene.now))
    return needed
  }
}
