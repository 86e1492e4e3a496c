import Delivery
import Primitives
import Store
import Visits

/// All webhooks with the event log that they are told: who is called next, and how far each is.
struct WebhookTeller {
  /// Parts of the log that are read for one webhook in one turn, so that others have theirs.
  private static let readsPerTurn = 16
  /// Time after which a log that could not be read is tried again.
  private static let retryInterval = Duration.seconds(1)

  private let feed: EventFeed
  private var random: RandomSource
  private var wanted: [ClinicID: WebhookLine.Target] = [:]
  /// Those of them whose place in the log is known.
  private var lines: [ClinicID: WebhookLine] = [:]
  private var logEnd: UInt64 = 0
  private var retry: Instant?
  private var records: [LogRecord] = []
  private(set) var status = StatusBoard.WebhookStatus()

  init(_ feed: EventFeed, _ random: RandomSource) {
    self.feed = feed
    self.random = random
  }

  // MARK: What changes it

  /// These are the webhooks from now on; returns those whose calls under way count no more.
  @discardableResult
  mutating func take(_ targets: [ClinicID: WebhookLine.Target]) -> [ClinicID] {
    let gone = lines.keys.filter { targets[$0] == nil }.sorted()
    for clinic in gone { lines[clinic] = nil }
    wanted = targets
    for (clinic, target) in targets { lines[clinic]?.target = target }
    return gone
  }

  /// The calls to make now, in a log that reaches so far.
  mutating func calls(through end: UInt64, at now: Instant) -> [(ClinicID, WebhookCall)] {
    logEnd = end
    var calls: [(ClinicID, WebhookCall)] = []
    if let retry, retry > now { return [] }
    retry = nil
    for (clinic, target) in wanted.sorted(by: { $0.key < $1.key }) {
      do throws(StoreError) {
        if lines[clinic] == nil {
          lines[clinic] = WebhookLine(target, after: try feed.position(of: clinic))
        }
        try read(for: clinic)
      } catch {
        complain(error)
        retry = now + Self.retryInterval
      }
      if let call = lines[clinic]?.next(at: now) { calls.append((clinic, call)) }
    }
    status.waiting = lines.values.reduce(0) { $0 + $1.count }
    return calls
  }

  /// Takes how a call came out.
  mutating func handle(_ outcome: DeliveryOutcome, of clinic: ClinicID, at now: Instant) {
    guard lines[clinic] != nil else { return }
    lines[clinic]?.handle(outcome, at: now, random: &random)
    switch outcome {
    case .sent:
      status.sent += 1
      let position = lines[clinic]?.position ?? 0
      // Without the note it is told again after a restart, and known by its identifier.
      do throws(StoreError) { try feed.note(position, of: clinic) } catch { complain(error) }
    case .deferred(let fault, _), .refused(let fault):
      status.deferred += 1
      records.append(
        LogRecord(.warning, "webhook_not_sent", ("clinic", clinic), ("reason", fault.rawValue)))
    }
  }

  /// The next line for the log.
  mutating func takeRecord() -> LogRecord? { records.isEmpty ? nil : records.removeFirst() }

  /// When `calls` is to be asked again, beside when the log grows.
  var nextDeadline: Instant? {
    var next = retry
    for line in lines.values {
      let hasMore = line.wantsEvents && line.lookedThrough < logEnd
      next = earliest(next, hasMore ? retry ?? .origin : line.nextDeadline)
    }
    return next
  }

  private mutating func read(for clinic: ClinicID) throws(StoreError) {
    for _ in 0..<Self.readsPerTurn {
      guard let line = lines[clinic], line.wantsEvents, line.lookedThrough < logEnd else { return }
      let part = try feed.events(
        of: clinic, after: line.lookedThrough, most: Limits.webhookEventsPerRead)
      // Nothing there, though more was promised: what stood there has been deleted.
      let through = part.through == line.lookedThrough ? logEnd : part.through
      lines[clinic]?.take(
        part.events.map { $0.told(to: line.target, clinic: clinic) }, through: through)
    }
  }

  private mutating func complain(_ error: StoreError) {
    records.append(LogRecord(.error, "webhook_log_failed", ("reason", error.description)))
  }
}

extension EventFeed.Event {
  /// The event as a webhook is told it: opaque identifiers, times in milliseconds since 1970.
  fileprivate func told(
    to target: WebhookLine.Target, clinic: ClinicID
  ) -> WebhookLine.Event {
    let frame: Set<String> = ["version", "type", "by", "clinic", "idempotency"]
    let details = (payload.members ?? []).filter { !frame.contains($0.name) }
    let body: JSON = [
      "id": .string(WebhookCall.eventID(at: position, key: target.key)),
      "type": payload["type"] ?? .null, "at": .integer(at.milliseconds),
      "clinic": .string(clinic.text), "visit": .string(visit.text),
      "sequence": .integer(sequence), "by": payload["by"] ?? .null,
      "details": .object(details),
    ]
    return WebhookLine.Event(position: position, body: body.description)
  }
}
