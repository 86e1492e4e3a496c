import Engine
import Primitives
import Testing
import Wire

@Suite struct WorkerCallTests {
  @Test func aPeerIsConnectingUntilItIsUpOrGone() throws {
    let bench = try WorkerBench(seed: 30)
    let first = try bench.register()
    try bench.register()
    #expect(bench.connecting == 2)
    #expect(bench.connect(first))
    bench.run(for: .seconds(1))
    #expect(bench.connecting == 0)
    let third = try bench.register()
    #expect(bench.connecting == 1)
    bench.give(.remove(third.number))
    bench.give(.remove(first.number))
    #expect(bench.connecting == 0)
  }

  @Test func threePeopleSeeAndHearOneAnother() throws {
    let bench = try WorkerBench()
    let people = try (0..<3).map { _ in try bench.join() }
    bench.seatAll(people)
    bench.run(for: .seconds(1))
    for viewer in people {
      for other in people where other !== viewer {
        #expect(viewer.count(.audio, from: other) > 40)
        #expect(viewer.count(.video, from: other) > 10)
      }
      #expect(viewer.count(.audio, from: viewer) == 0)
      #expect(viewer.peer.counters.unannounced == 0)
      #expect(viewer.peer.counters.unreadable == 0)
    }
  }

  @Test(arguments: 1...10)
  func aCallLivesThroughLossAndDisorder(seed: UInt64) throws {
    let faults = WorkerBench.Faults(loss: 0.05, jitter: .milliseconds(15))
    let bench = try WorkerBench(seed: seed, faults: faults)
    let people = try (0..<2).map { _ in try bench.join() }
    bench.seatAll(people)
    bench.run(for: .seconds(4))
    #expect(people[0].count(.video, from: people[1]) > 30, "seed \(seed)")
    #expect(people[1].count(.video, from: people[0]) > 30, "seed \(seed)")
    #expect(people.contains { $0.peer.counters.recovered > 0 }, "seed \(seed)")
  }

  @Test func twoPeopleWithTheSameSSRCsAreToldApart() throws {
    let bench = try WorkerBench()
    let first = try bench.join()
    let second = try bench.join(twin: first)
    let viewer = try bench.join(publishing: [])
    #expect(first.ssrcs == second.ssrcs)
    bench.seat(viewer, 0, first)
    bench.seat(viewer, 1, second)
    bench.run(for: .seconds(1))
    #expect(viewer.perceives(first) && viewer.perceives(second))
    for sighting in viewer.sightings {
      #expect(sighting.publisher == (sighting.seat == 0 ? first : second).publisher)
    }
  }

  @Test func nothingCrossesFromOneCallToAnother() throws {
    let bench = try WorkerBench()
    let calls = try [1, 2].map { room in try (0..<2).map { _ in try bench.join(room: room) } }
    for members in calls { bench.seatAll(members) }
    // Not even by a wrong command.
    bench.seat(calls[0][0], 3, calls[1][0])
    bench.run(for: .seconds(2))
    for (members, others) in [(calls[0], calls[1]), (calls[1], calls[0])] {
      #expect(members[0].perceives(members[1]) && members[1].perceives(members[0]))
      let strangers = Set(others.map(\.publisher))
      for viewer in members {
        #expect(!viewer.sightings.contains { strangers.contains($0.publisher) })
      }
    }
    for members in calls {
      let told = bench.events.compactMap { event -> [PeerNumber]? in
        guard case .speakers(members[0].room, let speakers) = event else { return nil }
        return speakers
      }
      #expect(Set(told.joined()) == Set(members.map(\.number)))
    }
  }

  @Test(arguments: [[], [.microphone, .camera]] as [[MediaSource]])
  func mediaFollowsAViewerToAnotherAddress(publishing sources: [MediaSource]) throws {
    let bench = try WorkerBench()
    let publisher = try bench.join()
    let viewer = try bench.join(publishing: sources)
    bench.seatAll([publisher, viewer])
    bench.run(for: .seconds(2))
    #expect(viewer.perceives(publisher))

    viewer.address = NetworkAddress(ipv4: 0xCB00_7105, port: 6_000)
    viewer.peer.checkPath(now: bench.now)
    viewer.sightings = []
    let hasMoved = bench.run(for: .seconds(2)) { _ in viewer.perceives(publisher) }
    #expect(hasMoved)
    #expect(bench.worker.counters.moves == 1)
    publisher.sightings = []
    bench.run(for: .seconds(1))
    #expect(publisher.perceives(viewer) == !sources.isEmpty)
  }

  @Test func whoIsRemovedIsToldAndForgotten() throws {
    let bench = try WorkerBench()
    let stays = try bench.join()
    let goes = try bench.join()
    bench.seatAll([stays, goes])
    bench.run(for: .milliseconds(500))
    bench.give(.remove(goes.number))
    bench.run(for: .milliseconds(100))
    #expect(goes.closeReason == .closedByPeer)
    #expect(bench.known == [1, 1, 1])

    let address = goes.address
    goes.address = NetworkAddress(ipv4: 0xCB00_7105, port: 6_000)
    let again = try bench.register(at: address)
    #expect(bench.connect(again))
    bench.admit(again)
    bench.seatAll([stays, again])
    #expect(bench.run(for: .seconds(1)) { _ in stays.perceives(again) && again.perceives(stays) })
  }

  @Test func aFullWorkerRefusesUntilSomebodyHasGone() throws {
    let bench = try WorkerBench(peers: 2)
    let first = try bench.join()
    try bench.join()
    let third = try bench.register()
    #expect(bench.events.last == .peerRefused(third.number))
    bench.give(.remove(first.number))
    let fourth = try bench.register()
    #expect(bench.events.last == .peerRegistered(fourth.number))
    #expect(bench.connect(fourth))
  }

  @Test func restartsAreNotRememberedForEver() throws {
    let bench = try WorkerBench()
    let client = try bench.join()
    for _ in 0..<100 {
      let credentials = ICECredentials(random: &bench.random)
      let plan = TransportPlan(
        local: credentials, remote: credentials,
        remoteFingerprints: [Fingerprint(digest: Array(repeating: 1, count: 32))])
      bench.give(.restart(client.number, plan))
    }
    #expect(bench.known == [1, 1, 2])
    bench.give(.remove(client.number))
    #expect(bench.known == [0, 0, 0])
  }
}
