import Simulation
import Testing

@Suite struct SimulationTests {
  @Test(arguments: UInt64(1)...12)
  func nothingUnsafeHappensAndAllComesRight(seed: UInt64) {
    let report = Simulation.run(seed: seed)
    #expect(report.failure == nil, "seed \(seed); replay: samtal simulate --seed \(seed) --trace")
  }

  @Test func theSameSeedGivesTheSameTrace() {
    let first = Simulation.run(seed: 5, keepsTrace: true)
    let second = Simulation.run(seed: 5, keepsTrace: true)
    let other = Simulation.run(seed: 6)
    #expect(first.trace.lines == second.trace.lines)
    #expect(first.trace.digest == second.trace.digest)
    #expect(first.trace.count > 50)
    #expect(first.trace.digest != other.trace.digest)
  }

  /// A third of the runs has more people than a worker takes.
  @Test func callsAreOnBothWorkersToo() {
    let crossings = (UInt64(13)...20).map { Simulation.run(seed: $0).crossings }
    #expect(crossings.contains(0))
    #expect(crossings.contains { $0 > 1_000 }, "\(crossings)")
  }

  /// A thousand changes of who sits on a seat, told late: never a frame of one person under the
  /// name of another, which every run checks at each frame.
  @Test func aThousandSeatsAreGivenAndNobodyIsSeenUnderAnothersName() {
    var changes = 0
    var frames = 0
    var seed: UInt64 = 0
    while changes < 1_000, seed < 40 {
      seed += 1
      let report = Simulation.runSeatChanges(seed: seed)
      #expect(report.failure == nil, "seed \(seed)")
      changes += report.seatChanges
      frames += report.framesShown
    }
    #expect(changes >= 1_000)
    #expect(frames > changes, "pictures are shown between the changes")
  }
}
