/// A piece of work that is measured, ready to run again and again.
///
/// A round is `prepare`, `run` and `check`, of which only `run` is measured; it carries out
/// `operations` operations.
protocol Workload: AnyObject {
  /// Operations in a run: as many as caches and socket buffers hold what was prepared for them.
  var operations: Int { get }
  /// Runs that make up the counts of one operation.
  var countedRuns: Int { get }
  /// What is to be said of it beside its figures.
  var note: String? { get }
  /// Makes ready what the next run takes.
  func prepare() throws
  /// Does the work.
  func run()
  /// Throws where the last run did not do what it was to do.
  func check() throws
}

extension Workload {
  var countedRuns: Int { 4 }
  var note: String? { nil }

  func prepare() throws {}
}

/// A workload by its name.
struct Benchmark: Sendable {
  /// Names in it are divided by `/`, from the general to the special.
  let name: String
  /// What one operation is, in the singular.
  let operation: String
  /// Whether its counts are held to `Benchmarks/limits.txt`.
  let isLimited: Bool
  /// Whether it is run under callgrind; not where that would take minutes.
  let isCounted: Bool
  /// Makes the workload.
  let make: @Sendable () throws -> any Workload

  init(
    _ name: String, of operation: String, isLimited: Bool = false, isCounted: Bool = true,
    make: @escaping @Sendable () throws -> any Workload
  ) {
    self.name = name
    self.operation = operation
    self.isLimited = isLimited
    self.isCounted = isCounted
    self.make = make
  }

  /// Those of one group are compared with one another, and measured in turns: what the name begins
  /// with.
  var group: Substring {
    let words = name.split(separator: "/")
    return words[0] == "growth" ? name.prefix(words[0].count + 1 + words[1].count) : words[0]
  }

  /// Whether it is meant by a word of the command line: its name, or the beginning of it.
  func isMeant(by word: String) -> Bool { name == word || name.hasPrefix(word + "/") }
}
