import Primitives
import Testing

@testable import Delivery

@Suite struct WebhookLineTests {
  private let target = WebhookLine.Target(url: "https://a.example/", key: Redacted([1]))
  private let start = Instant(nanoseconds: 1)

  private func line(_ positions: [UInt64], after: UInt64 = 0, through: UInt64) -> WebhookLine {
    var line = WebhookLine(target, after: after)
    line.take(positions.map { .init(position: $0, body: "\($0)") }, through: through)
    return line
  }

  @Test func eventsGoOneByOneInOrder() {
    var random = RandomSource(seed: 1)
    var line = line([2, 3, 7], through: 9)
    var bodies: [String] = []
    while let call = line.next(at: start) {
      #expect(line.next(at: start) == nil, "two at once")
      bodies.append(call.body)
      line.handle(.sent, at: start, random: &random)
    }
    #expect(bodies == ["2", "3", "7"])
    #expect(line.position == 9)
    #expect(line.wantsEvents)
  }

  @Test func whatIsNotForTheClinicIsPassedOver() {
    let line = line([], through: 40)
    #expect(line.position == 40)
    #expect(line.nextDeadline == nil)
  }

  @Test func noEventIsEverSkipped() {
    var random = RandomSource(seed: 2)
    var line = line([1, 2], through: 2)
    var now = start
    let outcomes: [DeliveryOutcome] = [
      .deferred(.unreachable, notBefore: nil), .refused(.messageRefused),
      .deferred(.serverFailed, notBefore: .minutes(20)), .deferred(.privateTarget, notBefore: nil),
    ]
    for outcome in outcomes {
      #expect(line.next(at: now)?.body == "1")
      line.handle(outcome, at: now, random: &random)
      #expect(line.position == 0)
      #expect(line.next(at: now) == nil, "without a wait")
      let due = line.nextDeadline ?? now
      if case .deferred(_, let span?) = outcome { #expect(due - now >= span) }
      now = due
    }
    _ = line.next(at: now)
    line.handle(.sent, at: now, random: &random)
    #expect(line.position == 1)
    #expect(line.next(at: now)?.body == "2")
  }

  @Test func waitsGrowAndBeginAnew() {
    var random = RandomSource(seed: 3)
    var line = line([1, 2], through: 2)
    var now = start
    for _ in 0..<30 {
      _ = line.next(at: now)
      line.handle(.deferred(.busy, notBefore: nil), at: now, random: &random)
      let wait = (line.nextDeadline ?? now) - now
      #expect(wait >= .milliseconds(500) && wait <= .minutes(10))
      now += wait
    }
    _ = line.next(at: now)
    line.handle(.sent, at: now, random: &random)
    _ = line.next(at: now)
    line.handle(.deferred(.busy, notBefore: nil), at: now, random: &random)
    #expect((line.nextDeadline ?? now) - now <= .seconds(1))
  }

  @Test func aNewAddressCountsFromTheNextAttemptOn() {
    var line = line([1], through: 1)
    line.target.url = "https://b.example/"
    #expect(line.next(at: start)?.url == "https://b.example/")
  }

  @Test func anotherLineThatGoesOnFromThereRepeatsOnlyWhatWasNotTaken() {
    var random = RandomSource(seed: 4)
    var first = line([1, 2, 3], through: 3)
    _ = first.next(at: start)
    first.handle(.sent, at: start, random: &random)
    let call = first.next(at: start)
    // Here the process dies: the second call's answer is never heard.
    var second = line([2, 3], after: first.position, through: 3)
    #expect(second.next(at: start) == call)
  }
}
