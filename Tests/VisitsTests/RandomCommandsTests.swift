import Primitives
import Testing

@testable import Visits

/// Many people doing anything at all, in any order: whatever they try, the rules hold.
@Suite struct RandomCommandsTests {
  private static let seeds = 1_000
  private static let commands = 100
  private static let seedsAtATime = 25

  /// 1,000 seeds of 100 commands each.
  @Test(arguments: Array(stride(from: 0, to: seeds, by: seedsAtATime)))
  func theRulesHoldWhateverPeopleDo(from first: Int) throws {
    for seed in first..<first + Self.seedsAtATime {
      var crowd = try Crowd(seed: UInt64(seed))
      for _ in 0..<Self.commands {
        try crowd.act()
        let faults = faults(of: crowd)
        #expect(faults == [], "seed \(seed), command \(crowd.count)")
        if !faults.isEmpty { return }
      }
      #expect(crowd.count == Self.commands)
      try checkReplay(of: crowd, asText: seed % 5 == 0, "seed \(seed)")
    }
  }

  @Test func theSameSeedGivesTheSameTrace() throws {
    var one = try Crowd(seed: 7)
    var two = try Crowd(seed: 7)
    for _ in 0..<300 {
      try one.act()
      try two.act()
    }
    #expect(one.scene.trace == two.scene.trace)
    #expect(one.scene.trace.count > 50)
  }

  /// All that can be done is done by the crowd, and comes out in each way that it can.
  @Test func theCrowdDoesEverything() throws {
    var seen: Set<String> = []
    var ways: Set<String> = []
    var methods: Set<Method> = []
    var reasons: Set<Refusal.Reason> = []
    for seed in 0..<200 {
      var crowd = try Crowd(seed: UInt64(seed))
      for _ in 0..<Self.commands { try crowd.act() }
      seen.formUnion(crowd.scene.trace.map(\.change.name))
      ways.formUnion(crowd.scene.trace.compactMap { way(of: $0.change) })
      methods.formUnion(crowd.methods)
      reasons.formUnion(crowd.reasons)
    }
    #expect(Set(EventTests.durable.map(\.name)).subtracting(seen) == ["visit.forgotten"])
    let all =
      Departure.allCases.map(\.rawValue) + HoldReason.allCases.map(\.rawValue)
      + Admission.Ground.allCases.map(\.rawValue) + CallEnd.allCases.map(\.rawValue)
      + CallRequest.State.allCases.map(\.rawValue)
    #expect(Set(all).subtracting(ways) == ["sent"])
    let stage = try PermissionStage(hasCall: true)
    let ofVisits = Method.allCases.filter { method in
      stage.commands(for: method, in: .own, by: .patient).contains {
        if case .visit = $0 { true } else { false }
      }
    }
    #expect(Set(ofVisits).subtracting(methods) == [])
    #expect(reasons.count > 25, "\(reasons)")
  }

  private func way(of change: Change) -> String? {
    switch change {
    case .departed(_, let reason): reason.rawValue
    case .held(_, let reason): reason.rawValue
    case .admitted(_, let ground, _): ground.rawValue
    case .callEnded(let reason): reason.rawValue
    case .requestAnswered(_, let outcome): outcome.rawValue
    default: nil
    }
  }

  /// What is wrong after a command, by what a witness says who has seen nothing but the events.
  /// The scene looks at the reducer's own checks after each.
  private func faults(of crowd: Crowd) -> [String] {
    var found = crowd.witness.faults
    for visit in crowd.scene.ledger.visits.values {
      let roster = Set(visit.roster.map(\.id))
      if roster != Set(crowd.witness.inCall(visit.id)) {
        found.append("in the call without an admission on record: \(roster)")
      }
      if visit.booked[visit.responsible] != .staff { found.append("nobody is responsible") }
    }
    return found
  }

  /// The log, written and read again, gives the live state less what is not kept. Now and then
  /// the payloads go by way of their text, too.
  private func checkReplay(of crowd: Crowd, asText: Bool, _ seed: Comment) throws {
    var log = crowd.scene.log
    if asText {
      for index in log.indices {
        log[index].payload = try JSON(parsing: log[index].payload.description)
      }
    }
    let restored = try VisitLedger(restoring: log, at: crowd.scene.now)
    #expect(restored.kept == crowd.scene.ledger.kept, seed)
  }
}
