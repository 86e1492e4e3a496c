import Primitives
import Testing

@testable import Relay

@Suite struct CaptureClockTests {
  private let start = Instant(nanoseconds: 50_000_000_000)

  @Test func untilAReportComesTheFastestPacketCountsAsCapturedWhenItArrived() {
    var clock = CaptureClock(rate: 90_000)
    #expect(clock.captureTime(of: 1_000, offset: nil) == nil)
    clock.receive(timestamp: 1_000, now: start)
    clock.receive(timestamp: 91_000, now: start + .seconds(2))
    #expect(clock.captureTime(of: 91_000, offset: nil) == start + .seconds(1))
    #expect(clock.timestamp(at: start + .seconds(1), offset: nil) == 91_000)
    clock.receive(timestamp: 181_000, now: start + .milliseconds(1_900))
    #expect(clock.captureTime(of: 91_000, offset: nil) == start + .milliseconds(900))
  }

  @Test func aReportTiesBothStreamsOfAPublisherToOneClock() {
    let offset = Duration.seconds(-3_000)
    let time = NTPTime(at: start)
    var audio = CaptureClock(rate: 48_000)
    var video = CaptureClock(rate: 90_000)
    audio.receive(timestamp: 5, now: start + .milliseconds(20))
    video.receive(timestamp: 900, now: start + .milliseconds(300))
    audio.record(time, timestamp: 5)
    video.record(time, timestamp: 900)
    #expect(
      audio.captureTime(of: 5 + 48_000, offset: offset)
        == video.captureTime(of: 900 + 90_000, offset: offset))
  }

  @Test func theOffsetIsThatOfTheFastestReport() throws {
    var filter = NTPOffsetFilter()
    #expect(filter.offset == nil)
    for delay in [80, 20, 50, 300] {
      let sent = start + .seconds(delay)
      filter.record(NTPTime(at: sent), arrival: sent + .milliseconds(delay))
    }
    let offset = try #require(filter.offset)
    let truth = (start - .origin) - NTPTime(at: start).sinceEpoch
    #expect(abs((offset - truth - .milliseconds(20)).microseconds) <= 1)
  }

  @Test func theOffsetFollowsAClockThatWasSetBack() throws {
    var filter = NTPOffsetFilter()
    for second in 0..<300 {
      let now = start + .seconds(second)
      filter.record(NTPTime(at: second < 100 ? now : now - .seconds(5)), arrival: now)
    }
    let truth = (start - .origin) - NTPTime(at: start - .seconds(5)).sinceEpoch
    let offset = try #require(filter.offset)
    #expect(abs((offset - truth).microseconds) <= 1)
  }

  @Test func networkTimeKeepsItsPrecision() {
    let time = NTPTime(at: start + .microseconds(123_456))
    let base = NTPTime(at: start)
    let span = time.sinceEpoch - base.sinceEpoch
    #expect(abs(span.nanoseconds - 123_456_000) <= 1)
  }
}
