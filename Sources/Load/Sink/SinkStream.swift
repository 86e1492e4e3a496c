import PeerClient
import Primitives
import Wire

/// What comes on one SSRC: every packet is numbered and counted, one in `sampling` is to be looked
/// into.
struct SinkStream {
  /// One packet in so many is decrypted; the first one always is. A prime number: each place of a
  /// frame has its turn, as some places wait longer than others.
  static let sampling = 101
  /// What a sample's timestamp may differ from the time in its mark.
  private static let stampTolerance = Duration.milliseconds(100)

  /// What has come, or has come since an earlier count.
  struct Counts {
    /// Packets, each counted once.
    var received: UInt64 = 0
    /// The highest sequence number less the first, plus one.
    var expected: UInt64 = 0
    /// Packets that came again.
    var duplicates: UInt64 = 0
    /// Packets that came behind a later one.
    var late: UInt64 = 0
    /// Packets whose timestamp does not go with their place or their mark.
    var misstamped: UInt64 = 0

    static func - (left: Counts, right: Counts) -> Counts {
      Counts(
        received: left.received - right.received, expected: left.expected - right.expected,
        duplicates: left.duplicates - right.duplicates, late: left.late - right.late,
        misstamped: left.misstamped - right.misstamped)
    }
  }

  let ssrc: UInt32
  let kind: MediaKind
  /// The mark of the last packet that was looked into: whose stream it is.
  private(set) var mark: MediaMark?
  private(set) var counts = Counts()
  /// The counts when measuring began.
  var baseline = Counts()

  private var highest: UInt64 = 0
  private var timestamp: UInt32 = 0
  /// Which of the 64 numbers up to the highest have come, the highest in bit 0.
  private var recent: UInt64 = 0
  private var untilSample = 0
  private var sampledTimestamp: UInt32 = 0
  private var reported = Counts()
  private var senderReport: (compactTime: UInt32, at: Instant)?

  init(ssrc: UInt32, kind: MediaKind) {
    self.ssrc = ssrc
    self.kind = kind
  }

  /// Whether anything has come.
  var isFlowing: Bool { counts.received > 0 }

  /// Counts a packet; true where it is to be looked into.
  mutating func receive(number: UInt16, timestamp: UInt32) -> Bool {
    guard isFlowing else {
      highest = UInt64(number)
      counts.expected = 1
      recent = 0
      return take(bit: 0, timestamp)
    }
    let distance = Int64(Int16(bitPattern: number &- UInt16(truncatingIfNeeded: highest)))
    if distance > 0 {
      highest &+= UInt64(distance)
      counts.expected += UInt64(distance)
      recent = distance < 64 ? recent << UInt64(distance) : 0
      if Int32(bitPattern: timestamp &- self.timestamp) < 0 { counts.misstamped += 1 }
      return take(bit: 0, timestamp)
    }
    let bit = UInt64(-distance)
    guard bit < 64, recent & 1 << bit == 0 else {
      counts.duplicates += 1
      return false
    }
    counts.late += 1
    return take(bit: bit, self.timestamp)
  }

  private mutating func take(bit: UInt64, _ timestamp: UInt32) -> Bool {
    recent |= 1 << bit
    self.timestamp = timestamp
    counts.received += 1
    untilSample -= 1
    guard untilSample < 0 else { return false }
    untilSample = Self.sampling - 1
    return true
  }

  /// Takes in what a decrypted packet says of itself.
  mutating func look(at mark: MediaMark, timestamp: UInt32) {
    if let last = self.mark, last.publisher == mark.publisher, last.source == mark.source {
      let ticks = Int64(Int32(bitPattern: timestamp &- sampledTimestamp))
      let difference = Duration.ticks(ticks, at: kind.clockRate) - (mark.captured - last.captured)
      if max(difference, .zero - difference) > Self.stampTolerance { counts.misstamped += 1 }
    }
    self.mark = mark
    sampledTimestamp = timestamp
  }

  /// Has the next packet looked into, since the last one could not be.
  mutating func sampleNext() { untilSample = 0 }

  // MARK: Reports

  /// Notes a sender report of the stream.
  mutating func receive(_ report: SenderReport, now: Instant) {
    senderReport = (report.compactNTPTime, now)
  }

  /// The block of a receiver report about what has come since the last one; nil before the first
  /// packet. Jitter is not measured, and given as none.
  mutating func takeReport(now: Instant) -> ReportBlock? {
    guard isFlowing else { return nil }
    let news = counts - reported
    reported = counts
    let lost = Int64(news.expected) - Int64(news.received)
    let delay = senderReport.map { (now - $0.at).ticks(at: 65_536) } ?? 0
    return ReportBlock(
      ssrc: ssrc,
      fractionLost: UInt8(clamping: max(0, lost) * 256 / Int64(max(1, news.expected))),
      cumulativeLost: Int32(clamping: Int64(counts.expected) - Int64(counts.received)),
      highestSequenceNumber: UInt32(truncatingIfNeeded: highest), jitter: 0,
      lastSenderReport: senderReport?.compactTime ?? 0,
      delaySinceLastSenderReport: UInt32(clamping: delay))
  }
}
