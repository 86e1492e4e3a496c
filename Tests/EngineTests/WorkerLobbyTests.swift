import Engine
import Primitives
import Testing

@Suite struct WorkerLobbyTests {
  @Test func whoWaitsIsConnectedAndNeitherSeenNorShownAnything() throws {
    let bench = try WorkerBench()
    let inside = try bench.join()
    let waiting = try bench.register(publishing: [])
    #expect(bench.connect(waiting))
    bench.seat(inside, 0, waiting)
    bench.seat(waiting, 0, inside)
    bench.run(for: .seconds(1))
    #expect(waiting.packetsSentTo == 0)
    #expect(inside.packetsSentTo == 0)
    #expect(waiting.closeReason == nil)
  }

  @Test func whatAnImpatientPersonSendsIsNotEvenDecrypted() throws {
    let bench = try WorkerBench()
    let inside = try bench.join(publishing: [])
    let rude = try bench.register()
    #expect(bench.connect(rude))
    bench.seat(inside, 0, rude)
    bench.run(for: .seconds(1))
    bench.faults.delay = .zero
    bench.run(for: .milliseconds(100))
    #expect(rude.peer.counters.packetsSent > 90)
    #expect(
      bench.worker.counters.transportDrops[.notAdmitted] == rude.peer.counters.packetsSent)
    #expect(bench.worker.counters.packets == 0)
    #expect(inside.packetsSentTo == 0)
    #expect(bench.worker.counters.reportsNotAdmitted > 0)
  }

  @Test func whoIsAdmittedSeesAndIsSeenAtOnce() throws {
    let bench = try WorkerBench()
    let inside = try bench.join()
    let newcomer = try bench.register()
    #expect(bench.connect(newcomer))
    bench.run(for: .milliseconds(500))
    #expect(inside.peer.counters.keyFrameRequests == 0)

    bench.admit(newcomer)
    bench.seatAll([inside, newcomer])
    let isSeen = bench.run(for: .milliseconds(200)) { _ in
      newcomer.perceives(inside) && inside.perceives(newcomer)
    }
    #expect(isSeen)
    bench.run(for: .seconds(1))
    #expect(inside.peer.counters.keyFrameRequests == 1)
    #expect(newcomer.peer.counters.keyFrameRequests <= 1)
  }

  @Test func whoIsPutOnHoldIsCutOffAtOnce() throws {
    let bench = try WorkerBench()
    let inside = try bench.join()
    let held = try bench.join()
    bench.seatAll([inside, held])
    bench.run(for: .seconds(1))
    bench.give(.admit(held.number, false))
    let sent = (inside: inside.packetsSentTo, held: held.packetsSentTo)
    let taken = bench.worker.counters.packets
    bench.run(for: .seconds(1))
    #expect(inside.packetsSentTo == sent.inside)
    #expect(held.packetsSentTo == sent.held)
    // What is counted as taken since is the other one's.
    #expect(bench.worker.counters.packets - taken < 110)
    #expect(held.closeReason == nil)

    bench.admit(held)
    bench.seatAll([inside, held])
    inside.sightings = []
    held.sightings = []
    let isBack = bench.run(for: .milliseconds(600)) { _ in
      inside.perceives(held) && held.perceives(inside)
    }
    #expect(isBack)
  }
}
