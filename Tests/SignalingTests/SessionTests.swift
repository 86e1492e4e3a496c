import Primitives
import Testing

@testable import Signaling

@Suite struct SessionTests {
  private func session() -> SignalingSession {
    var random = RandomSource(seed: 1)
    return SignalingSession(id: SessionID(random: &random), connection: ConnectionID(1))
  }

  @Test func notificationsAreNumberedWithoutGaps() throws {
    var session = session()
    for number in 1...600 {
      let text = session.notify("x", ["a": 1])
      #expect(try JSON(parsing: text)["params"]?["seq"] == .integer(Int64(number)))
    }
  }

  @Test func whatWasMissedIsReplayedInOrder() {
    var session = session()
    var texts: [String] = []
    for _ in 0..<700 {
      texts.append(session.notify("x", [:]))
      for missed in [0, 1, 17, 255, 256, 257] where missed <= texts.count {
        let replay = session.missed(after: UInt64(texts.count - missed))
        if missed <= Limits.replayedNotifications {
          #expect(replay == Array(texts.suffix(missed)))
        } else {
          #expect(replay == nil)
        }
      }
    }
  }

  @Test func longNotificationsAreKeptOnlyUpToTheirBytes() {
    var session = session()
    var texts: [String] = []
    for length in 0..<400 {
      let word = String(repeating: "x", count: length * 10)
      texts.append(session.notify("x", ["word": .string(word)]))
    }
    let missed = (0...400).filter { session.missed(after: 400 - UInt64($0)) != nil }
    let held = texts.suffix(missed.count - 1)
    #expect(missed == Array(0..<missed.count))
    #expect(session.missed(after: 400 - UInt64(held.count)) == Array(held))
    #expect(held.map(\.utf8.count).reduce(0, +) <= Limits.replayedBytes)
    #expect(held.count >= 3)
  }

  @Test func aNumberThatWasNeverGivenOutCannotBeContinued() {
    var session = session()
    #expect(session.missed(after: 0) == [])
    #expect(session.missed(after: 1) == nil)
    _ = session.notify("x", [:])
    #expect(session.missed(after: .max) == nil)
  }

  @Test func oneConnectionCarriesASessionAtATime() {
    var session = session()
    #expect(session.attach(ConnectionID(2)) == ConnectionID(1))
    session.detach(at: .origin)
    #expect(session.deadline == .origin + Limits.resumeWindow)
    #expect(session.attach(ConnectionID(3)) == nil)
    #expect(session.deadline == nil)
  }

  @Test func aBurstIsLetThroughAndThenTheRateHolds() {
    var bucket = TokenBucket(rate: 50, now: .origin)
    let burst = (0..<100).count { _ in bucket.take(now: .origin) }
    #expect(burst == 50)
    var taken = 0
    for milliseconds in 1...2_000 {
      if bucket.take(now: .origin + .milliseconds(milliseconds)) { taken += 1 }
    }
    #expect(taken == 100)
  }
}
