import Glibc
import Primitives

/// What callgrind counted of an operation.
struct OperationCounts {
  /// Instructions outside of the kernel.
  var instructions = 0.0
  /// Calls of `malloc` and its kin.
  var allocations = 0.0
  /// Calls that count a reference up.
  var retains = 0.0
  /// Calls that count a reference down.
  var releases = 0.0

  mutating func add(_ other: OperationCounts) {
    instructions += other.instructions
    allocations += other.allocations
    retains += other.retains
    releases += other.releases
  }

  func divided(by count: Double) -> OperationCounts {
    OperationCounts(
      instructions: instructions / count, allocations: allocations / count,
      retains: retains / count, releases: releases / count)
  }
}

/// Runs workloads under callgrind, and reads what it wrote.
enum Counting {
  private static let allocators: Set<String> = [
    "malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign",
  ]
  private static let retainers: Set<String> = [
    "swift_retain", "swift_retain_n", "swift_bridgeObjectRetain", "swift_bridgeObjectRetain_n",
    "swift_nonatomic_retain", "swift_unownedRetainStrong",
  ]
  private static let releasers: Set<String> = [
    "swift_release", "swift_release_n", "swift_bridgeObjectRelease", "swift_bridgeObjectRelease_n",
    "swift_nonatomic_release",
  ]

  /// Runs each workload some times, and prints what was run.
  ///
  /// callgrind is to write a part of its output at each `beginCountedPart` and `endCountedPart`:
  /// every second part is of what was done between the two, and of nothing else.
  static func run(_ benchmarks: [Benchmark]) throws {
    for benchmark in benchmarks {
      let workload = try benchmark.make()
      // Twice, so that all memory is there that is kept.
      for _ in 0..<2 {
        try workload.prepare()
        workload.run()
        try workload.check()
      }
      for _ in 0..<workload.countedRuns {
        try workload.prepare()
        beginCountedPart()
        workload.run()
        endCountedPart()
        try workload.check()
      }
      print(benchmark.name, workload.countedRuns, workload.operations)
    }
    guard begun == ended else { throw BenchmarkFailure("a part has no end") }
  }

  /// Counted parts that have begun, and that have ended.
  nonisolated(unsafe) private static var begun = 0
  nonisolated(unsafe) private static var ended = 0

  // Functions of their own, and with these names, for callgrind to see.
  @inline(never) private static func beginCountedPart() { begun += 1 }
  @inline(never) private static func endCountedPart() { ended += 1 }

  /// Reads what `run` printed and the parts that callgrind wrote beside it: `names` in `folder`,
  /// and `counts.1`, `counts.2` and so on.
  static func read(_ folder: String) throws -> [String: OperationCounts] {
    var counts: [String: OperationCounts] = [:]
    var part = 0
    for line in try lines(of: folder + "/names") {
      let words = line.split(separator: " ")
      guard words.count == 3, let runs = Int(words[1]), let operations = Int(words[2]) else {
        throw BenchmarkFailure("not a name and two numbers: \(line)")
      }
      var total = OperationCounts()
      for _ in 0..<runs {
        part += 2
        total.add(try parse(lines(of: folder + "/counts.\(part)")))
      }
      guard total.instructions > 0 else { throw BenchmarkFailure("\(line) was not counted") }
      counts[String(words[0])] = total.divided(by: Double(runs * operations))
    }
    return counts
  }

  /// Reads one part of callgrind's output, in which names are written out: `totals: N` are the
  /// instructions, and after `cfn=NAME` stands `calls=N` for each place that NAME is called from.
  private static func parse(_ lines: [Substring]) -> OperationCounts {
    var counts = OperationCounts()
    var called: Substring = ""
    for line in lines {
      if line.hasPrefix("cfn=") {
        called = line.dropFirst(4)
        // A function that calls itself is numbered: swift_release'2.
        called = called.prefix { $0 != "'" }
      } else if line.hasPrefix("calls="), let calls = Double(line.dropFirst(6).prefix { $0 != " " })
      {
        let name = String(called)
        if allocators.contains(name) { counts.allocations += calls }
        if retainers.contains(name) { counts.retains += calls }
        if releasers.contains(name) { counts.releases += calls }
      } else if line.hasPrefix("totals: ") {
        counts.instructions = Double(line.dropFirst(8)) ?? 0
      }
    }
    return counts
  }

  private static func lines(of path: String) throws -> [Substring] {
    try WholeFile.read(path).split(separator: "\n")
  }
}
