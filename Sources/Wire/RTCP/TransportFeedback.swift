import Primitives

/// Which packets of a transport arrived, and when
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                     SSRC of packet sender                     |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                      SSRC of media source                     |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |      base sequence number     |      packet status count      |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                 reference time                | feedback count|
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |          status chunk         |   status chunks; then deltas  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// A delta is the time since the packet before in ticks of 250 µs, in a byte (0...255) or in two
/// (signed); that of the first packet counts from the reference time.
public struct TransportFeedback: Equatable, Sendable {
  /// One packet that arrived.
  public struct Arrival: Equatable, Sendable {
    /// Its transport-wide sequence number.
    public var sequenceNumber: UInt16
    /// Ticks since the arrival before in this message, since the reference time for the first.
    public var delta: Int16

    /// Joins the two.
    public init(sequenceNumber: UInt16, delta: Int16) {
      self.sequenceNumber = sequenceNumber
      self.delta = delta
    }
  }

  /// Who reports.
  public var senderSSRC: UInt32
  /// A stream of the transport that is reported on.
  public var mediaSSRC: UInt32
  /// The first packet that the message speaks of.
  public var baseSequenceNumber: UInt16
  /// How many packets it speaks of, at least one.
  public var statusCount: UInt16
  /// The receiver's clock in 64 ms: 24 bits signed, wrapping.
  public var referenceTime: Int32
  /// Counts the messages.
  public var feedbackCount: UInt8
  /// The packets that arrived, in order of sequence number; the others of the
  /// `statusCount` did not.
  public var arrivals: [Arrival]

  /// The time that a delta of 1 stands for.
  public static let tick = Duration.microseconds(250)
  /// The time that a reference time of 1 stands for.
  public static let referenceUnit = Duration.milliseconds(64)

  static let fixedLength = 16

  /// Joins the parts. The arrivals' sequence numbers rise, modulo 2^16, and lie within
  /// `statusCount` of the base.
  public init(
    senderSSRC: UInt32, mediaSSRC: UInt32, baseSequenceNumber: UInt16, statusCount: UInt16,
    referenceTime: Int32, feedbackCount: UInt8, arrivals: [Arrival]
  ) {
    self.senderSSRC = senderSSRC
    self.mediaSSRC = mediaSSRC
    self.baseSequenceNumber = baseSequenceNumber
    self.statusCount = statusCount
    self.referenceTime = referenceTime
    self.feedbackCount = feedbackCount
    self.arrivals = arrivals
  }

  /// Whether a delta fits into a byte.
  static func isSmall(_ delta: Int16) -> Bool { 0...255 ~= delta }
}

extension TransportFeedback {
  /// A packet with its extended transport-wide sequence number, and when it came in.
  public struct Observation: Equatable, Sendable {
    /// The sequence number.
    public var sequenceNumber: ExtendedSequenceNumber
    /// When the packet came in.
    public var arrival: Instant

    /// Joins the two.
    public init(sequenceNumber: ExtendedSequenceNumber, arrival: Instant) {
      self.sequenceNumber = sequenceNumber
      self.arrival = arrival
    }
  }

  /// Most arrivals in a message that is made here: with the worst pattern of losses between them
  /// it stays under 800 bytes.
  static let longestReport = 128
  /// Longest gap within a message that is made here: one chunk says it.
  static let longestGap: UInt64 = 8_191

  /// Reports as many of `observations` as one message can carry, and says how many those were:
  /// at least one. The rest belongs in further messages.
  ///
  /// The observations are not empty and rise strictly by sequence number; each is given to one
  /// message only.
  public static func reporting(
    _ observations: ArraySlice<Observation>, senderSSRC: UInt32, mediaSSRC: UInt32,
    feedbackCount: UInt8
  ) -> (feedback: TransportFeedback, reported: Int) {
    precondition(!observations.isEmpty, "nothing to report")
    let first = observations[observations.startIndex]
    let reference = ticks(first.arrival) >> 8
    var arrivals: [Arrival] = []
    var previous = (sequenceNumber: first.sequenceNumber, ticks: reference << 8)
    for observation in observations.prefix(longestReport) {
      let now = ticks(observation.arrival)
      let gap = observation.sequenceNumber.value - previous.sequenceNumber.value
      guard gap <= longestGap, let delta = Int16(exactly: now - previous.ticks) else { break }
      arrivals.append(
        Arrival(sequenceNumber: observation.sequenceNumber.number, delta: delta))
      previous = (observation.sequenceNumber, now)
    }
    // At most 128 gaps of 8,191 do not fit 16 bits: the last arrivals may have to wait.
    while previous.sequenceNumber.value - first.sequenceNumber.value >= UInt64(UInt16.max) {
      arrivals.removeLast()
      previous.sequenceNumber =
        observations[observations.startIndex + arrivals.count - 1].sequenceNumber
    }
    let count = previous.sequenceNumber.value - first.sequenceNumber.value + 1
    let feedback = TransportFeedback(
      senderSSRC: senderSSRC, mediaSSRC: mediaSSRC,
      baseSequenceNumber: first.sequenceNumber.number, statusCount: UInt16(count),
      referenceTime: Int32(truncatingIfNeeded: (reference << 40) >> 40),
      feedbackCount: feedbackCount, arrivals: arrivals)
    return (feedback, arrivals.count)
  }

  private static func ticks(_ instant: Instant) -> Int64 {
    instant.nanoseconds / tick.nanoseconds
  }
}
