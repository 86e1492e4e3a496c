import Primitives
import Testing

@testable import Relay

@Suite struct TimestampMapperTests {
  private let start = Instant(nanoseconds: 10_000_000_000)

  private func mapper(rate: Int = 90_000) -> TimestampMapper {
    var random = RandomSource(seed: 3)
    return TimestampMapper(rate: rate, random: &random)
  }

  @Test func outputTimeIsALineOverCaptureTimeWhoeverSends() {
    var mapper = mapper()
    let isTied = mapper.start(timestamp: 4_000_000_000, capture: start)
    #expect(isTied)
    let first = mapper.rewrite(4_000_000_000)
    #expect(mapper.rewrite(4_000_090_000) == first &+ 90_000)
    let isTiedAgain = mapper.start(timestamp: 17, capture: start + .seconds(5))
    #expect(isTiedAgain)
    #expect(mapper.rewrite(17) == first &+ 450_000)
  }

  @Test func whatWasCapturedBeforeTheBeginningIsNotLetOut() {
    var mapper = mapper()
    let from = mapper.begin(after: start)
    let isEarlyTied = mapper.start(timestamp: 0, capture: start - .milliseconds(1))
    #expect(!isEarlyTied)
    let isTied = mapper.start(timestamp: 0, capture: start + .milliseconds(1))
    #expect(isTied)
    #expect(Int32(bitPattern: mapper.rewrite(0) &- from) >= 0)
    #expect(!mapper.admits(UInt32.max &- 1_000))
  }

  @Test func theBeginningLiesBehindAllThatWentOut() {
    var mapper = mapper()
    let isTied = mapper.start(timestamp: 0, capture: start)
    #expect(isTied)
    let ahead = mapper.rewrite(90_000)
    #expect(mapper.latestCapture == start + .seconds(1) + .ticks(1, at: 90_000))
    let from = mapper.begin(after: start)
    #expect(from == ahead &+ 1)
  }

  @Test func aLayerOfAPictureThatWentOutIsPutBehindIt() {
    var mapper = mapper()
    let isTied = mapper.start(timestamp: 0, capture: start)
    #expect(isTied)
    let first = mapper.rewrite(0)
    let isTiedAgain = mapper.start(timestamp: 700, capture: start)
    #expect(isTiedAgain)
    #expect(mapper.rewrite(700) == first &+ 1)
    let isEarlyTied = mapper.start(timestamp: 0, capture: start - .seconds(1))
    #expect(!isEarlyTied)
  }

  @Test func timestampsWrapWithoutAJump() {
    var mapper = mapper()
    let isTied = mapper.start(timestamp: UInt32.max - 10, capture: start)
    #expect(isTied)
    let first = mapper.rewrite(UInt32.max - 10)
    #expect(mapper.rewrite(89_989) == first &+ 90_000)
  }

  @Test func aClockThatStoodStillOrJumpedIsNoticed() {
    var mapper = mapper()
    let isTied = mapper.start(timestamp: 0, capture: start)
    #expect(isTied)
    #expect(mapper.isPlausible(0, now: start + .seconds(9)))
    #expect(!mapper.isPlausible(0, now: start + .seconds(60)))
    #expect(!mapper.isPlausible(270_000, now: start))
  }
}
