import Primitives

/// How long an operation takes.
struct OperationTime {
  /// Processor time of an operation in nanoseconds: the median of all repetitions, each divided by
  /// how much slower than usual the core was beside it.
  var nanoseconds: Double
  /// From the lower to the upper quartile, as a part of the median.
  var spread: Double
}

/// Measures processor time: all workloads in turns, so that a slow moment hits each alike.
struct Timing {
  /// Turns, from each of which one figure comes.
  static let repetitions = 15
  /// Time that a workload runs in one turn, at least.
  static let span = Duration.milliseconds(4)

  private struct Sample {
    var nanoseconds: Double
    var speed: Double
  }

  private let workloads: [any Workload]
  private var samples: [[Sample]]

  /// Measures; the times are in the order of the workloads. `speed` is the core's usual one.
  static func measure(
    _ workloads: [any Workload]
  ) throws -> (times: [OperationTime], speed: Double) {
    var timing = Timing(workloads: workloads, samples: workloads.map { _ in [] })
    for _ in 0..<repetitions {
      for index in workloads.indices { try timing.sample(index) }
    }
    let speed = median(timing.samples.joined().map(\.speed))
    return (timing.samples.map { time($0, speed: speed) }, speed)
  }

  private mutating func sample(_ index: Int) throws {
    let workload = workloads[index]
    // The first run of a turn finds the caches full of others' memory.
    try Self.round(of: workload)
    let before = CoreSpeed.measure()
    var used = Duration.zero
    var runs = 0
    while used < Self.span {
      used = used + (try Self.round(of: workload))
      runs += 1
    }
    let speed = (before + CoreSpeed.measure()) / 2
    let operations = Double(runs * workload.operations)
    samples[index].append(
      Sample(nanoseconds: Double(used.nanoseconds) / operations, speed: speed))
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
