import Primitives
import Testing

@testable import samtald

@Suite struct TurnPaceTests {
  private var pace = TurnPace()
  private var now = Instant.origin
  private var received: UInt64 = 0

  /// Lets datagrams come at a rate for a second, in turns of 10 ms; the rest after the last.
  private mutating func rest(at rate: UInt64) -> Duration? {
    var end: Instant?
    for _ in 0..<100 {
      now += .milliseconds(10)
      received += rate / 100
      end = pace.rest(afterTurnBegunAt: now, received: received)
    }
    return end.map { $0 - now }
  }

  @Test mutating func whereFewDatagramsComeNoneWaits() {
    #expect(rest(at: 0) == nil)
    #expect(rest(at: 900) == nil)
    #expect(!pace.isResting)
  }

  @Test mutating func whereManyComeTurnsAreAPeriodApart() {
    #expect(rest(at: 3_000) == TurnPace.period)
    #expect(rest(at: 100_000) == TurnPace.period)
    #expect(pace.isResting)
  }

  @Test mutating func theRestEndsWithTheRush() {
    #expect(rest(at: 1_200) == nil)
    #expect(rest(at: 2_000) != nil)
    #expect(rest(at: 1_200) != nil, "a rate between the bounds changes nothing")
    #expect(rest(at: 500) == nil)
  }

  @Test func theLoadIsTheShareOfTheTimeAtWork() {
    var load = ThreadLoad()
    #expect(load.percent(now: .origin, processorTime: .zero) == 0)
    #expect(load.percent(now: .origin + .seconds(1), processorTime: .milliseconds(300)) == 30)
    #expect(load.percent(now: .origin + .seconds(2), processorTime: .milliseconds(1_400)) == 100)
  }
}
