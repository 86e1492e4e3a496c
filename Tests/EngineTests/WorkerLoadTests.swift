import Engine
import Primitives
import Testing
import Wire

@Suite struct WorkerLoadTests {
  @Test func aFullWorkerTakesNobodyAndServesThoseItHas() throws {
    let bench = try WorkerBench()
    let people = try (0..<2).map { _ in try bench.join() }
    bench.seatAll(people)
    bench.worker.noteLoad(percent: Limits.fullWorkerPercent)
    let late = try bench.register()
    #expect(bench.events.last == .peerRefused(late.number))
    people[0].sightings = []
    bench.run(for: .seconds(1))
    #expect(people[0].count(.audio, from: people[1]) >= 49)

    bench.worker.noteLoad(percent: Limits.relievedWorkerPercent)
    var isFull = bench.worker.isFull
    #expect(isFull)
    bench.worker.noteLoad(percent: Limits.relievedWorkerPercent - 1)
    isFull = bench.worker.isFull
    #expect(!isFull)
    let later = try bench.register()
    #expect(bench.events.last == .peerRegistered(later.number))
  }

  /// One who gets one packet in ten asks for all the others, again and again.
  @Test func aReceiverWhoGetsHardlyAnythingCostsTheOthersNothing() throws {
    func watch(loss: Double) throws -> (viewer: BenchClient, stuck: BenchClient, sent: Int) {
      let bench = try WorkerBench(seed: 21)
      let publisher = try bench.join()
      let viewer = try bench.join(publishing: [])
      let stuck = try bench.join(publishing: [])
      bench.seat(viewer, 0, publisher)
      bench.seat(stuck, 0, publisher)
      stuck.loss = loss
      bench.run(for: .seconds(10))
      #expect(viewer.count(.audio, from: publisher) >= 490, "seed \(bench.seed)")
      #expect(viewer.count(.video, from: publisher) >= 145, "seed \(bench.seed)")
      #expect(bench.worker.batch.overflowed == 0)
      return (viewer, stuck, stuck.packetsSentTo)
    }
    let (_, well, usual) = try watch(loss: 0)
    let (_, stuck, sent) = try watch(loss: 0.9)
    #expect(stuck.peer.counters.packetsAskedFor > 10 * well.peer.counters.packetsAskedFor + 100)
    #expect(sent < usual * 3 / 2, "what is sent again stays within the stream's share")
  }
}
