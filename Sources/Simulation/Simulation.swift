import Primitives

/// Whole runs of the service on a virtual network, clock and store.
public enum Simulation {
  /// What came of one run.
  public struct Report: Sendable {
    /// What went wrong first, with its time; nil for a clean run.
    public var failure: String?
    /// What happened, as one number and, where asked for, line by line.
    public var trace: Trace
    /// A few figures for a person who watches.
    public var summary: String
  }

  /// Runs a seed: faults and deeds for ten seconds, then a calm in which all must come right.
  ///
  /// The same seed gives the same trace. Lines are kept where `keepsTrace` says so.
  public static func run(seed: UInt64, keepsTrace: Bool = false) -> Report {
    let world: World
    do {
      world = try World(seed: seed, keepsTrace: keepsTrace)
    } catch {
      return Report(
        failure: "the world could not be made: \(error)", trace: Trace(keepsLines: false),
        summary: "")
    }
    while world.checker.failure == nil, world.step() {}
    if world.checker.failure == nil { world.finish() }
    let checker = world.checker
    return Report(
      failure: checker.failure, trace: world.trace,
      summary: "\(world.pages.count) pages, \(world.presentCount) in the call, "
        + "\(checker.framesShown) frames shown, \(checker.framesHidden) hidden, "
        + "\(checker.sounds) sounds, digest \(String(world.trace.digest, radix: 16))")
  }
}
