import Primitives

/// Decides when a publisher's stream is asked for a key frame (W14).
///
/// The first request goes at once; those of the next 500 ms are merged into one at its end; an
/// unanswered one is repeated, ever more slowly while the stream is silent.
struct KeyFrameRequester {
  /// The time in which requests are merged, and after which an unanswered one is repeated.
  static let interval = Duration.milliseconds(500)
  /// The longest time between repetitions to a stream that sends nothing at all.
  static let longestInterval = Duration.seconds(4)

  /// When the next request is to go; nil while no key frame is wanted.
  private(set) var nextDeadline: Instant?
  private var lastRequest: Instant?
  private var repeatInterval = KeyFrameRequester.interval

  /// Whether somebody needs a key frame.
  var isWanted: Bool { nextDeadline != nil }

  /// Somebody needs a key frame: sets the deadline, which has come at once for a first request.
  mutating func request(now: Instant) {
    let soonest = max(now, lastRequest.map { $0 + Self.interval } ?? now)
    nextDeadline = min(nextDeadline ?? soonest, soonest)
    repeatInterval = Self.interval
  }

  /// A packet of the stream came: it is alive, and a repetition need not wait longer.
  mutating func receivePacket() {
    guard nextDeadline != nil, repeatInterval > Self.interval, let lastRequest else { return }
    repeatInterval = Self.interval
    nextDeadline = lastRequest + Self.interval
  }

  /// A key frame has started: whoever asked is served.
  mutating func receiveKeyFrame() {
    nextDeadline = nil
    repeatInterval = Self.interval
  }

  /// Nobody wants one any more.
  mutating func cancel() { nextDeadline = nil }

  /// True where a request is to go now; it is then due again, until the key frame comes.
  mutating func handleDeadline(now: Instant) -> Bool {
    guard let nextDeadline, now >= nextDeadline else { return false }
    lastRequest = now
    self.nextDeadline = now + repeatInterval
    repeatInterval = min(repeatInterval * 2, Self.longestInterval)
    return true
  }
}
