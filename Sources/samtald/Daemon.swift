import Engine
import Glibc
import Primitives
import Runtime
import Security
import Setup
import Signaling
import Store
import Visits
import WebPages
import Wire

/// Why the daemon does not start.
struct StartFailure: Error, CustomStringConvertible {
  /// What is in the way, for the operator.
  var description: String

  init(_ cause: some CustomStringConvertible) { description = cause.description }
}

/// The daemon: all threads, made in order and ended in the reverse order.
struct Daemon {
  private let configuration: Configuration
  private let state: StateFolder
  private let log: LogWriter
  private let board: StatusBoard

  /// A daemon that keeps what it keeps in `state`.
  init(_ configuration: Configuration, state: StateFolder) {
    self.configuration = configuration
    self.state = state
    log = LogWriter(minimum: configuration.logLevel)
    let workers = configuration.workers(processors: WorkerThread.processors)
    board = StatusBoard(workers: workers)
  }

  /// Runs until it is asked to stop; the process's exit status.
  func run() throws(StartFailure) -> Int32 {
    do {
      return try runThreads()
    } catch {
      throw StartFailure("\(error)")
    }
  }

  private func runThreads() throws -> Int32 {
    // First of all, as threads inherit which signals are blocked.
    let signals = try StopSignals()
    raiseDescriptorLimit()
    let secrets = try Secrets.loadOrMake(path: state.path(configuration.storeSecrets))
    let (store, upkeep) = try openStore(secrets)
    let stored = try store.load()
    var random = RandomSource(seed: KernelRandom.seed())
    let certificate = try makeCertificate(&random)

    let workers = try makeWorkers(certificate, &random)
    let mediaThreads = try workers.enumerated().map { index, worker in
      try worker.start(processor: nil)
    }
    let last = store.position
    let delivery = try DeliveryThread(
      DeliverySetup(configuration, secrets), storePath: state.path(configuration.storePath),
      logEnd: last, log: log, board: board)
    let storeThread = try StoreThread()
    let storing = try storeThread.start(store, upkeep)
    let delivering = try delivery.start(random.fork())
    let errandThread = try ErrandThread()
    let errands = try errandThread.start(path: state.path(configuration.storePath))

    let webEvents = try Mailbox<WebServer.Event>(capacity: Limits.webMailboxLetters)
    let web = try WebServer(webConfiguration, events: webEvents)
    let pages = configuration.pageURL(listening: web.listening.first)
    let plane = try makePlane(
      secrets, certificate, stored, through: last, random.fork(), pages: pages)
    let control = try ControlLoop(
      plane,
      ControlLoop.Surroundings(
        configuration: configuration, log: log, board: board, signals: signals, web: web,
        webEvents: webEvents, store: storeThread, delivery: delivery,
        webhookKeys: secrets.webhooks, errands: errandThread, workers: workers))
    log.write(
      LogRecord(
        .info, "started", ("workers", workers.count), ("events", stored.count),
        ("http", web.listening.map(\.description).joined(separator: " "))))
    makeClinics(on: control)
    if configuration.demo { try showDemo(on: control, secrets, web, isNew: last == 0) }

    let end = control.run()
    web.stop()
    for worker in workers { worker.requestStop() }
    for thread in mediaThreads { thread.join() }
    delivery.requestStop()
    delivering.join()
    errandThread.requestStop()
    errands.join()
    storeThread.requestStop()
    storing.join()
    return report(end)
  }

  private func report(_ end: ControlLoop.End) -> Int32 {
    switch end {
    case .stopped:
      log.write(LogRecord(.info, "stopped"))
      return 0
    case .stuck(let thread):
      log.write(LogRecord(.error, "thread_stuck", ("thread", thread)))
      return EX_SOFTWARE
    }
  }

  // MARK: The parts

  /// The store, with an audit log that goes on where its head says.
  private func openStore(_ secrets: Secrets) throws -> (EventStore, StoreUpkeep) {
    guard let key = secrets.audit.flatMap(AuditKey.init) else {
      throw StartFailure("the file with the keys has none for the audit log")
    }
    let store = try EventStore(path: state.path(configuration.storePath), auditKey: key)
    let path = state.path(configuration.auditHead)
    let head = AuditHeadFile(path: path, key: key)
    if let kept = try head.read() {
      try store.checkAudit(against: kept)
      if kept.isAccepted { try recordAcceptance(of: kept, in: store) }
    } else if store.auditHead.number > 0 && !store.auditIsNew {
      throw StartFailure(
        "\(path) is missing, and without it nobody can tell whether rows were cut off the end of "
          + "the audit log. Put it back; or look at the log with \"samtal audit list\", and have "
          + "it go on from its \(store.auditHead.number) rows with \"samtal audit accept\"")
    }
    // Where it cannot be kept, nobody is served: the next start would be without it.
    try head.write(store.auditHead)
    return (store, StoreUpkeep(head: head, auditYears: configuration.auditYears))
  }

  private func recordAcceptance(of head: AuditHead, in store: EventStore) throws(StoreError) {
    log.write(LogRecord(.warning, "audit_accepted", ("rows", head.number)))
    let entry = AuditEntry(
      .auditAccepted, at: WallClock.now(), by: .system, subject: String(head.number))
    try store.append([], audit: [entry])
  }

  /// The certificate of all handshakes: made anew at each start, and known to browsers by its
  /// fingerprint alone.
  private func makeCertificate(_ random: inout RandomSource) throws -> Certificate {
    let now = WallClock.now()
    return try Certificate.generate(
      validFrom: now + .hours(-24), until: now + .hours(24 * 365), random: &random)
  }

  private func makeWorkers(
    _ certificate: Certificate, _ random: inout RandomSource
  ) throws -> [MediaThread] {
    let count = configuration.workers(processors: WorkerThread.processors)
    let crossings = try WorkerCrossings(workers: count)
    return try (0..<count).map { index in
      let port = configuration.mediaPorts.lowerBound + UInt16(index)
      let setup = MediaThread.Setup(
        index: index, addresses: configuration.mediaListen.map { $0.with(port: port) },
        certificate: certificate, profiles: configuration.mediaSRTPProfiles,
        seed: random.bytes(32), peers: configuration.mediaPeersPerWorker, crossings: crossings)
      return try MediaThread(setup, board: board)
    }
  }

  private func makePlane(
    _ secrets: Secrets, _ certificate: Certificate, _ stored: [StoredEvent],
    through last: UInt64, _ random: RandomSource, pages: String
  ) throws -> ControlPlane {
    let all = NetworkInterfaces.addresses()
    let others = all.filter { !$0.isLoopback }
    let interfaces = others.isEmpty ? all : others
    let candidates = (0..<configuration.workers(processors: WorkerThread.processors)).map {
      configuration.candidates(ofWorker: $0, interfaces: interfaces)
    }
    var control = ControlConfiguration(
      keys: secrets.keys, links: secrets.links, candidates: candidates,
      fingerprint: Fingerprint(digest: certificate.digest), logLevel: configuration.logLevel,
      pages: pages)
    control.peersPerWorker = configuration.mediaPeersPerWorker
    if configuration.deliveryEmail != nil { control.channels.insert(.email) }
    if configuration.deliverySMS != nil { control.channels.insert(.sms) }
    return try ControlPlane(
      configuration: control, random: random, restoring: stored, through: last, at: .now())
  }

  private var webConfiguration: WebConfiguration {
    var web = WebConfiguration(
      listeners: configuration.httpListen.map { .init($0, .pages) }
        + configuration.linesListen.map { .init($0, .lines) }
        + [.init(configuration.adminListen, .admin)])
    web.pages = WebPages.all.mapValues { .init(contentType: $0.contentType, bytes: $0.bytes) }
    web.pages["/v1/openrpc.json"] = .init(
      contentType: "application/json", bytes: Array(OpenRPCDocument.json.description.utf8))
    web.headers = WebPages.headers
    web.origins = OriginPolicy(
      page: configuration.httpURL, origins: configuration.httpOrigins,
      isEncrypted: configuration.httpCertificate != nil)
    if let chain = configuration.httpCertificate, let key = configuration.httpKey {
      web.certificate = .init(chain: chain, key: key)
    }
    web.lastLine = { ConnectionClosing.lastLine($0) }
    web.methods = { APIRoute.methods(of: $0, on: $1) }
    let board = board
    web.adminPage = { board.page(at: $0, now: MonotonicClock.now()) }
    return web
  }

  /// Has the clinics made that are configured and not known yet.
  private func makeClinics(on control: ControlLoop) {
    let known = control.state.visits.clinics
    for (clinic, name) in configuration.clinics.sorted(by: { $0.key < $1.key })
    where known[clinic] == nil {
      control.feed(.administer(.createClinic(clinic, name: name, settings: ClinicSettings())))
    }
  }

  /// Has the demo made where the store is empty, and prints its links.
  private func showDemo(
    on control: ControlLoop, _ secrets: Secrets, _ web: WebServer, isNew: Bool
  ) throws {
    let demo = DemoClinic()
    if isNew { for command in demo.commands { control.feed(.administer(command)) } }
    guard let key = secrets.demoKey,
      let guest = control.state.inviteSecret(for: demo.guestInvite),
      let anybody = control.state.inviteSecret(for: demo.generalInvite)
    else { throw StartFailure("demo: the store or the secrets are not the demo's; set demo: off") }
    let now = WallClock.now()
    let page = configuration.pageURL(listening: web.listening.first)
    let links = DemoLinks(
      page: page, staffToken: demo.staffToken(key: key, at: now),
      patientToken: demo.patientToken(key: key, at: now), guestSecret: guest,
      generalSecret: anybody)
    control.announceWhenReady(links.text)
  }

  /// As many descriptors as the system allows: each client takes one.
  private func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}

/// The demo's links, as they are printed.
struct DemoLinks {
  /// Where pages are served.
  var page: String
  var staffToken: String
  var patientToken: String
  var guestSecret: String
  var generalSecret: String

  /// One link a line, each after who it is for. What lets one in stands in the fragment, which
  /// browsers send to nobody.
  var text: String {
    """
    staff:   \(page)/call#token=\(staffToken)
    patient: \(page)/call#token=\(patientToken)
    guest:   \(page)/call#invite=\(guestSecret)
    general: \(page)/call#invite=\(generalSecret)

    """
  }
}
