import Engine
import PeerClient
import Primitives
import Testing
import Wire

/// Two workers with a publisher on the one and a viewer on the other.
@Suite struct WorkerCrossingTests {
  private let home: WorkerBench
  private let away: WorkerBench
  private let publisher: BenchClient
  private let viewer: BenchClient

  init() throws {
    home = try WorkerBench(seed: 21)
    away = try WorkerBench(seed: 22)
    // Numbers are the control plane's, and the same on all workers.
    try home.register()
    publisher = try home.join()
    viewer = try away.join(publishing: [])
    // Both are at the same time from here on.
    let later = max(home.now, away.now)
    for bench in [home, away] { bench.run(for: later - bench.now) }
    home.give(.share(publisher.number, with: [1]))
    let media = try #require(publisher.media)
    away.give(.mirror(publisher.number, room: publisher.room, on: 0, media: media))
    away.give(.openSources(publisher.number, [.microphone, .camera]))
  }

  /// Lets both workers run, what is for the other handed over each millisecond.
  private func run(for span: Duration, losing isLost: Bool = false) {
    let end = home.now + span
    while home.now < end {
      home.run(for: .milliseconds(1))
      away.run(for: .milliseconds(1))
      hand(from: home, to: away, as: 1, losing: isLost)
      hand(from: away, to: home, as: 0, losing: isLost)
    }
  }

  private func hand(
    from sender: WorkerBench, to receiver: WorkerBench, as number: Int, losing isLost: Bool
  ) {
    sender.worker.takeCrossings { destination, crossing, bytes in
      #expect(destination == number)
      return !isLost && receiver.worker.receive(crossing, bytes, now: receiver.now)
    }
  }

  @Test func whoIsOnAnotherWorkerIsSeenAndHeard() {
    #expect(away.seat(viewer, 0, publisher) != nil)
    run(for: .seconds(2))
    #expect(viewer.perceives(publisher))
    #expect(viewer.count(.video, from: publisher) > 20)
    #expect(viewer.count(.audio, from: publisher) > 80)
    #expect(away.worker.counters.packetsCrossed > 100)
    #expect(home.worker.counters.crossingsLost == 0)
  }

  @Test func nothingCrossesToAnotherRoom() throws {
    let stranger = try away.join(room: 2, publishing: [])
    run(for: away.now - home.now)
    away.seat(stranger, 0, publisher)
    run(for: .seconds(1))
    #expect(stranger.sightings.isEmpty)
  }

  @Test func whoIsNotAdmittedCrossesToNobody() {
    away.seat(viewer, 0, publisher)
    run(for: .seconds(1))
    home.admit(publisher, false)
    run(for: .milliseconds(200))
    let seen = (viewer.sightings.count, home.worker.counters.crossings)
    run(for: .seconds(1))
    #expect(viewer.sightings.count == seen.0)
    #expect(home.worker.counters.crossings - seen.1 < 10, "requests for key frames alone")
  }

  @Test func aMirrorThatIsGoneIsNotSeatedAndWhatComesForItIsCounted() {
    away.seat(viewer, 0, publisher)
    run(for: .seconds(1))
    away.give(.remove(publisher.number))
    let seen = viewer.sightings.count
    away.seat(viewer, 1, publisher)
    run(for: .seconds(1))
    #expect(viewer.sightings.count - seen < 5)
    #expect(away.worker.counters.crossingsUnknown > 50)
    let isConserved = away.worker.isConserved
    #expect(isConserved)
  }

  @Test func whatAnotherWorkerHasNoRoomForIsCountedAndMissed() {
    away.seat(viewer, 0, publisher)
    run(for: .seconds(1))
    let seen = viewer.sightings.count
    run(for: .milliseconds(200), losing: true)
    #expect(home.worker.counters.crossingsLost > 5)
    run(for: .seconds(2))
    #expect(viewer.sightings.count > seen + 50, "pictures go on at the next key frame")
  }

  @Test func eachWorkerHearsWhoeverSpeaks() {
    away.seat(viewer, 0, publisher)
    run(for: .seconds(2))
    for bench in [home, away] {
      #expect(bench.events.contains(.speakers(publisher.room, [publisher.number])))
    }
  }
}
