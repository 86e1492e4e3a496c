import Primitives
import Testing

@testable import Engine
@testable import Visits

@Suite struct OutboxTests {
  private struct Bench {
    var outbox: Outbox
    var random = RandomSource(seed: 11)
    var now = Moment(
      instant: Instant(nanoseconds: 1), wall: WallTime(milliseconds: 1_800_000_000_000))
    let visit: VisitID

    init(channels: Set<OutgoingMessage.Channel> = [.sms, .email]) throws {
      outbox = Outbox(channels: channels)
      visit = try #require(VisitID("vis_a"))
    }

    @discardableResult
    mutating func queue(
      _ name: String, to person: String = "per_a", by channel: OutgoingMessage.Channel = .sms
    ) throws -> MessageID {
      let message = OutgoingMessage(
        id: try #require(MessageID("msg_" + name)), kind: .invite, invite: nil,
        person: try #require(PersonID(person)), channel: channel, queuedAt: now.wall)
      outbox.add(message, of: visit, at: now.instant)
      return message.id
    }

    /// Everything that is due now.
    mutating func sent() -> [String] {
      var names: [String] = []
      while case .send(let message, _)? = outbox.next(at: now) { names.append(message.id.text) }
      return names
    }

    @discardableResult
    mutating func answer(_ name: String, _ outcome: DeliveryOutcome) -> OutgoingMessage.Outcome? {
      guard let id = MessageID("msg_" + name) else { return nil }
      return outbox.handle(outcome, of: id, at: now, random: &random)?.outcome
    }

    mutating func pass(_ span: Duration) {
      now = Moment(instant: now.instant + span, wall: now.wall + span)
    }
  }

  @Test func aMessageGoesOutOnceAndIsDoneWith() throws {
    var bench = try Bench()
    try bench.queue("1")
    #expect(bench.outbox.nextDeadline == bench.now.instant)
    #expect(bench.sent() == ["msg_1"])
    #expect(bench.sent() == [])
    #expect(bench.outbox.nextDeadline == nil)
    #expect(bench.answer("1", .sent) == .sent)
    #expect(bench.answer("1", .sent) == nil)
    #expect(bench.outbox.count == 0)
  }

  @Test func whatOnePersonGetsGoesOutInOrder() throws {
    var bench = try Bench()
    try bench.queue("1")
    try bench.queue("2")
    try bench.queue("3", by: .email)
    try bench.queue("4", to: "per_b")
    #expect(bench.sent() == ["msg_1", "msg_3", "msg_4"])
    bench.answer("1", .deferred(.busy, notBefore: nil))
    bench.pass(.minutes(1))
    #expect(bench.sent() == ["msg_1"])
    bench.answer("1", .sent)
    #expect(bench.sent() == ["msg_2"])
  }

  @Test func waitsGrowAndAreNeverShorterThanTheOtherSideWants() throws {
    var bench = try Bench()
    try bench.queue("1")
    var waits: [Duration] = []
    for _ in 0..<12 {
      #expect(bench.sent() == ["msg_1"])
      #expect(bench.answer("1", .deferred(.unreachable, notBefore: nil)) == nil)
      let next = try #require(bench.outbox.nextDeadline)
      waits.append(next - bench.now.instant)
      bench.pass(waits[waits.count - 1] - .milliseconds(1))
      #expect(bench.sent() == [])
      bench.pass(.milliseconds(1))
    }
    #expect(waits[0] >= .milliseconds(2_500) && waits[0] <= .seconds(5))
    #expect(waits[6] > waits[0] * 16)
    #expect(waits.allSatisfy { $0 <= .minutes(30) })
    #expect(bench.sent() == ["msg_1"])
    bench.answer("1", .deferred(.busy, notBefore: .hours(2)))
    #expect(try #require(bench.outbox.nextDeadline) == bench.now.instant + .hours(2))
  }

  @Test func afterADayAMessageIsGivenUp() throws {
    var bench = try Bench()
    try bench.queue("1")
    var outcome: OutgoingMessage.Outcome?
    var attempts = 0
    while outcome == nil, attempts < 1_000 {
      let next = try #require(bench.outbox.nextDeadline)
      bench.pass(next - bench.now.instant)
      #expect(bench.sent() == ["msg_1"])
      outcome = bench.answer("1", .deferred(.unreachable, notBefore: nil))
      attempts += 1
    }
    #expect(outcome == .failed(.unavailable))
    #expect((40...120).contains(attempts), "\(attempts) attempts in a day")
    #expect(bench.now.instant - Instant(nanoseconds: 1) <= Limits.deliveryLifetime)
    #expect(bench.outbox.count == 0)
  }

  @Test func aMessageThatWasQueuedLongAgoIsNotSentAnyMore() throws {
    var bench = try Bench()
    let id = try bench.queue("1")
    bench.pass(Limits.deliveryLifetime)
    guard case .settle(let message, _, let outcome)? = bench.outbox.next(at: bench.now) else {
      Issue.record("it is sent")
      return
    }
    #expect(message.id == id)
    #expect(outcome == .failed(.unavailable))
    #expect(bench.outbox.next(at: bench.now) == nil)
  }

  @Test func aRefusalIsFinal() throws {
    var bench = try Bench()
    try bench.queue("1")
    try bench.queue("2")
    #expect(bench.sent() == ["msg_1"])
    #expect(bench.answer("1", .refused(.recipientRefused)) == .failed(.rejected))
    #expect(bench.sent() == ["msg_2"])
  }

  @Test func noMoreAreUnderWayThanTheLimitAllows() throws {
    var bench = try Bench()
    for index in 0..<40 { try bench.queue("\(index)", to: "per_\(index)") }
    let first = bench.sent()
    #expect(first.count == Limits.deliveriesUnderWay)
    #expect(bench.outbox.nextDeadline == nil)
    bench.answer(String(first[0].dropFirst(4)), .sent)
    #expect(bench.sent().count == 1)
    #expect(bench.outbox.count == 39)
  }

  @Test func whatNobodySendsByIsNotTaken() throws {
    var bench = try Bench(channels: [.email])
    try bench.queue("1")
    #expect(bench.sent() == [])
    #expect(bench.outbox.count == 0)
  }

  @Test func nothingLeavesAClosedOutbox() throws {
    var bench = try Bench()
    try bench.queue("1")
    try bench.queue("2", to: "per_b")
    #expect(bench.sent().count == 2)
    try bench.queue("3", to: "per_c")
    bench.outbox.close()
    #expect(bench.sent() == [])
    #expect(bench.outbox.nextDeadline == nil)
    #expect(bench.answer("1", .sent) == .sent)
  }
}
