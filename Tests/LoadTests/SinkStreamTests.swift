import PeerClient
import Primitives
import Testing
import Wire

@testable import Load

@Suite struct SinkStreamTests {
  /// A stream that has been given these sequence numbers, each with its timestamp.
  private func stream(_ numbers: [Int], ticks: UInt32 = 900) -> SinkStream {
    var stream = SinkStream(ssrc: 1, kind: .video)
    for number in numbers {
      _ = stream.receive(
        number: UInt16(truncatingIfNeeded: number),
        timestamp: UInt32(truncatingIfNeeded: number) &* ticks)
    }
    return stream
  }

  @Test func whatIsMissingIsExpectedAllTheSame() {
    let counts = stream([10, 11, 14, 15]).counts
    #expect(counts.expected == 6)
    #expect(counts.received == 4)
    #expect(counts.duplicates == 0 && counts.late == 0 && counts.misstamped == 0)
  }

  @Test func aRollOverIsNoLoss() {
    let counts = stream(Array(65_530..<65_550)).counts
    #expect(counts.expected == 20)
    #expect(counts.received == 20)
  }

  @Test func whatComesTwiceCountsOnce() {
    let counts = stream([1, 2, 2, 3, 1]).counts
    #expect(counts.expected == 3)
    #expect(counts.received == 3)
    #expect(counts.duplicates == 2)
  }

  @Test func whatComesLateIsNotLost() {
    let counts = stream([1, 2, 5, 3, 4, 6]).counts
    #expect(counts.expected == 6)
    #expect(counts.received == 6)
    #expect(counts.late == 2)
    #expect(counts.misstamped == 0)
  }

  @Test func aTimestampThatGoesBackIsNoticed() {
    var stream = stream([1, 2])
    _ = stream.receive(number: 3, timestamp: 900)
    #expect(stream.counts.misstamped == 1)
  }

  @Test func theFirstPacketAndThenEach101stIsLookedInto() {
    var stream = SinkStream(ssrc: 1, kind: .audio)
    let samples = (0..<1_000).filter {
      stream.receive(number: UInt16($0), timestamp: UInt32($0) * 960)
    }
    #expect(samples == Array(stride(from: 0, to: 1_000, by: 101)))
  }

  @Test func aTimestampThatDoesNotGoWithTheMarksIsNoticed() {
    var stream = stream([1])
    func mark(_ milliseconds: Int) -> MediaMark {
      MediaMark(
        publisher: 1, source: .camera, number: 1,
        captured: .origin + .milliseconds(milliseconds))
    }
    stream.look(at: mark(0), timestamp: 0)
    stream.look(at: mark(1_000), timestamp: 90_000)
    #expect(stream.counts.misstamped == 0)
    stream.look(at: mark(1_200), timestamp: 180_000)
    #expect(stream.counts.misstamped == 1)
  }

  @Test func aReportTellsOfWhatCameSinceTheLastOne() throws {
    var stream = stream([0, 1, 2, 3, 4, 5, 6, 7])
    let early = stream.takeReport(now: .origin)
    let first = try #require(early)
    #expect(first.fractionLost == 0 && first.cumulativeLost == 0)
    for number in [8, 11] {
      _ = stream.receive(number: UInt16(number), timestamp: UInt32(number) * 900)
    }
    let late = stream.takeReport(now: .origin)
    let second = try #require(late)
    #expect(second.fractionLost == 128)
    #expect(second.cumulativeLost == 2)
    #expect(second.highestSequenceNumber == 11)
  }
}
