import Engine
import Primitives
import Testing

@Suite struct ControlDrainingTests {
  @Test func everybodyIsToldAndDisconnectedAndPeersAreClosed() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    _ = bench.negotiate(staff)
    let nameless = bench.connect()
    _ = bench.take(staff)
    bench.give(.drain)
    let told = bench.take(staff)
    #expect(told.map(\.method) == ["server.draining", "session.closing"])
    #expect(told.last?.params["action"] == "reconnect")
    #expect(bench.closed == [staff: "server_draining", nameless: "server_draining"])
    #expect(bench.plane.connectionCount == 0)
    let removed = bench.commands.filter { if case .remove = $0 { true } else { false } }
    #expect(removed.count == 1)
  }
}
