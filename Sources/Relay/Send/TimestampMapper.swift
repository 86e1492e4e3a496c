import Primitives

/// Gives the packets that go out on one SSRC their RTP timestamps (W15).
///
/// Output time is a line over the relay's clock: a random base, plus the ticks from the clock's
/// origin to the sample's capture. Both streams of a seat stand on the same origin, so that they
/// stay in step whoever sits there. Each source is tied to the line at its first packet and then
/// runs on its own clock until the next switch. Nothing before `earliest` is ever given out.
struct TimestampMapper {
  /// A source whose time has come to stand further behind or ahead of the line is tied anew.
  static let behind = Duration.seconds(10)
  /// See `behind`.
  static let ahead = Duration.seconds(2)

  /// A source that starts less than this behind what went out is moved ahead of it.
  static let nudge = Duration.milliseconds(500)

  /// Ticks a second.
  let rate: Int
  private let base: UInt32
  /// Ticks since the clock's origin of the first sample that may go out: of the source's first,
  /// once it has come.
  private var earliest: Int64 = .min
  /// The latest that went out.
  private var latest: Int64?
  /// A timestamp of the source, and the ticks that it stands for.
  private var anchor: (input: UInt32, ticks: Int64) = (0, 0)

  /// Starts with a random base; `rate` is in hertz.
  init(rate: Int, random: inout RandomSource) {
    self.rate = rate
    base = UInt32(truncatingIfNeeded: random.next())
  }

  /// An instant at which everything that went out has been captured, or nil if nothing has.
  var latestCapture: Instant? {
    latest.map { .origin + .ticks($0 + 1, at: rate) }
  }

  /// Lets nothing out that was captured at `instant` or before, or is not later than all that went
  /// out; answers with the first timestamp that can.
  mutating func begin(after instant: Instant) -> UInt32 {
    earliest = max(ticks(at: instant), latest ?? .min) + 1
    return wire(earliest)
  }

  /// Ties a source to the line: its `timestamp` was captured at `capture`. False, and nothing
  /// changed, where that may not go out.
  ///
  /// A layer of the same picture that has gone out already is put one tick behind it.
  mutating func start(timestamp: UInt32, capture: Instant) -> Bool {
    var ticks = ticks(at: capture)
    guard ticks >= earliest else { return false }
    if let latest, ticks <= latest {
      guard latest - ticks < Self.nudge.ticks(at: rate) else { return false }
      ticks = latest + 1
    }
    anchor = (timestamp, ticks)
    earliest = ticks
    return true
  }

  /// Whether a sample stands within bounds of the line when it arrives `now`.
  func isPlausible(_ timestamp: UInt32, now: Instant) -> Bool {
    let lead = ticks(of: timestamp) - ticks(at: now)
    return lead >= -Self.behind.ticks(at: rate) && lead <= Self.ahead.ticks(at: rate)
  }

  /// Whether the sample may go out.
  func admits(_ timestamp: UInt32) -> Bool { ticks(of: timestamp) >= earliest }

  /// The timestamp that a sample of the source goes out with.
  mutating func rewrite(_ timestamp: UInt32) -> UInt32 {
    let ticks = ticks(of: timestamp)
    if ticks > latest ?? .min {
      latest = ticks
      anchor = (timestamp, ticks)
    }
    return wire(ticks)
  }

  /// The output timestamp that stands for a timestamp of the source, for sender reports.
  func output(of timestamp: UInt32) -> UInt32 { wire(ticks(of: timestamp)) }

  /// The output timestamp of what is captured at an instant.
  func output(at instant: Instant) -> UInt32 { wire(ticks(at: instant)) }

  private func ticks(at instant: Instant) -> Int64 { (instant - .origin).ticks(at: rate) }

  private func ticks(of timestamp: UInt32) -> Int64 {
    anchor.ticks + Int64(Int32(bitPattern: timestamp &- anchor.input))
  }

  private func wire(_ ticks: Int64) -> UInt32 { base &+ UInt32(truncatingIfNeeded: ticks) }
}
