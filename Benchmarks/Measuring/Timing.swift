import Primitives
import Runtime

/// How long an operation takes.
struct OperationTime {
  /// Processor time of an operation in nanoseconds: the median of all repetitions, each divided by
  /// how much slower than usual the core was beside it.
  var nanoseconds: Double
  /// From the lower to the upper quartile, as a part of the median.
  var spread: Double
}

/// Measures processor time: workloads in turns, so that a slow moment hits each alike.
struct Timing {
  /// Turns, from each of which one figure comes.
  static let repetitions = 15
  /// Time that a workload runs in one turn, at least.
  static let span = Duration.milliseconds(4)

  private struct Sample {
    var nanoseconds: Double
    var speed: Double
  }

  private var samples: [[Sample]] = []

  /// Measures some workloads in turns.
  mutating func measure(_ workloads: [any Workload]) throws {
    let first = samples.count
    samples += workloads.map { _ in [] }
    for _ in 0..<Self.repetitions {
      for (index, workload) in workloads.enumerated() {
        samples[first + index].append(try Self.sample(workload))
      }
    }
  }

  /// The core's usual speed, in steps a microsecond.
  var speed: Double { median(samples.joined().map(\.speed)) }

  /// The times of all that was measured, in order.
  var times: [OperationTime] {
    let speed = speed
    return samples.map { Self.time($0, speed: speed) }
  }

  private static func sample(_ workload: any Workload) throws -> Sample {
    // The first run of a turn finds the caches full of others' memory.
    try round(of: workload)
    let before = CoreSpeed.measure()
    var used = Duration.zero
    var runs = 0
    while used < span {
      used = used + (try round(of: workload))
      runs += 1
    }
    return Sample(
      nanoseconds: Double(used.nanoseconds) / Double(runs * workload.operations),
      speed: (before + CoreSpeed.measure()) / 2)
  }

  @discardableResult
  private static func round(of workload: any Workload) throws -> Duration {
    try workload.prepare()
    let time = ThreadClock.time { workload.run() }
    try workload.check()
    return time
  }

  private static func time(_ samples: [Sample], speed: Double) -> OperationTime {
    let sorted = samples.map { $0.nanoseconds * $0.speed / speed }.sorted()
    let middle = median(sorted)
    let quarter = sorted.count / 4
    let range = sorted[sorted.count - 1 - quarter] - sorted[quarter]
    return OperationTime(nanoseconds: middle, spread: range / middle)
  }
}

/// The middle one of some figures, of which there is at least one.
func median(_ figures: [Double]) -> Double { figures.sorted()[figures.count / 2] }
