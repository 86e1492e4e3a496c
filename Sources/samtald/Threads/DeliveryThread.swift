import Delivery
import Engine
import Primitives
import Runtime
import Setup
import Store
import Synchronization
import Visits

/// The thread that waits for other people's servers: it sends messages that the control plane
/// gives out, and tells clinics' webhooks what stands in the event log.
final class DeliveryThread: Sendable {
  /// What the control thread says.
  enum Letter: Sendable {
    /// Send this.
    case send(DeliveryJob)
    /// These are the webhooks from now on.
    case webhooks([ClinicID: WebhookLine.Target])
  }

  /// How sending a message came out.
  struct Report: Sendable {
    var message: MessageID
    var outcome: DeliveryOutcome
  }

  /// The control thread posts here.
  let letters: Mailbox<Letter>
  /// The control thread reads here.
  let reports: Mailbox<Report>
  private let setup: DeliverySetup
  private let storePath: String
  private let log: LogWriter
  private let board: StatusBoard
  private let logEnd: Atomic<UInt64>
  private let isStopping = Atomic<Bool>(false)

  init(
    _ setup: DeliverySetup, storePath: String, logEnd: UInt64, log: LogWriter,
    board: StatusBoard
  ) throws(SystemError) {
    self.logEnd = Atomic(logEnd)
    self.setup = setup
    self.storePath = storePath
    self.log = log
    self.board = board
    letters = try Mailbox(capacity: Limits.deliveryMailboxLetters)
    reports = try Mailbox(capacity: Limits.deliveryMailboxLetters)
  }

  /// Starts the thread; the store has been opened before.
  func start(_ random: RandomSource) throws -> WorkerThread {
    let parts = HandedOver(transfers: try Transfers(), feed: try EventFeed(path: storePath))
    return try WorkerThread(name: "delivery") {
      var turns = DeliveryTurns(
        parts.transfers, WebhookTeller(parts.feed, random), setup: self.setup, log: self.log)
      let outbox = Outbox(self.reports)
      while !self.isStopping.load(ordering: .acquiring) {
        self.letters.acknowledge()
        while let letter = self.letters.take() { turns.take(letter) }
        turns.tellWebhooks(through: self.logEnd.load(ordering: .acquiring))
        turns.wait(for: outbox.count > 0 ? .milliseconds(1) : .seconds(60), on: self.letters)
        while let report = turns.takeReport() { outbox.send(report) }
        outbox.flush()
        self.board.update(webhooks: turns.webhookStatus)
      }
    }
  }

  /// From any thread: the event log reaches this far now.
  func noteLogEnd(_ position: UInt64) {
    logEnd.max(position, ordering: .releasing)
    letters.nudge()
  }

  /// Has the thread end as soon as it can. What is under way is broken off.
  func requestStop() {
    isStopping.store(true, ordering: .releasing)
    letters.nudge()
  }
}

/// Carries what is made at the start to the one thread that uses it.
private final class HandedOver: @unchecked Sendable {
  let transfers: Transfers
  let feed: EventFeed

  init(transfers: Transfers, feed: EventFeed) {
    self.transfers = transfers
    self.feed = feed
  }
}

/// What the delivery thread does, turn by turn.
private struct DeliveryTurns {
  private enum Errand {
    case message(MessageID)
    case webhook(ClinicID)
  }

  private let transfers: Transfers
  private let setup: DeliverySetup
  private let log: LogWriter
  private var webhooks: WebhookTeller
  private var errands: [UInt64: Errand] = [:]
  private var lastNumber: UInt64 = 0
  private var reports: [DeliveryThread.Report] = []

  init(
    _ transfers: Transfers, _ webhooks: WebhookTeller, setup: DeliverySetup, log: LogWriter
  ) {
    self.transfers = transfers
    self.webhooks = webhooks
    self.setup = setup
    self.log = log
  }

  var webhookStatus: StatusBoard.WebhookStatus { webhooks.status }

  mutating func take(_ letter: DeliveryThread.Letter) {
    switch letter {
    case .send(let job): send(job)
    case .webhooks(let targets):
      for clinic in webhooks.take(targets) {
        for case (let number, .webhook(clinic)) in errands { errands[number] = nil }
      }
    }
  }

  private mutating func send(_ job: DeliveryJob) {
    guard let errand = errand(for: job) else {
      // The control plane gives out what this very set-up can send.
      preconditionFailure("a message by a channel that is not set up")
    }
    start(errand, for: .message(job.id))
  }

  private func errand(for job: DeliveryJob) -> Transfers.Errand? {
    switch job.channel {
    case .email:
      setup.mail.map { server in
        .mail(
          MailMessage(
            key: job.id.text, recipient: job.recipient, subject: job.subject, text: job.text,
            page: job.page, date: job.queuedAt), server)
      }
    case .sms:
      setup.text.map { gateway in
        .text(
          TextMessage(key: job.id.text, recipient: job.recipient, text: job.text), gateway)
      }
    }
  }

  private mutating func start(_ errand: Transfers.Errand, for what: Errand) {
    lastNumber += 1
    errands[lastNumber] = what
    transfers.start(lastNumber, errand, at: WallClock.now())
  }

  mutating func tellWebhooks(through logEnd: UInt64) {
    let mayBePrivate = setup.webhooksMayBePrivate
    for (clinic, call) in webhooks.calls(through: logEnd, at: MonotonicClock.now()) {
      start(.webhook(call, mayBePrivate: mayBePrivate), for: .webhook(clinic))
    }
    while let record = webhooks.takeRecord() { log.write(record) }
  }

  /// Sends and receives until there is something to do.
  mutating func wait(for span: Duration, on letters: Mailbox<DeliveryThread.Letter>) {
    let due = webhooks.nextDeadline.map { $0 - MonotonicClock.now() } ?? span
    transfers.wait(for: min(span, max(.zero, due)), watching: letters.descriptor)
    while let (number, outcome) = transfers.takeFinished() {
      switch errands.removeValue(forKey: number) {
      case .message(let message): reports.append(.init(message: message, outcome: outcome))
      case .webhook(let clinic):
        webhooks.handle(outcome, of: clinic, at: MonotonicClock.now())
      // A webhook that has been taken away since.
      case nil: break
      }
    }
  }

  mutating func takeReport() -> DeliveryThread.Report? {
    reports.isEmpty ? nil : reports.removeFirst()
  }
}
