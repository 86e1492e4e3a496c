import Primitives
import Testing

@testable import samtald

@Suite struct TurnPaceTests {
  private var pace = TurnPace()
  private var now = Instant.origin
  private var received = TurnPace.Received()

  /// Lets datagrams come at a rate for a second, so many together, in turns of 10 ms; the rest after
  /// the last.
  private mutating func rest(
    at rate: UInt64, together: UInt64 = 1, isGathering: Bool = false
  ) -> Duration? {
    var end: Instant?
    for _ in 0..<100 {
      now += .milliseconds(10)
      received.datagrams += rate / 100
      for number in 0..<rate / 100 / together {
        received.note(at: now - .milliseconds(10) + .milliseconds(1) * Int(number))
      }
      end = pace.rest(
        afterTurnBegunAt: now, received: received,
        gatheringUntil: isGathering ? now + .milliseconds(3) : nil)
    }
    return end.map { $0 - now }
  }

  @Test mutating func whereFewDatagramsComeNoneWaits() {
    #expect(rest(at: 0) == nil)
    #expect(rest(at: 300) == nil)
    #expect(!pace.isResting)
  }

  @Test mutating func whereManyComeTurnsAreAPeriodApart() {
    #expect(rest(at: 3_000) == TurnPace.period)
    #expect(rest(at: 100_000) == TurnPace.period)
    #expect(pace.isResting)
  }

  @Test mutating func theRestEndsWithTheRush() {
    #expect(rest(at: 1_200, together: 4) == nil)
    #expect(rest(at: 2_000, together: 4) != nil)
    #expect(rest(at: 1_200, together: 4) != nil, "a rate between the bounds changes nothing")
    #expect(rest(at: 300) == nil)
  }

  @Test mutating func whereSomeComeTheyWaitAfterATurnThatHadSomethingToDo() {
    #expect(rest(at: 700) == TurnPace.period)
    #expect(!pace.isResting)
    #expect(rest(at: 1_200, together: 4) == nil, "what comes together wakes up once")
    let end = rest(at: 700)
    now += .milliseconds(4)
    let idle = pace.rest(afterTurnBegunAt: now, received: received, gatheringUntil: nil)
    #expect(end != nil && idle == nil, "nothing came, and nothing is waited for")
  }

  @Test mutating func whereSomebodyIsConnectingNothingWaits() {
    #expect(rest(at: 700) == TurnPace.period)
    now += .milliseconds(4)
    received.note(at: now)
    let end = pace.rest(
      afterTurnBegunAt: now, received: received, gatheringUntil: now + .milliseconds(3),
      isAwaited: true)
    #expect(end == nil)
  }

  @Test mutating func packetsThatWaitForTheirFrameGoOutWhenTheyAreDue() {
    #expect(rest(at: 300, isGathering: true) == nil)
    #expect(rest(at: 700, isGathering: true) == .milliseconds(3))
    #expect(rest(at: 2_000, isGathering: true) == .milliseconds(3))
    let end = pace.rest(afterTurnBegunAt: now, received: received, gatheringUntil: now)
    #expect(end == now + TurnPace.shortestPeriod, "what is due soon goes out together")
  }

  @Test func theLoadIsTheShareOfTheTimeAtWork() {
    var load = ThreadLoad()
    #expect(load.percent(now: .origin, processorTime: .zero) == 0)
    #expect(load.percent(now: .origin + .seconds(1), processorTime: .milliseconds(300)) == 30)
    #expect(load.percent(now: .origin + .seconds(2), processorTime: .milliseconds(1_400)) == 100)
  }
}
