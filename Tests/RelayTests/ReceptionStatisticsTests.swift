import Primitives
import Testing

@testable import Relay

@Suite struct ReceptionStatisticsTests {
  private let start = Instant(nanoseconds: 1_000_000_000)

  @Test func lossIsCountedInAllAndSinceTheLastReport() throws {
    var statistics = ReceptionStatistics(clockRate: 90_000)
    let none = statistics.summarize()
    #expect(none == nil)
    for sequence in 65_536..<65_636 as Range<UInt64> where sequence % 4 != 3 {
      statistics.record(sequence: sequence, timestamp: 0, arrival: start)
    }
    let summary = statistics.summarize()
    let first = try #require(summary)
    #expect(first.highestSequence == 65_634)
    #expect(first.cumulativeLost == 24)
    #expect(first.fractionLost == UInt8(24 * 256 / 99))
    for sequence in 65_635..<65_735 as Range<UInt64> {
      statistics.record(sequence: sequence, timestamp: 0, arrival: start)
    }
    let next = statistics.summarize()
    let second = try #require(next)
    #expect(second.fractionLost == 0)
    #expect(second.cumulativeLost == 24)
  }

  @Test func jitterOfAnEvenStreamIsNothing() throws {
    var statistics = ReceptionStatistics(clockRate: 48_000)
    for packet in 0..<200 as Range<UInt64> {
      statistics.record(
        sequence: 65_536 + packet, timestamp: UInt32(packet) * 960,
        arrival: start + .milliseconds(20) * Int(packet))
    }
    let summary = statistics.summarize()
    #expect(summary?.jitter == 0)
  }

  @Test func jitterApproachesTheMeanDifferenceOfTransitTimes() throws {
    var statistics = ReceptionStatistics(clockRate: 48_000)
    for packet in 0..<400 as Range<UInt64> {
      let delay = Duration.milliseconds(packet % 2 == 0 ? 0 : 10)
      statistics.record(
        sequence: 65_536 + packet, timestamp: UInt32(packet) * 960,
        arrival: start + .milliseconds(20) * Int(packet) + delay)
    }
    let last = statistics.summarize()
    let summary = try #require(last)
    #expect(abs(Int(summary.jitter) - 480) < 10)
  }
}
