import Primitives

/// What the operations may cost: `Benchmarks/limits.txt`.
///
/// Allocations and retains are held to a thousandth: where a hash table grows, the last one depends
/// on the machine. Instructions may be exceeded by a few percent, since the C library and the
/// ciphers choose their code by the processor.
enum CostLimits {
  static let path = "Benchmarks/limits.txt"
  /// How far the instructions may lie above their limit.
  private static let tolerance = 0.04
  /// How far, as a share, allocations and retains may lie above theirs.
  private static let countTolerance = 0.001
  /// What is a rounding error of the file's three decimals.
  private static let rounding = 0.0005

  private static let heading = """
    # What an operation may cost at most, held by `scripts/test --only limits`; renewed, once it is
    # understood why, by `scripts/bench --update-limits`. Allocations and retains may lie
    # a thousandth higher, instructions 4 %.
    # benchmark                              instructions  allocations      retains
    """

  /// What is over its limit, each on a line; empty where everything keeps to them.
  static func excesses(in counts: [String: OperationCounts]) throws -> [String] {
    let limits = try read()
    var excesses: [String] = []
    for benchmark in Benchmark.all where benchmark.isLimited {
      guard let limit = limits[benchmark.name] else {
        excesses.append("\(benchmark.name): has no limit in \(path)")
        continue
      }
      guard let measured = counts[benchmark.name] else {
        excesses.append("\(benchmark.name): was not measured")
        continue
      }
      excesses += [
        compare(
          "instructions", measured.instructions, limit.instructions,
          tolerance: limit.instructions * tolerance),
        compare(
          "allocations", measured.allocations, limit.allocations,
          tolerance: limit.allocations * countTolerance + rounding),
        compare(
          "retains", measured.retains, limit.retains,
          tolerance: limit.retains * countTolerance + rounding),
      ].compactMap { $0.map { "\(benchmark.name): \($0)" } }
    }
    return excesses
  }

  private static func compare(
    _ what: String, _ measured: Double, _ limit: Double, tolerance: Double
  ) -> String? {
    guard measured > limit + tolerance else { return nil }
    return "\(what): the limit is \(limit.text(3)), measured \(measured.text(3))"
  }

  /// Makes what has been counted the limits.
  static func write(_ counts: [String: OperationCounts]) throws {
    var text = heading + "\n"
    for benchmark in Benchmark.all where benchmark.isLimited {
      guard let count = counts[benchmark.name] else {
        throw BenchmarkFailure("\(benchmark.name) was not measured")
      }
      text += benchmark.name.padded(to: 38) + count.instructions.text(0).padded(to: -15)
      text += count.allocations.text(3).padded(to: -13) + count.retains.text(3).padded(to: -13)
      text += "\n"
    }
    try WholeFile.write(text, to: path)
  }

  private static func read() throws -> [String: OperationCounts] {
    var limits: [String: OperationCounts] = [:]
    for line in try WholeFile.read(path).split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      let figures = words.dropFirst().compactMap { Double($0) }
      guard words.count == 4, figures.count == 3 else {
        throw BenchmarkFailure("\(path): not a name and three numbers: \(line)")
      }
      limits[String(words[0])] = OperationCounts(
        instructions: figures[0], allocations: figures[1], retains: figures[2], releases: 0)
    }
    return limits
  }
}
