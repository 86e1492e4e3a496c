import Engine
import Primitives
import Testing
import Wire

@Suite struct WorkerSeatTests {
  /// Who sat on a seat from when on, and which timestamps the worker promised.
  private struct Sitting {
    var since: Instant
    var occupant: UInt32?
    var audioFrom: UInt32
    var videoFrom: UInt32

    func hasBegun(by sighting: Sighting) -> Bool {
      let from = sighting.kind == .audio ? audioFrom : videoFrom
      return Int32(bitPattern: sighting.timestamp &- from) >= 0
    }
  }

  private struct Place: Hashable {
    var viewer: PeerNumber
    var seat: Int
  }

  @Test func afterAChangeOfASeatNothingOfTheFormerOccupantIsSent() throws {
    let bench = try WorkerBench(seed: 11)
    let (viewers, history) = try changeSeats(in: bench, times: 1_000)
    try expectTimestampsTell(viewers, history, seed: bench.seed)
    for viewer in viewers {
      for sighting in viewer.sightings {
        // Nothing overtakes anything here, so that it was sent this long ago.
        let sent = sighting.at - bench.faults.delay
        let sittings = history[Place(viewer: viewer.number, seat: sighting.seat)] ?? []
        let sitting = try #require(sittings.last { $0.since <= sent })
        #expect(sighting.publisher == sitting.occupant, "seed \(bench.seed)")
      }
    }
  }

  @Test func timestampsTellWhoseAFrameIsOnALossyNetworkToo() throws {
    let faults = WorkerBench.Faults(loss: 0.05, jitter: .milliseconds(30))
    let bench = try WorkerBench(seed: 12, faults: faults)
    let (viewers, history) = try changeSeats(in: bench, times: 300)
    try expectTimestampsTell(viewers, history, seed: bench.seed)
  }

  @Test func whoIsSeatedBeforeBeingConnectedSeesAPictureAsSoonAsConnected() throws {
    let bench = try WorkerBench(seed: 13)
    let publisher = try bench.join()
    let newcomer = try bench.register(publishing: [])
    bench.admit(newcomer)
    bench.seat(newcomer, 0, publisher)
    #expect(bench.connect(newcomer), "seed \(bench.seed)")
    let connected = bench.now
    #expect(
      bench.run(for: .milliseconds(200)) { _ in newcomer.count(.video, from: publisher) > 0 },
      "a picture \(bench.now - connected) after the connection, seed \(bench.seed)")
  }

  @Test func whoComesBackFromHoldSeesAPictureAtOnce() throws {
    let bench = try WorkerBench(seed: 14)
    let publisher = try bench.join()
    let viewer = try bench.join(publishing: [])
    bench.seat(viewer, 0, publisher)
    #expect(bench.run(for: .seconds(1)) { _ in viewer.count(.video, from: publisher) > 5 })
    bench.admit(viewer, false)
    bench.run(for: .seconds(2))
    let seen = viewer.count(.video, from: publisher)
    bench.admit(viewer)
    #expect(
      bench.run(for: .milliseconds(200)) { _ in viewer.count(.video, from: publisher) > seen },
      "seed \(bench.seed)")
  }

  /// Three publishers change places in front of two viewers at random.
  private func changeSeats(
    in bench: WorkerBench, times: Int
  ) throws -> (viewers: [BenchClient], history: [Place: [Sitting]]) {
    let publishers = try (0..<3).map { _ in try bench.join() }
    let viewers = try (0..<2).map { _ in try bench.join(publishing: []) }
    var history: [Place: [Sitting]] = [:]
    for _ in 0..<times {
      let viewer = try #require(viewers.randomElement(using: &bench.random))
      let seat = Int.random(in: 0..<2, using: &bench.random)
      let occupant = (publishers + [nil]).randomElement(using: &bench.random) ?? nil
      let (audioFrom, videoFrom) = try #require(bench.seat(viewer, seat, occupant))
      history[Place(viewer: viewer.number, seat: seat), default: []].append(
        Sitting(
          since: bench.now, occupant: occupant?.publisher, audioFrom: audioFrom,
          videoFrom: videoFrom))
      let pause = Int64.random(in: 1_000...20_000_000, using: &bench.random)
      // Some sit long enough to be seen.
      let isLong = Int.random(in: 0..<20, using: &bench.random) == 0
      bench.run(for: isLong ? .milliseconds(300) : Duration(nanoseconds: pause))
    }
    bench.run(for: .milliseconds(200))
    return (viewers, history)
  }

  /// The last sitting whose first timestamp is not after that of a frame or sound is the
  /// publisher's.
  private func expectTimestampsTell(
    _ viewers: [BenchClient], _ history: [Place: [Sitting]], seed: UInt64
  ) throws {
    for viewer in viewers {
      #expect(viewer.sightings.count { $0.kind == .audio } > 50, "seed \(seed)")
      #expect(viewer.sightings.count { $0.kind == .video } > 5, "seed \(seed)")
      for sighting in viewer.sightings {
        let sittings = history[Place(viewer: viewer.number, seat: sighting.seat)] ?? []
        let sitting = try #require(sittings.last { $0.hasBegun(by: sighting) })
        #expect(sighting.publisher == sitting.occupant, "seed \(seed)")
      }
    }
  }
}
