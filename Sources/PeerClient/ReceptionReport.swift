import Primitives
import Wire

/// Counts what comes of one stream, for the blocks of receiver reports (RFC 3550 section 6.4.1 and
/// appendix A).
struct ReceptionReport {
  /// The highest sequence number so far, extended.
  private(set) var highest: ExtendedSequenceNumber?
  private var first: UInt64 = 0
  private(set) var received: UInt64 = 0
  private var lastExpected: UInt64 = 0
  private var lastReceived: UInt64 = 0
  private var transit: Int64?
  private var jitter = 0.0
  private var senderReport: (report: SenderReport, at: Instant)?

  /// Counts a packet; returns its extended number and those in the gap before it, or nil where it
  /// is older than the stream.
  mutating func receive(
    _ header: RTPHeader, clockRate: Int, now: Instant
  ) -> (index: UInt64, gap: Range<UInt64>)? {
    guard let last = highest else {
      // One roll-over is counted ahead, so that packets from before the first can be numbered.
      let start = UInt64(header.sequenceNumber) + 65_536
      highest = ExtendedSequenceNumber(start)
      first = start
      received = 1
      return (start, start..<start)
    }
    guard let number = last.nearest(header.sequenceNumber) else { return nil }
    received += 1
    // One that was overtaken by the first.
    first = min(first, number.value)
    let arrival = (now - .origin).ticks(at: clockRate) &- Int64(header.timestamp)
    if let transit {
      let difference = Double(abs(Int32(truncatingIfNeeded: arrival &- transit)))
      jitter += (difference - jitter) / 16
    }
    transit = arrival
    guard number > last else { return (number.value, number.value..<number.value) }
    highest = number
    return (number.value, last.value + 1..<number.value)
  }

  /// Packets from the first to the highest; none before the first.
  var expected: UInt64 { highest.map { $0.value - first + 1 } ?? 0 }

  /// The interarrival jitter so far.
  func jitter(clockRate: Int) -> Duration { .ticks(Int64(jitter), at: clockRate) }

  /// Notes a sender report of the stream.
  mutating func receive(_ report: SenderReport, now: Instant) {
    senderReport = (report, now)
  }

  /// The sender's time at an RTP timestamp, since NTP's epoch; nil before its first report.
  func senderTime(at timestamp: UInt32, clockRate: Int) -> Duration? {
    guard let report = senderReport?.report else { return nil }
    let fraction = (report.ntpTime & 0xFFFF_FFFF) * 1_000_000_000 >> 32
    let ticks = Int32(bitPattern: timestamp &- report.rtpTimestamp)
    return .seconds(Int(report.ntpTime >> 32)) + .nanoseconds(Int(fraction))
      + .ticks(Int64(ticks), at: clockRate)
  }

  /// The block about everything since the last one; nil before the first packet.
  mutating func block(ssrc: UInt32, now: Instant) -> ReportBlock? {
    guard let highest else { return nil }
    let lost = Int64(expected) - Int64(received)
    let newlyExpected = expected - lastExpected
    let newlyLost = max(0, Int64(newlyExpected) - Int64(received - lastReceived))
    lastExpected = expected
    lastReceived = received
    let delay = senderReport.map { (now - $0.at).ticks(at: 65_536) } ?? 0
    return ReportBlock(
      ssrc: ssrc,
      fractionLost: newlyExpected == 0
        ? 0 : UInt8(clamping: newlyLost * 256 / Int64(newlyExpected)),
      cumulativeLost: Int32(clamping: lost),
      highestSequenceNumber: UInt32(truncatingIfNeeded: highest.value - 65_536),
      jitter: UInt32(jitter), lastSenderReport: senderReport?.report.compactNTPTime ?? 0,
      delaySinceLastSenderReport: UInt32(clamping: delay))
  }
}
