import Primitives
import Testing
import Wire

@testable import Relay

@Suite struct FeedbackBuilderTests {
  private let start = Instant(nanoseconds: 1_000_000_000)

  private func feedback(_ packets: [RTCPPacket]) -> [TransportFeedback] {
    packets.compactMap {
      guard case .transportFeedback(let feedback) = $0 else { return nil }
      return feedback
    }
  }

  @Test func packetsAreReportedWithinATenthOfASecond() throws {
    var builder = FeedbackBuilder()
    builder.receive(10, now: start)
    builder.receive(12, now: start + .milliseconds(5))
    #expect(builder.nextDeadline == start + FeedbackBuilder.interval)
    let early = builder.takeDue(now: start, senderSSRC: 1, mediaSSRC: 2)
    #expect(early.isEmpty)
    let sent = feedback(
      builder.takeDue(now: start + .milliseconds(100), senderSSRC: 1, mediaSSRC: 2))
    #expect(sent.count == 1)
    let first = try #require(sent.first)
    #expect(first.baseSequenceNumber == 10)
    #expect(first.statusCount == 3)
    #expect(first.arrivals.map(\.sequenceNumber) == [10, 12])
    #expect(first.arrivals.last?.delta == 20)
    #expect(builder.nextDeadline == nil)
  }

  @Test func manyPacketsAreReportedAtOnce() {
    var builder = FeedbackBuilder()
    for number in 0..<50 as Range<UInt16> { builder.receive(number, now: start) }
    #expect(builder.nextDeadline == start)
  }

  @Test func lossBetweenTwoReportsIsReported() throws {
    var builder = FeedbackBuilder()
    builder.receive(10, now: start)
    _ = builder.takeDue(now: start + .seconds(1), senderSSRC: 1, mediaSSRC: 2)
    builder.receive(14, now: start + .seconds(1))
    let sent = feedback(builder.takeDue(now: start + .seconds(2), senderSSRC: 1, mediaSSRC: 2))
    let second = try #require(sent.first)
    #expect(second.baseSequenceNumber == 11)
    #expect(second.statusCount == 4)
    #expect(second.arrivals.map(\.sequenceNumber) == [14])
    #expect(second.feedbackCount == 1)
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func eachPacketIsReportedOnceAcrossWrapsGapsAndReordering(seed: UInt64) {
    var random = RandomSource(seed: seed)
    var builder = FeedbackBuilder()
    var now = start
    var next: UInt32 = 65_000
    var waiting: [UInt32] = []
    var received: [UInt16] = []
    var reported: [UInt16] = []
    for _ in 0..<6_000 {
      now += .milliseconds(Int(random.next() % 8))
      if random.next() % 500 == 0 { next += UInt32(random.next() % 20_000) }
      waiting.append(next)
      next += 1
      if random.next() % 10 == 0 { continue }
      let index = Int(random.next() % UInt64(min(waiting.count, 20)))
      let number = UInt16(truncatingIfNeeded: waiting.remove(at: waiting.count - 1 - index))
      builder.receive(number, now: now)
      received.append(number)
      if waiting.count > 40 { waiting.removeFirst(20) }
      for message in feedback(builder.takeDue(now: now, senderSSRC: 1, mediaSSRC: 2)) {
        reported += message.arrivals.map(\.sequenceNumber)
        #expect(RTCPPacket.bytes(of: [.transportFeedback(message)]).count < 1_200)
      }
    }
    now += .seconds(1)
    for message in feedback(builder.takeDue(now: now, senderSSRC: 1, mediaSSRC: 2)) {
      reported += message.arrivals.map(\.sequenceNumber)
    }
    #expect(reported.count == received.count, "seed \(seed)")
    #expect(reported.sorted() == received.sorted(), "seed \(seed)")
  }
}
