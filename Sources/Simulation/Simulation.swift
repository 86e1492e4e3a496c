import Primitives

/// Whole runs of the service on a virtual network, clock and store.
public enum Simulation {
  /// What came of one run.
  public struct Report: Sendable {
    /// What went wrong first, with its time; nil for a clean run.
    public var failure: String?
    /// What happened, as one number and, where asked for, line by line.
    public var trace: Trace
    /// How often somebody was given a seat.
    public var seatChanges: Int
    /// Frames that stood under a name.
    public var framesShown: Int
    /// What the two workers handed each other, where the call was on both.
    public var crossings: Int
    /// A few figures for a person who watches.
    public var summary: String
  }

  /// Runs a seed: faults and deeds for ten seconds, then a calm in which all must come right.
  ///
  /// The same seed gives the same trace. Lines are kept where `keepsTrace` says so.
  public static func run(seed: UInt64, keepsTrace: Bool = false) -> Report {
    run(.everything, seed: seed, keepsTrace: keepsTrace)
  }

  /// Runs a seed in which four pages with one seat each pin one another all the time, over slow
  /// signaling and bad paths: the rule for seats at its hardest.
  public static func runSeatChanges(seed: UInt64) -> Report {
    run(.seatChanges, seed: seed, keepsTrace: false)
  }

  private static func run(_ kind: Scenario.Kind, seed: UInt64, keepsTrace: Bool) -> Report {
    do {
      let world = try World(kind, seed: seed, keepsTrace: keepsTrace)
      while world.checker.failure == nil, world.step() {}
      if world.checker.failure == nil { world.finish() }
      return report(on: world)
    } catch {
      return Report(
        failure: "the world could not be made: \(error)", trace: Trace(keepsLines: false),
        seatChanges: 0, framesShown: 0, crossings: 0, summary: "")
    }
  }

  private static func report(on world: World) -> Report {
    let checker = world.checker
    let changes = world.pages.reduce(0) { $0 + $1.client.seatChanges }
    return Report(
      failure: checker.failure, trace: world.trace, seatChanges: changes,
      framesShown: checker.framesShown, crossings: world.crossings,
      summary: "\(world.pages.count) pages, \(world.presentCount) in the call, "
        + "\(changes) seats given, \(checker.framesShown) frames shown, "
        + "\(checker.framesHidden) hidden, \(checker.sounds) sounds, "
        + "\(world.crossings) crossings, "
        + "digest \(String(world.trace.digest, radix: 16))")
  }
}
