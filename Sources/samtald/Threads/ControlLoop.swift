import Delivery
import Engine
import Glibc
import Primitives
import Runtime
import Setup
import Signaling
import Visits

/// The control thread: feeds the control plane with what comes from the front, the workers, the
/// store and the operator, and carries out what it decides. It runs on the main thread.
final class ControlLoop {
  /// Everything that it speaks to.
  struct Surroundings {
    var configuration: Configuration
    var log: LogWriter
    var board: StatusBoard
    var signals: StopSignals
    var web: WebServer
    var webEvents: Mailbox<WebServer.Event>
    var store: StoreThread
    var delivery: DeliveryThread
    /// The keys of clinics' webhooks.
    var webhookKeys: [ClinicID: Redacted<[UInt8]>]
    var errands: ErrandThread
    var workers: [MediaThread]
  }

  /// Why the loop has ended.
  enum End: Equatable {
    /// An operator or a supervisor asked for it.
    case stopped
    /// A thread does not take what it is sent any more: only a restart helps.
    case stuck(String)
  }

  /// Letters that are taken from one mailbox before the others have their turn.
  private static let lettersPerTurn = 256
  /// Letters that may wait for a thread before it counts as stuck.
  private static let lettersWaiting = 16 * Limits.workerMailboxLetters
  /// Time in which clients and store may come to an end.
  private static let drainTime = Duration.seconds(5)
  /// Time after which a mailbox that was full is tried again.
  private static let retryInterval = Duration.milliseconds(1)
  private static let housekeepingInterval = Duration.seconds(1)
  /// Time between two looks for visits that retention deletes.
  private static let retentionInterval = Duration.hours(1)

  private enum Token {
    static let signals: UInt64 = 0
    static let web: UInt64 = 1
    static let store: UInt64 = 2
    static let delivery: UInt64 = 3
    static let errands: UInt64 = 4
    static let firstWorker: UInt64 = 5
  }

  private var plane: ControlPlane
  private let around: Surroundings
  private var loop: EventLoop
  private let toWeb: Outbox<WebServer.Command>
  private let toStore: Outbox<StoreThread.Append>
  private let toDelivery: Outbox<DeliveryThread.Letter>
  private let toErrands: Outbox<ErrandThread.Order>
  private let toWorkers: [Outbox<WorkerCommand>]
  private let certificateFiles: CertificateFiles

  private var connections: Set<UInt64> = []
  private var attempt: UInt64 = 1
  private var appended: UInt64 = 0
  private var committed: UInt64 = 0
  private var webhooks: [ClinicID: WebhookLine.Target] = [:]
  /// Clinics that have a webhook and no key for it, which the log has been told.
  private var keyless: Set<ClinicID> = []
  private var nextHousekeeping = Instant.origin
  private var nextRetention = Instant.origin
  private var announcement: String?
  private var isUp = false
  private var drainDeadline: Instant?
  /// An operator has asked for the end; it begins when the plane's other outputs are carried out.
  private var mustDrain = false

  init(_ plane: ControlPlane, _ around: Surroundings) throws(SystemError) {
    self.plane = plane
    self.around = around
    toWeb = Outbox(around.web.commands)
    toStore = Outbox(around.store.appends)
    toDelivery = Outbox(around.delivery.letters)
    toErrands = Outbox(around.errands.orders)
    toWorkers = around.workers.map { Outbox($0.commands) }
    certificateFiles = CertificateFiles(around.configuration)
    let loop = try EventLoop()
    try loop.watch(around.signals.descriptor, for: .reading, token: Token.signals)
    try loop.watch(around.webEvents.descriptor, for: .reading, token: Token.web)
    try loop.watch(around.store.reports.descriptor, for: .reading, token: Token.store)
    try loop.watch(around.delivery.reports.descriptor, for: .reading, token: Token.delivery)
    try loop.watch(around.errands.reports.descriptor, for: .reading, token: Token.errands)
    for (index, worker) in around.workers.enumerated() {
      try loop.watch(
        worker.events.descriptor, for: .reading, token: Token.firstWorker + UInt64(index))
    }
    self.loop = loop
  }

  /// Gives the plane an input from outside the loop: commands of the demo, before `run`.
  func feed(_ input: ControlPlane.Input) {
    plane.receive(input, at: .now())
    while let output = plane.poll() { carryOut(output) }
  }

  /// The plane, for what is read from it before `run`.
  var state: ControlPlane { plane }

  /// Has a text printed once everything is up and all that was decided so far is on disk.
  func announceWhenReady(_ text: String) { announcement = text }

  /// Runs until it is asked to stop and has drained, or a thread is stuck.
  func run() -> End {
    while true {
      housekeep()
      announce()
      if let stuck { return .stuck(stuck) }
      if isDrained { return .stopped }
      var deadline = earliest(earliest(plane.nextDeadline, nextHousekeeping), drainDeadline)
      if lettersWait || !isUp {
        deadline = earliest(deadline, MonotonicClock.now() + Self.retryInterval)
      }
      loop.wait(until: deadline)
      for token in loop.ready { take(token) }
      if let due = plane.nextDeadline, due <= MonotonicClock.now() { feed(.deadline) }
      if mustDrain { startDraining() }
      toWeb.flush()
      toStore.flush()
      toDelivery.flush()
      toErrands.flush()
      for outbox in toWorkers { outbox.flush() }
    }
  }

  // MARK: What comes in

  private func take(_ token: UInt64) {
    switch token {
    case Token.signals:
      while let request = around.signals.take() { handle(request) }
    case Token.web: take(around.webEvents) { handle($0) }
    case Token.store: take(around.store.reports) { handle($0) }
    case Token.delivery:
      take(around.delivery.reports) { feed(.delivered($0.message, $0.outcome)) }
    case Token.errands:
      take(around.errands.reports) { feed(.errandDone($0.exchange, $0.answer)) }
    default:
      let index = Int(token - Token.firstWorker)
      take(around.workers[index].events) { feed(.worker(index, $0)) }
    }
  }

  /// Takes letters, but not so many that the other mailboxes have to wait for long.
  private func take<Letter>(_ mailbox: Mailbox<Letter>, _ handle: (Letter) -> Void) {
    mailbox.acknowledge()
    for _ in 0..<Self.lettersPerTurn {
      guard let letter = mailbox.take() else { return }
      handle(letter)
    }
    mailbox.nudge()
  }

  private func handle(_ event: WebServer.Event) {
    switch event {
    case .opened(let number, let way, let address):
      connections.insert(number)
      logOpening(number, way, address)
      let transport: ConnectionOrigin.Transport = way == .lines ? .lines : .webSocket
      feed(.opened(ConnectionID(number), ConnectionOrigin(transport, address: address)))
    case .received(let number, let bytes): feed(.received(ConnectionID(number), bytes))
    case .closed(let number):
      connections.remove(number)
      feed(.closed(ConnectionID(number)))
    case .requested(let exchange, let request): feed(.http(exchange, request))
    }
  }

  private func logOpening(
    _ number: UInt64, _ way: WebServer.Way, _ address: Redacted<NetworkAddress>
  ) {
    let isPlain = around.configuration.logAddresses == .plain
    around.log.write(
      LogRecord(
        .debug, "connection_opened", ("connection", number), ("way", way.rawValue),
        ("address", isPlain ? address.value.description : address.description)))
  }

  private func handle(_ report: StoreThread.Report) {
    switch report {
    case .committed(let position):
      committed = position
      around.board.update { status in
        status.storeCommits += 1
        status.isStoreUp = true
      }
      if !webhooks.isEmpty { around.delivery.noteLogEnd(position) }
      feed(.committed(position))
    case .failed(let attempt, let reason):
      guard attempt == self.attempt else { return }
      self.attempt += 1
      appended = committed
      around.board.update { status in
        status.storeFailures += 1
        status.isStoreUp = false
      }
      around.log.write(LogRecord(.error, "append_failed", ("reason", reason)))
      feed(.storeFailed)
    case .recorded(let exchange, let isRecorded):
      feed(.errandDone(exchange, isRecorded ? .done : .failed))
    case .ailing(let reason):
      around.log.write(LogRecord(.warning, "store_upkeep_failed", ("reason", reason)))
    }
  }

  private func handle(_ request: StopSignals.Request) {
    switch request {
    case .reload: toWeb.send(.reloadCertificate)
    case .stop: startDraining()
    }
  }

  // MARK: What goes out

  private func carryOut(_ output: ControlPlane.Output) {
    switch output {
    case .send(let connection, let text): toWeb.send(.send(connection.value, text))
    case .close(let connection, let code, let reason):
      toWeb.send(.close(connection.value, code: code, reason: reason))
    case .respond(let exchange, let response): toWeb.send(.respond(exchange, response))
    case .errand(let exchange, .record(let entry)):
      toStore.send(
        StoreThread.Append(attempt: attempt, events: [], audit: [entry], exchange: exchange))
    case .errand(let exchange, let errand):
      toErrands.send(ErrandThread.Order(exchange: exchange, errand: errand))
    case .drain: mustDrain = true
    case .setLogLevel(let level): around.log.setMinimum(level)
    case .append(let events):
      appended = events.last?.position ?? appended
      toStore.send(StoreThread.Append(attempt: attempt, events: events))
    case .worker(let index, let command): toWorkers[index].send(command)
    case .audit(let entry):
      toStore.send(StoreThread.Append(attempt: attempt, events: [], audit: [entry]))
    case .deliver(let job): toDelivery.send(.send(job))
    case .keep(let job): show(job)
    case .log(let record): around.log.write(record)
    }
  }

  /// Whether something waits for room in a mailbox.
  private var lettersWait: Bool {
    toWeb.count > 0 || toStore.count > 0 || toDelivery.count > 0 || toErrands.count > 0
      || toWorkers.contains { $0.count > 0 }
  }

  /// Which thread is stuck, if one is.
  private var stuck: String? {
    if toWeb.count > Self.lettersWaiting { return "web" }
    if toStore.count > Self.lettersWaiting { return "store" }
    if toDelivery.count > Self.lettersWaiting { return "delivery" }
    return toWorkers.firstIndex { $0.count > Self.lettersWaiting }.map { "media-\($0)" }
  }

  /// A demo in a terminal shows the messages that nobody sends: to whoever has started it.
  private func show(_ job: DeliveryJob) {
    guard around.configuration.demo, isatty(STDOUT_FILENO) == 1 else { return }
    LogWriter.put("\n\(job.channel.rawValue): \(job.text.value)\n", to: STDOUT_FILENO)
  }

  // MARK: Housekeeping and the end

  private func housekeep() {
    let now = MonotonicClock.now()
    guard now >= nextHousekeeping else { return }
    nextHousekeeping = now + Self.housekeepingInterval
    if now >= nextRetention && isUp {
      nextRetention = now + Self.retentionInterval
      feed(.administer(.forgetVisits))
    }
    if certificateFiles.haveChanged() { toWeb.send(.reloadCertificate) }
    around.board.update(web: around.web.counters)
    around.board.update { status in
      status.beat = now
      status.connections = plane.connectionCount
      status.sessions = plane.sessionCount
      status.peers = plane.peerTotal
      status.deliveries = plane.deliveryCounters
    }
    tellWebhooks()
  }

  /// Tells the delivery thread which clinics have a webhook, where that has changed.
  private func tellWebhooks() {
    var targets: [ClinicID: WebhookLine.Target] = [:]
    for clinic in plane.visits.clinics.values {
      guard let url = clinic.settings.webhook else { continue }
      guard let key = around.webhookKeys[clinic.id] else {
        if keyless.insert(clinic.id).inserted {
          around.log.write(LogRecord(.warning, "webhook_without_key", ("clinic", clinic.id)))
        }
        continue
      }
      targets[clinic.id] = WebhookLine.Target(url: url, key: key)
    }
    guard targets != webhooks else { return }
    webhooks = targets
    toDelivery.send(.webhooks(targets))
    around.delivery.noteLogEnd(committed)
  }

  /// Says once that everything is up.
  private func announce() {
    guard !isUp, committed >= appended else { return }
    around.board.update { $0.isStoreUp = true }
    isUp = around.board.isReady
    guard isUp, let announcement else { return }
    LogWriter.put(announcement, to: STDOUT_FILENO)
  }

  /// Lets nobody in any more, and ends every connection with a reason.
  private func startDraining() {
    guard drainDeadline == nil else { return }
    around.log.write(LogRecord(.info, "draining", ("connections", connections.count)))
    drainDeadline = MonotonicClock.now() + Self.drainTime
    around.board.update { $0.isDraining = true }
    toWeb.send(.stopAccepting)
    feed(.drain)
  }

  /// Whether nobody is connected any more, everything is on disk and no message under way, or time
  /// is up.
  private var isDrained: Bool {
    guard let drainDeadline else { return false }
    if connections.isEmpty && committed >= appended && !lettersWait
      && plane.deliveriesUnderWay == 0
    {
      return true
    }
    return MonotonicClock.now() >= drainDeadline
  }
}
