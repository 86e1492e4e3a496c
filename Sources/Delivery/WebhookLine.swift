import Primitives

/// One clinic's webhook: its events in order, each until the other side has taken it.
///
/// Nothing is skipped and nothing given up: while the other side is away, the events wait in the
/// log, and the line knows only how far it has come. An event that was taken and not noted before
/// the process died goes out again under its identifier.
public struct WebhookLine: Sendable {
  /// Where the events go.
  public struct Target: Equatable, Sendable {
    /// The address.
    public var url: String
    /// The key of the signatures.
    public var key: Redacted<[UInt8]>

    /// Joins the two.
    public init(url: String, key: Redacted<[UInt8]>) {
      self.url = url
      self.key = key
    }
  }

  /// An event with its place in the log.
  public struct Event: Equatable, Sendable {
    /// The place.
    public var position: UInt64
    /// What is posted.
    public var body: String

    /// Joins the two.
    public init(position: UInt64, body: String) {
      self.position = position
      self.body = body
    }
  }

  /// Where the events go; a new address counts from the next attempt on.
  public var target: Target
  /// Everything up to here has been taken, or is not for this clinic.
  public private(set) var position: UInt64
  /// The log has been looked through up to here.
  public private(set) var lookedThrough: UInt64
  private var events: [Event] = []
  private var isUnderWay = false
  private var failures = 0
  private var notBefore = Instant.origin
  private let backoff = Backoff(first: .seconds(1), longest: .minutes(10))

  /// A line that goes on after the event at `position`.
  public init(_ target: Target, after position: UInt64) {
    self.target = target
    self.position = position
    lookedThrough = position
  }

  // MARK: What changes it

  /// Takes the clinic's events from a part of the log that follows what was looked through.
  public mutating func take(_ new: [Event], through position: UInt64) {
    precondition(position >= lookedThrough, "a part of the log comes twice")
    events += new
    lookedThrough = position
    if events.isEmpty { self.position = position }
  }

  /// The call to make now; nil where there is none, or one is under way or has to wait.
  public mutating func next(at now: Instant) -> WebhookCall? {
    guard !isUnderWay, notBefore <= now, let first = events.first else { return nil }
    isUnderWay = true
    return WebhookCall(url: target.url, key: target.key, body: first.body)
  }

  /// Takes how the call came out. Whatever the other side has against an event, it is tried again:
  /// those after it must not overtake it.
  public mutating func handle(
    _ outcome: DeliveryOutcome, at now: Instant, random: inout RandomSource
  ) {
    precondition(isUnderWay, "no call was made")
    isUnderWay = false
    switch outcome {
    case .sent:
      let taken = events.removeFirst()
      position = events.isEmpty ? lookedThrough : taken.position
      failures = 0
    case .deferred(_, let span):
      wait(atLeast: span ?? .zero, from: now, &random)
    case .refused:
      wait(atLeast: .zero, from: now, &random)
    }
  }

  private mutating func wait(
    atLeast span: Duration, from now: Instant, _ random: inout RandomSource
  ) {
    failures += 1
    notBefore = now + max(span, backoff.wait(afterFailures: failures, random: &random))
  }

  // MARK: What reads it

  /// Whether the next part of the log is wanted.
  public var wantsEvents: Bool { events.isEmpty }
  /// How many events wait, of those that have been read.
  public var count: Int { events.count }
  /// When there is a call to make; nil where that does not depend on time.
  public var nextDeadline: Instant? { events.isEmpty || isUnderWay ? nil : notBefore }
}
