import Engine
import Primitives
import Testing
import Visits

@Suite struct ControlAuditTests {
  @Test func aRefusedTokenIsPutOnRecordWithItsReasonAndWithoutIt() throws {
    var bench = try ControlBench()
    let connection = bench.connect()
    bench.call(connection, "session.open", ["token": "PLANTED.PLANTED.PLANTED"])
    let entry = try #require(bench.audited.first)
    #expect(bench.audited.count == 1)
    #expect(entry.action == "session.refused")
    #expect(entry.author == nil)
    #expect(!"\(entry)".contains("PLANTED"))
    #expect(entry.outcome.contains("token"))
  }

  @Test func aFloodOfRefusalsIsCountedAndNotListed() throws {
    var bench = try ControlBench()
    let connection = bench.connect()
    for _ in 0..<40 { bench.call(connection, "session.open", ["invite": "inv_x.1.x"]) }
    #expect(bench.audited.count == Limits.refusalsListedPerSecond)
    bench.pass(.seconds(1))
    bench.call(connection, "session.open", ["invite": "inv_x.1.x"])
    let outcomes = bench.audited.dropFirst(Limits.refusalsListedPerSecond).map(\.outcome)
    #expect(outcomes == ["unlisted_\(40 - Limits.refusalsListedPerSecond)", "invite_refused"])
  }
}
