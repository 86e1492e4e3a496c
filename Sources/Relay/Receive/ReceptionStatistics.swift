import Primitives

/// Loss and jitter of one received stream, as receiver reports carry them (RFC 3550 sections
/// 6.4.1, A.3 and A.8).
///
/// Packets that came as retransmissions are not counted: the publisher is told what the network
/// lost, not what was repaired.
struct ReceptionStatistics {
  /// What goes into a report block.
  struct Summary: Equatable {
    /// The fraction lost since the last summary, in 1/256.
    var fractionLost: UInt8
    /// Packets lost since the start, -2^23...2^23-1; duplicates make it smaller.
    var cumulativeLost: Int32
    /// The highest sequence number, its roll-overs in the high 16 bits.
    var highestSequence: UInt32
    /// Interarrival jitter in ticks of the RTP clock.
    var jitter: UInt32
  }

  private let clockRate: Int
  private var first: UInt64?
  private var highest: UInt64 = 0
  private var received: Int64 = 0
  private var expectedBefore: Int64 = 0
  private var receivedBefore: Int64 = 0
  /// Jitter times 16, as in RFC 3550 section A.8.
  private var scaledJitter: Int64 = 0
  private var lastTransit: Int32?

  /// Starts without a packet; `clockRate` is that of the RTP timestamps, in hertz.
  init(clockRate: Int) { self.clockRate = clockRate }

  /// Counts a packet that came on the stream itself.
  mutating func record(sequence: UInt64, timestamp: UInt32, arrival: Instant) {
    received += 1
    if first == nil {
      first = sequence
      highest = sequence
    }
    highest = max(highest, sequence)
    first = min(first ?? sequence, sequence)

    let ticks = (arrival - .origin).ticks(at: clockRate)
    let transit = Int32(bitPattern: UInt32(truncatingIfNeeded: ticks) &- timestamp)
    if let lastTransit {
      let difference = Int64((transit &- lastTransit).magnitude)
      // A jump of more than 10 s is a new time line of the sender, not jitter.
      if difference < Int64(clockRate) * 10 {
        scaledJitter += difference - ((scaledJitter + 8) >> 4)
      }
    }
    lastTransit = transit
  }

  /// The state for a report block, and the start of the next interval; nil before any packet.
  mutating func summarize() -> Summary? {
    guard let first else { return nil }
    let expected = Int64(highest - first) + 1
    let newlyExpected = expected - expectedBefore
    let newlyLost = newlyExpected - (received - receivedBefore)
    expectedBefore = expected
    receivedBefore = received
    let fraction = newlyExpected > 0 && newlyLost > 0 ? newlyLost * 256 / newlyExpected : 0
    return Summary(
      fractionLost: UInt8(min(fraction, 255)),
      cumulativeLost: Int32(max(-0x80_0000, min(expected - received, 0x7F_FFFF))),
      highestSequence: UInt32(truncatingIfNeeded: highest),
      jitter: UInt32(truncatingIfNeeded: scaledJitter >> 4))
  }
}
