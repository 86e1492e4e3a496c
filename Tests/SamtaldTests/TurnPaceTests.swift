import Primitives
import Testing

@testable import samtald

@Suite struct TurnPaceTests {
  /// The rest after a second in which so many datagrams came, in turns of 10 ms.
  private func rest(at rate: Int) -> Duration? {
    var pace = TurnPace()
    var now = Instant.origin
    var last: Instant?
    for turn in 0...100 {
      now = .origin + .milliseconds(10) * turn
      last = pace.rest(afterTurnAt: now, received: UInt64(turn * rate / 100))
    }
    return last.map { $0 - now }
  }

  @Test func whereFewDatagramsComeNoneWaits() {
    #expect(rest(at: 0) == nil)
    #expect(rest(at: 400) == nil)
  }

  @Test func whereManyComeTheyGatherForAMoment() {
    #expect(rest(at: 3_000) == TurnPace.longestRest)
    #expect(rest(at: 100_000) == TurnPace.longestRest)
    let between = rest(at: 1_000) ?? .zero
    #expect(between > .zero && between < TurnPace.longestRest)
  }

  @Test func theRestEndsWithTheRush() {
    var pace = TurnPace()
    var received: UInt64 = 0
    var now = Instant.origin
    for _ in 0..<20 {
      now += .milliseconds(10)
      received += 1_000
      _ = pace.rest(afterTurnAt: now, received: received)
    }
    #expect(pace.rest(afterTurnAt: now, received: received) != nil)
    for _ in 0..<2 {
      now += .milliseconds(60)
      _ = pace.rest(afterTurnAt: now, received: received)
    }
    #expect(pace.rest(afterTurnAt: now, received: received) == nil)
  }

  @Test func theLoadIsTheShareOfTheTimeAtWork() {
    var load = ThreadLoad()
    #expect(load.percent(now: .origin, processorTime: .zero) == 0)
    #expect(load.percent(now: .origin + .seconds(1), processorTime: .milliseconds(300)) == 30)
    #expect(load.percent(now: .origin + .seconds(2), processorTime: .milliseconds(1_400)) == 100)
  }
}
