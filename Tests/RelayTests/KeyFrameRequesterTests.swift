import Primitives
import Testing

@testable import Relay

@Suite struct KeyFrameRequesterTests {
  private let start = Instant(nanoseconds: 1_000_000_000)

  /// Runs requests at the given milliseconds, with a key frame 80 ms after each one that is sent;
  /// answers with the milliseconds at which they were sent.
  private func sent(_ requests: [Int], isAnswered: Bool = true, until end: Int) -> [Int] {
    var requester = KeyFrameRequester()
    var answers: Set<Int> = []
    var sent: [Int] = []
    for millisecond in 0...end {
      let now = start + .milliseconds(millisecond)
      if answers.contains(millisecond) { requester.receiveKeyFrame() }
      if requests.contains(millisecond) { requester.request(now: now) }
      if requester.handleDeadline(now: now) {
        sent.append(millisecond)
        if isAnswered { answers.insert(millisecond + 80) }
      }
    }
    return sent
  }

  @Test func theFirstRequestGoesAtOnce() {
    #expect(sent([7], until: 2_000) == [7])
  }

  @Test func thoseOfTheNextHalfSecondAreMergedIntoOneAtItsEnd() {
    #expect(sent([0, 100, 200, 300, 499], until: 2_000) == [0, 500])
  }

  @Test func aHundredJoinersInASecondCauseTwo() {
    #expect(sent((0..<100).map { $0 * 10 }, until: 999) == [0, 500])
  }

  @Test func whoAskedBeforeTheKeyFrameIsServedByIt() {
    #expect(sent([0, 50], until: 2_000) == [0])
  }

  @Test func anUnansweredRequestIsRepeatedEverMoreSlowly() {
    #expect(sent([0], isAnswered: false, until: 12_000) == [0, 500, 1_500, 3_500, 7_500, 11_500])
  }

  @Test func aStreamThatIsAliveIsAskedEveryHalfSecond() {
    var requester = KeyFrameRequester()
    requester.request(now: start)
    var sent = 0
    for step in 0..<200 {
      requester.receivePacket()
      if requester.handleDeadline(now: start + .milliseconds(step * 10)) { sent += 1 }
    }
    #expect(sent == 4)
  }
}
