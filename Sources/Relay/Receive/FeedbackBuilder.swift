import Primitives
import Wire

/// Collects when a transport's packets came in, and reports each of them once (W17;
/// draft-holmer-rmcat-transport-wide-cc-extensions-01).
public struct FeedbackBuilder: ~Copyable {
  /// The longest that a packet waits for its report.
  static let interval = Duration.milliseconds(100)
  /// A report goes at once when it has so many packets.
  static let packetsPerReport = 50

  /// When the next report is due; nil while there is nothing to report.
  public private(set) var nextDeadline: Instant?
  private var pending = BoundedArray<TransportFeedback.Observation>(capacity: 256)
  private var highest: ExtendedSequenceNumber?
  private var reportedThrough: UInt64 = 0
  private var count: UInt8 = 0

  /// Starts with nothing to report.
  public init() {}

  /// Notes a packet by its transport-wide sequence number. What comes while reports are overdue
  /// and the list is full is not reported.
  public mutating func receive(_ number: UInt16, now: Instant) {
    // One roll-over is left below the first number, for packets that it overtook.
    let first = ExtendedSequenceNumber(1 << 16 | UInt64(number))
    let sequence = highest?.nearest(number) ?? first
    if highest == nil { reportedThrough = sequence.value - 1 }
    highest = max(highest ?? sequence, sequence)

    var position = pending.count
    while position > 0, pending[position - 1].sequenceNumber > sequence { position -= 1 }
    guard position == 0 || pending[position - 1].sequenceNumber != sequence else { return }
    pending.insert(.init(sequenceNumber: sequence, arrival: now), at: position)
    let due = pending.count >= Self.packetsPerReport ? now : now + Self.interval
    nextDeadline = min(nextDeadline ?? due, due)
  }

  /// The messages that report all that has come since the last ones.
  public mutating func takeDue(now: Instant, senderSSRC: UInt32, mediaSSRC: UInt32) -> [RTCPPacket]
  {
    guard let nextDeadline, nextDeadline <= now else { return [] }
    self.nextDeadline = nil
    var result: [RTCPPacket] = []
    var rest = take()[...]
    while !rest.isEmpty {
      var (feedback, reported) = TransportFeedback.reporting(
        rest.prefix(runLength(rest)), senderSSRC: senderSSRC, mediaSSRC: mediaSSRC,
        feedbackCount: count)
      let first = rest[rest.startIndex].sequenceNumber.value
      let last = rest[rest.startIndex + reported - 1].sequenceNumber.value
      if first > reportedThrough + 1, last - reportedThrough <= UInt64(UInt16.max) {
        // What is missing since the last report is reported as missing.
        feedback.baseSequenceNumber = UInt16(truncatingIfNeeded: reportedThrough + 1)
        feedback.statusCount = UInt16(last - reportedThrough)
      }
      result.append(.transportFeedback(feedback))
      count &+= 1
      reportedThrough = max(reportedThrough, last)
      rest = rest.dropFirst(reported)
    }
    return result
  }

  /// How many observations can share a message. Packets that come after later ones have been
  /// reported get messages of their own, so that nothing between them is reported again.
  private func runLength(_ observations: ArraySlice<TransportFeedback.Observation>) -> Int {
    var previous = observations[observations.startIndex].sequenceNumber.value
    guard previous <= reportedThrough else { return observations.count }
    var length = 1
    for observation in observations.dropFirst() {
      guard observation.sequenceNumber.value == previous + 1,
        observation.sequenceNumber.value <= reportedThrough
      else { break }
      previous += 1
      length += 1
    }
    return length
  }

  private mutating func take() -> [TransportFeedback.Observation] {
    var result: [TransportFeedback.Observation] = []
    result.reserveCapacity(pending.count)
    for index in 0..<pending.count { result.append(pending[index]) }
    pending.removeAll()
    return result
  }
}
