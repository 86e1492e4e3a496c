import Primitives

/// How a publisher's wall clock maps to the relay's: one offset for a whole transport (W15).
///
/// Each sender report gives arrival minus NTP time, which is the true offset plus the way through
/// the network; the least of the last minute or two is nearest to the truth, and a window lets it
/// follow a clock that drifts.
struct NTPOffsetFilter {
  private static let window = Duration.seconds(60)

  private var current: Duration?
  private var previous: Duration?
  private var windowEnd = Instant.origin

  /// Takes in a sender report.
  mutating func record(_ time: NTPTime, arrival: Instant) {
    let sample = (arrival - .origin) - time.sinceEpoch
    if arrival >= windowEnd {
      previous = current
      current = nil
      windowEnd = arrival + Self.window
    }
    current = min(current ?? sample, sample)
  }

  /// The relay's instant for the publisher's NTP time 0, or nil before the first report.
  var offset: Duration? {
    guard let current else { return previous }
    return min(current, previous ?? current)
  }
}

/// When the samples of one received stream were captured, on the relay's clock (W15).
///
/// By the stream's sender reports and the transport's offset; until there is a report, as if the
/// fastest packet had been captured when it arrived.
struct CaptureClock {
  private struct Point {
    var timestamp: UInt32
    var time: Duration
  }

  private let rate: Int
  private var arrival: Point?
  private var report: Point?

  /// Starts without a packet; `rate` is that of the RTP timestamps, in hertz.
  init(rate: Int) { self.rate = rate }

  /// Takes in a packet. One that comes sooner than those before it let expect shows how late they
  /// were, and is the reference from then on.
  mutating func receive(timestamp: UInt32, now: Instant) {
    let time = now - .origin
    guard let point = arrival else {
      arrival = Point(timestamp: timestamp, time: time)
      return
    }
    let distance = Self.distance(from: point.timestamp, to: timestamp)
    let expected = point.time + .ticks(distance, at: rate)
    // The reference also moves along, so that distances stay short of half the number space.
    if time < expected || distance > 1 << 29 {
      arrival = Point(timestamp: timestamp, time: min(time, expected))
    }
  }

  /// Takes in a sender report: at the NTP time, the stream's clock showed `timestamp`.
  mutating func record(_ time: NTPTime, timestamp: UInt32) {
    report = Point(timestamp: timestamp, time: time.sinceEpoch)
  }

  /// Lets the stream be as if its next packet were its first: its timestamps made no sense.
  mutating func reset() {
    arrival = nil
    report = nil
  }

  /// When the sample with `timestamp` was captured; nil before the first packet.
  func captureTime(of timestamp: UInt32, offset: Duration?) -> Instant? {
    guard let point = point(offset) else { return nil }
    let distance = Self.distance(from: point.timestamp, to: timestamp)
    return .origin + (point.time + .ticks(distance, at: rate))
  }

  /// The timestamp of a sample that is captured at `instant`; nil before the first packet.
  func timestamp(at instant: Instant, offset: Duration?) -> UInt32? {
    guard let point = point(offset) else { return nil }
    let ticks = ((instant - .origin) - point.time).ticks(at: rate)
    return point.timestamp &+ UInt32(truncatingIfNeeded: ticks)
  }

  /// A pair of timestamp and relay time, by the best there is.
  private func point(_ offset: Duration?) -> Point? {
    guard let report, let offset else { return arrival }
    return Point(timestamp: report.timestamp, time: report.time + offset)
  }

  private static func distance(from reference: UInt32, to timestamp: UInt32) -> Int64 {
    Int64(Int32(bitPattern: timestamp &- reference))
  }
}
