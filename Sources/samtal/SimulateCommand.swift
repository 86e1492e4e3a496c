import Simulation

/// `samtal simulate`: runs seeds until one fails, and says how to replay it.
enum SimulateCommand {
  static let usage = """
    usage: samtal simulate [--seed N] [--count M] [--trace]

      --seed N    the first seed (default 1)
      --count M   how many seeds to run, N, N+1, … (default 1)
      --trace     print what happens, line by line

    A run is clean when nothing unsafe happened while the network misbehaved, and everybody saw
    and heard everybody else after it stopped. Prints one digest a seed: the same seed gives the
    same digest. Exit status 1 when a seed fails.
    """

  static func run(_ arguments: [String]) -> Int32 {
    var seed: UInt64 = 1
    var count: UInt64 = 1
    var showsTrace = false
    var rest = arguments[...]
    while let option = rest.popFirst() {
      switch option {
      case "--help", "-h":
        print(usage)
        return 0
      case "--trace": showsTrace = true
      case "--seed", "--count":
        guard let text = rest.popFirst(), let value = UInt64(text) else {
          Samtal.complain("samtal simulate: \(option) wants a whole number")
          return 2
        }
        if option == "--seed" { seed = value } else { count = value }
      default:
        Samtal.complain("samtal simulate: no option '\(option)'\n\(usage)")
        return 2
      }
    }
    return run(seeds: seed..<seed + count, showsTrace: showsTrace)
  }

  private static func run(seeds: Range<UInt64>, showsTrace: Bool) -> Int32 {
    var digest: UInt64 = 0
    var seatChanges = 0
    for seed in seeds {
      let report = Simulation.run(seed: seed, keepsTrace: showsTrace)
      for line in report.trace.lines { print(line) }
      if let failure = report.failure {
        print("seed \(seed): \(failure)")
        print("replay: samtal simulate --seed \(seed) --trace")
        return 1
      }
      seatChanges += report.seatChanges
      digest = digest &* 31 &+ report.trace.digest
      if seeds.count <= 20 { print("seed \(seed): clean, \(report.summary)") }
    }
    print(
      "\(seeds.count) seeds clean, \(seatChanges) seats given, "
        + "digest \(String(digest, radix: 16))")
    return 0
  }
}
