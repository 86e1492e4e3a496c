import Engine
import Primitives
import Testing
import Visits

@Suite struct ControlRetentionTests {
  @Test func nothingIsLeftOfAVisitAfterItsClinicsTime() throws {
    var bench = try ControlBench()
    let secret = try #require(bench.plane.inviteSecret(for: bench.demo.guestInvite))
    let staff = bench.staff()
    let closed = bench.call(staff, "visit.close", ["visit": .string(bench.demo.visit.text)])
    #expect(closed["data"] == nil, "\(closed)")

    bench.give(.administer(.forgetVisits))
    #expect(bench.plane.visits.visits.count == 1, "its time has not come")
    bench.pass(ClinicSettings().retention)
    bench.give(.administer(.forgetVisits))
    #expect(bench.plane.visits.visits.isEmpty)
    #expect(bench.plane.inviteSecret(for: bench.demo.guestInvite) == nil)
    #expect(bench.stored.last?.payload["type"] == "visit.forgotten")
    #expect(bench.stored.last?.personal == nil)

    let late = bench.connect()
    let answer = bench.call(late, "session.open", ["invite": .string(secret)])
    #expect(answer["data"]?["reason"] == "invite_refused")
    let restored = try ControlBench(seed: 2, restoring: bench.stored)
    #expect(restored.plane.visits == bench.plane.visits)
  }
}
