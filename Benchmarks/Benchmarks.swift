import Glibc
import Primitives

/// What the daemon promises in numbers, measured: run by `scripts/bench`.
@main
enum Benchmarks {
  static let usage = """
    usage: Benchmarks COMMAND [OPTIONS]

      list [NAME...]                    benchmarks by name, or by the beginning of it
      countable [NAME...]               those of them that are run under callgrind
      count NAME...                     runs them under callgrind, which is told what to count
      measure COUNTS JSON [NAME...]     measures times, and joins them with what was counted;
                                        COUNTS is a folder or '-', JSON a file or '-'
      limited                           the benchmarks that are held to limits
      limits COUNTS                     holds what was counted to them
      update-limits COUNTS              makes what was counted the limits
      workers JSON                      two workers beside one
      commands                          the control plane with its store, on this one thread
      daemon-commands PORT STATE PID    a running daemon, over its lines port
      peers [OPTIONS]                   Janus and samtald side by side
    """

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      exit(try run(arguments) ? 0 : 1)
    } catch {
      complain("Benchmarks: \(error)")
      exit(1)
    }
  }

  /// Runs one command; whether what it measured keeps its promise.
  private static func run(_ arguments: [String]) throws -> Bool {
    let rest = Array(arguments.dropFirst())
    switch (arguments.first, rest.count) {
    case ("list", _): for benchmark in try select(rest) { print(benchmark.name) }
    case ("countable", _):
      for benchmark in try select(rest) where benchmark.isCounted { print(benchmark.name) }
    case ("limited", 0):
      for benchmark in Benchmark.all where benchmark.isLimited { print(benchmark.name) }
    case ("count", 1...): try Counting.run(select(rest))
    case ("measure", 2...):
      return try measure(select(Array(rest[2...])), counts: rest[0], json: rest[1])
    case ("limits", 1):
      let excesses = try CostLimits.excesses(in: Counting.read(rest[0]))
      for excess in excesses { complain("over its limit: " + excess) }
      return excesses.isEmpty
    case ("update-limits", 1): try CostLimits.write(Counting.read(rest[0]))
    case ("workers", 1): return try WorkersBenchmark.measure(json: rest[0])
    case ("commands", 0):
      return try CommandLoad.measure("in one thread", on: InProcessClinic())
    case ("daemon-commands", 3):
      guard let port = UInt16(rest[0]), let process = Int32(rest[2]) else { refuse() }
      let daemon = try DaemonClinic(port: port, state: rest[1], process: process)
      return try CommandLoad.measure("over the daemon's lines port", on: daemon)
    case ("peers", _): try PeerBenchmark.run(rest)
    default: refuse()
    }
    return true
  }

  /// The benchmarks that are meant by any of the words; without one, all.
  private static func select(_ words: [String]) throws -> [Benchmark] {
    for word in words where !Benchmark.all.contains(where: { $0.isMeant(by: word) }) {
      throw BenchmarkFailure("there is no benchmark \(word)")
    }
    return Benchmark.all.filter { benchmark in
      words.isEmpty || words.contains { benchmark.isMeant(by: $0) }
    }
  }

  private static func measure(
    _ benchmarks: [Benchmark], counts folder: String, json file: String
  ) throws -> Bool {
    let counts = folder == "-" ? [:] : try Counting.read(folder)
    // All memory is there from the start, as in a daemon that has run for a while; where that is
    // not allowed, first touches are measured too.
    mlockall(MCL_CURRENT | MCL_FUTURE)
    var timing = Timing()
    var notes: [String?] = []
    for group in groups(benchmarks) {
      let workloads = try group.map { try $0.make() }
      try timing.measure(workloads)
      notes += workloads.map(\.note)
    }
    var report = Report(speed: timing.speed)
    for (index, time) in timing.times.enumerated() {
      report.rows.append(
        Report.Row(
          benchmark: benchmarks[index], time: time, counts: counts[benchmarks[index].name],
          note: notes[index]))
    }
    print(report.text)
    if file != "-" { try WholeFile.write(report.json.description + "\n", to: file) }
    let forward = ForwardComparison(report)
    let growth = GrowthComparison(report)
    for text in [forward?.text, growth?.text] { if let text { print(text) } }
    return forward?.isKept != false && growth?.isKept != false
  }

  /// The benchmarks in order, those of one group together.
  private static func groups(_ benchmarks: [Benchmark]) -> [[Benchmark]] {
    var groups: [[Benchmark]] = []
    for benchmark in benchmarks {
      if groups.last?.last?.group == benchmark.group {
        groups[groups.count - 1].append(benchmark)
      } else {
        groups.append([benchmark])
      }
    }
    return groups
  }

  private static func refuse() -> Never {
    complain(usage)
    exit(2)
  }

  private static func complain(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}

/// Why a benchmark could not be run to its end.
struct BenchmarkFailure: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}
