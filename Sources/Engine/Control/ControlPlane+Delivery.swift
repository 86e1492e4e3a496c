import Primitives
import Visits

/// A message that is to go out now: made from the state for this one attempt.
public struct DeliveryJob: Equatable, Sendable {
  /// The message, and the key by which it is sent once however often it is tried.
  public var id: MessageID
  /// How it goes.
  public var channel: OutgoingMessage.Channel
  /// To which number or address.
  public var recipient: Redacted<String>
  /// What stands above it.
  public var subject: Redacted<String>
  /// What it says; the link in it is a secret.
  public var text: Redacted<String>
  /// The same as a page (HTML), for e-mail that has one.
  public var page: Redacted<String>?
  /// When it was queued.
  public var queuedAt: WallTime
}

/// What has become of messages since the start.
public struct DeliveryCounters: Equatable, Sendable {
  /// Taken by the gateway or the mail server.
  public var sent: UInt64 = 0
  /// Attempts that failed and are repeated.
  public var deferred: UInt64 = 0
  /// Messages that were given up.
  public var failed: UInt64 = 0
  /// Messages that wait or are under way.
  public var waiting = 0

  /// Nothing yet.
  public init() {}
}

extension ControlPlane {
  /// What has become of messages, and how many wait.
  public var deliveryCounters: DeliveryCounters {
    var counters = deliveries
    counters.waiting = outbox.count
    return counters
  }

  /// How many messages are on their way.
  public var deliveriesUnderWay: Int { outbox.countUnderWay }

  // MARK: What comes in

  /// After a start: takes what was queued before, in the order of the visits' identifiers.
  mutating func queueUnsettledMessages() {
    for (id, visit) in journal.decided.visits.sorted(by: { $0.key < $1.key }) {
      for message in visit.messages { outbox.add(message, of: id, at: moment.instant) }
    }
  }

  /// Takes the messages that were queued by an entry which is on disk now.
  mutating func queueMessages(of entry: VisitJournal.Entry) {
    for event in entry.events {
      guard case .messageQueued(let message) = event.change, let visit = event.visit else {
        continue
      }
      outbox.add(message, of: visit, at: moment.instant)
      guard !configuration.channels.contains(message.channel) else { continue }
      if case .success(let job) = job(for: message, of: visit) { emit(.keep(job)) }
    }
  }

  /// An attempt has come out.
  mutating func handle(_ outcome: DeliveryOutcome, of id: MessageID) {
    let settled = outbox.handle(outcome, of: id, at: moment, random: &random)
    switch outcome {
    case .sent: break
    case .refused(let fault), .deferred(let fault, _):
      deliveries.deferred += settled == nil ? 1 : 0
      log(
        LogRecord(.warning, "message_not_sent", ("message", id), ("reason", fault.rawValue)))
    }
    if let settled { settle(id, of: settled.visit, settled.outcome) }
  }

  // MARK: What goes out

  /// Sends what is due.
  mutating func deliver() {
    while let step = outbox.next(at: moment) {
      switch step {
      case .settle(let message, let visit, let outcome): settle(message.id, of: visit, outcome)
      case .send(let message, let visit):
        switch job(for: message, of: visit) {
        case .success(let job): emit(.deliver(job))
        case .failure(let reason):
          outbox.drop(message.id, at: moment.instant)
          settle(message.id, of: visit, .failed(reason.failure))
        }
      }
    }
  }

  private struct Undeliverable: Error {
    var failure: OutgoingMessage.Failure
  }

  /// The message with address and link as they are now, or why there is none any more.
  private func job(
    for message: OutgoingMessage, of id: VisitID
  ) -> Result<DeliveryJob, Undeliverable> {
    guard let visit = journal.decided.visits[id] else {
      return .failure(.init(failure: .overtaken))
    }
    let invite = message.invite.flatMap(visit.invite)
    var link: String?
    if message.kind != .cancelled {
      guard visit.isOpen, invite?.isRevoked != true else {
        return .failure(.init(failure: .overtaken))
      }
      link = message.invite.flatMap(self.link)
    }
    if message.kind == .changed || message.kind == .cancelled {
      // Whom nothing has reached so far is not told that it is different now.
      guard
        visit.hasReached(message.person, by: message.channel)
          || !configuration.channels.contains(message.channel)
      else { return .failure(.init(failure: .overtaken)) }
    }
    let person = visit.people[message.person]
    guard let recipient = message.channel == .sms ? person?.phone : person?.email else {
      return .failure(.init(failure: .noAddress))
    }
    let settings = journal.decided.clinics[visit.clinic]?.settings ?? ClinicSettings()
    let text = MessageText(message, language: invite?.language, settings: settings, link: link)
    return .success(
      DeliveryJob(
        id: message.id, channel: message.channel, recipient: recipient,
        subject: Redacted(text.subject), text: Redacted(text.body),
        page: text.page.map { Redacted($0) }, queuedAt: message.queuedAt))
  }

  /// Puts on record what has become of a message. Until that is on disk, a restart sends it again
  /// under its identifier.
  private mutating func settle(
    _ id: MessageID, of visit: VisitID, _ outcome: OutgoingMessage.Outcome
  ) {
    switch outcome {
    case .sent:
      deliveries.sent += 1
      log(LogRecord(.info, "message_sent", ("message", id)))
    case .failed(let failure):
      deliveries.failed += 1
      log(
        LogRecord(.warning, "message_failed", ("message", id), ("reason", failure.rawValue)))
    }
    _ = try? carryOut(.visit(visit, .settleMessage(id, outcome)), by: .system, reply: nil)
  }
}
