import Primitives
import Testing

@testable import Relay

@Suite struct NACKGeneratorTests {
  private let start = Instant(nanoseconds: 1_000_000_000)
  private let roundTrip = Duration.milliseconds(50)

  @Test func aGapIsAskedForInOneBatchAfterReorderingTime() {
    var gaps = NACKGenerator()
    _ = gaps.receive(65_600, now: start)
    #expect(gaps.nextDeadline == nil)
    _ = gaps.receive(65_603, now: start)
    _ = gaps.receive(65_605, now: start + .milliseconds(3))
    let due = start + NACKGenerator.reorderingTime
    #expect(gaps.nextDeadline == due)
    #expect(gaps.takeDue(now: due, roundTrip: roundTrip) == [65, 66, 68])
  }

  @Test func whatWasOnlyOvertakenIsNotAskedFor() {
    var gaps = NACKGenerator()
    for sequence in [100, 103, 101, 102] as [UInt64] { _ = gaps.receive(sequence, now: start) }
    #expect(gaps.takeDue(now: start + .seconds(1), roundTrip: roundTrip) == [])
    #expect(gaps.nextDeadline == nil)
  }

  @Test func aPacketIsAskedForABoundedNumberOfTimes() {
    var gaps = NACKGenerator()
    _ = gaps.receive(100, now: start)
    _ = gaps.receive(102, now: start)
    var asked = 0
    var now = start
    while let due = gaps.nextDeadline {
      #expect(due > now)
      now = due
      asked += gaps.takeDue(now: now, roundTrip: roundTrip).count
    }
    #expect(asked == Limits.nackAttempts)
    #expect(now - start >= roundTrip * (Limits.nackAttempts - 1))
  }

  @Test func aListThatOverflowsIsGivenUp() {
    var gaps = NACKGenerator()
    _ = gaps.receive(100, now: start)
    guard case .gap = gaps.receive(101 + UInt64(Limits.nackListLength), now: start) else {
      Issue.record("as many as fit are asked for")
      return
    }
    guard case .overflow = gaps.receive(1_000, now: start) else {
      Issue.record("more than fit are given up")
      return
    }
    #expect(gaps.takeDue(now: start + .seconds(1), roundTrip: roundTrip) == [])
  }
}
