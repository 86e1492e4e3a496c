import Primitives
import Security
import Signaling
import Visits
import Wire

/// Decides who is where, who may do what, and who sees whom: all calls of one daemon, without I/O.
///
/// Each input is judged at once; `settle` then makes the world agree with the state: it compares
/// what each worker and each client was told with what holds now, and sends the differences. What
/// a person sees is computed from the state and from who they are, so a snapshot and the
/// notifications after it can never disagree, and somebody in the lobby is sent nothing because
/// there is nothing in their view.
public struct ControlPlane: Sendable {
  /// Something that happened outside.
  public enum Input: Equatable, Sendable {
    /// A client has connected.
    case opened(ConnectionID, ConnectionOrigin)
    /// One message has come, whole.
    case received(ConnectionID, [UInt8])
    /// The connection is gone; nothing more is sent on it.
    case closed(ConnectionID)
    /// A request of the HTTP API; it is answered with `respond`.
    case http(ExchangeID, HTTPRequest)
    /// The store has answered to an errand for a request.
    case errandDone(ExchangeID, StoreAnswer)
    /// A worker, by its number from 0, reports.
    case worker(Int, WorkerEvent)
    /// Everything appended up to this position is on disk.
    case committed(UInt64)
    /// Nothing that was appended and not committed is on disk, or will be.
    case storeFailed
    /// An attempt to send a message, asked for by `deliver`, has come out.
    case delivered(MessageID, DeliveryOutcome)
    /// The operator, or the set-up of the demo, gives a command.
    case administer(Command)
    /// The daemon is about to end: everybody is told, and every connection closed.
    case drain
    /// `nextDeadline` has come.
    case deadline
  }

  /// Something to be done outside, in order.
  public enum Output: Equatable, Sendable {
    /// One message for a client.
    case send(ConnectionID, String)
    /// Close a connection after what was sent: with a WebSocket code (RFC 6455 section 7.4).
    case close(ConnectionID, code: UInt16, reason: String)
    /// The answer to a request of the HTTP API.
    case respond(ExchangeID, HTTPResponse)
    /// Something for the store to do for a request; answer with `errandDone`.
    case errand(ExchangeID, StoreErrand)
    /// The operator wants the daemon to end as it does on a signal.
    case drain
    /// Log from this level on.
    case setLogLevel(LogLevel)
    /// Write these events, all or none; answer with `committed` or `storeFailed`.
    case append([StoredEvent])
    /// Put on record what is no event; nothing waits for it.
    case audit(AuditEntry)
    /// A command for a worker.
    case worker(Int, WorkerCommand)
    /// Send a message; answer with `delivered`.
    case deliver(DeliveryJob)
    /// A message by a channel that nobody sends by: it only stays on record, as queued.
    case keep(DeliveryJob)
    /// A line for the log.
    case log(LogRecord)
  }

  let configuration: ControlConfiguration
  var random: RandomSource
  var journal: VisitJournal
  var outbox: Outbox
  var moment: Moment
  let startedAt: WallTime
  var logLevel: LogLevel
  /// Requests of the HTTP API for which the store does something; at most `Limits.errands`.
  var errands: [ExchangeID: PendingErrand] = [:]
  var idempotencyKeys = IdempotencyKeys()
  /// How many requests each key's back ends may still send.
  var callsOfKeys: [String: TokenBucket] = [:]
  var imageReads: TokenBucket

  var connections: [ConnectionID: ControlConnection] = [:]
  var sessions: [SessionID: ControlSession] = [:]
  var attendances: [VisitID: Attendance] = [:]
  var peers: [PeerNumber: Peer] = [:]
  var peerNumbers: [ParticipantID: PeerNumber] = [:]
  var peerCount: [Int]
  /// Workers that take no further peers for now.
  var fullWorkers: Set<Int> = []
  /// Tests of connections.
  var probes: [PeerNumber: Probe] = [:]
  var rooms: [RoomNumber: VisitID] = [:]
  var lastPeer: UInt64 = 0
  var lastRoom: UInt64 = 0
  var rosterVersion: UInt64 = 0

  /// Who hears about visits without taking part in them.
  var listening: [ClinicID: Listening] = [:]
  /// What has happened since `settle` that they are told.
  var news: [VisitID: VisitNews] = [:]
  /// What they are told when the event at that position is on disk.
  var unwritten: [UInt64: (visit: VisitID, news: VisitNews)] = [:]

  /// What has become of messages; `waiting` is not counted here.
  var deliveries = DeliveryCounters()
  /// Visits in which something may have changed since `settle`.
  var touched: Set<VisitID> = []
  /// Why participants and calls went, since `settle`.
  var departures: [ParticipantID: Departure] = [:]
  var endings: [VisitID: CallEnd] = [:]

  /// Tokens and links that were refused lately.
  var refusals: RefusalCount
  private var opening = TimeoutQueue<ConnectionID>(span: Limits.openTimeout)
  private var lost = TimeoutQueue<SessionID>(span: Limits.resumeWindow)
  private var probing = TimeoutQueue<PeerNumber>(span: Limits.probeTime)
  /// No session ends by itself before then; nil: none does.
  var sessionExpiry: Instant?
  private var storeRetry: Instant?
  private var outputs: [Output] = []
  private var polled = 0

  /// Time after which a store that has failed is tried again.
  static let storeRetryInterval = Duration.seconds(1)

  /// Starts from the store's events; `last` is the position that its log ends with, where that is
  /// not the last of these. Everybody who was in a call counts as lost, and has
  /// `Limits.resumeWindow` to come back.
  public init(
    configuration: ControlConfiguration, random: RandomSource, restoring events: [StoredEvent],
    through last: UInt64? = nil, at moment: Moment
  ) throws(RestoreError) {
    self.configuration = configuration
    self.random = random
    self.moment = moment
    startedAt = moment.wall
    logLevel = configuration.logLevel
    refusals = RefusalCount(now: moment.instant)
    imageReads = TokenBucket(rate: Limits.imageReadsPerSecond, now: moment.instant)
    journal = try VisitJournal(
      restoring: events, through: last ?? events.last?.position ?? 0, at: moment)
    for mark in events.compactMap(\.mark) { idempotencyKeys.note(mark, .done(nil)) }
    outbox = Outbox(channels: configuration.channels)
    peerCount = Array(repeating: 0, count: configuration.candidates.count)
    queueUnsettledMessages()
  }

  // MARK: What changes it

  /// Takes one input; drain `poll` before the next.
  public mutating func receive(_ input: Input, at moment: Moment) {
    precondition(polled == outputs.count, "outputs of the input before are left")
    self.moment = moment
    outputs.removeAll(keepingCapacity: true)
    polled = 0
    switch input {
    case .opened(let connection, let origin): open(connection, origin)
    case .received(let connection, let bytes): receive(bytes, on: connection)
    case .closed(let connection): close(connection)
    case .http(let exchange, let request): receive(request, as: exchange)
    case .errandDone(let exchange, let answer): receive(answer, to: exchange)
    case .worker(let number, let event): handle(event, from: number)
    case .committed(let position): handleCommit(through: position)
    case .storeFailed: handleStoreFailure()
    case .delivered(let message, let outcome): handle(outcome, of: message)
    case .administer(let command): administer(command)
    case .drain: drain()
    case .deadline: handleDeadlines()
    }
    deliver()
    settle()
  }

  /// The next thing to be done, until there is none.
  public mutating func poll() -> Output? {
    guard polled < outputs.count else { return nil }
    polled += 1
    return outputs[polled - 1]
  }

  // MARK: What reads it

  /// When `deadline` is to be given as an input.
  public var nextDeadline: Instant? {
    var next = earliest(opening.nextDeadline, lost.nextDeadline)
    next = earliest(next, earliest(storeRetry, sessionExpiry))
    next = earliest(next, earliest(probing.nextDeadline, outbox.nextDeadline))
    return earliest(next, journal.decided.nextDeadline)
  }

  /// All clinics and visits, as decided.
  public var visits: VisitLedger { journal.decided }

  /// How many connections there are.
  public var connectionCount: Int { connections.count }
  /// How many sessions there are, those included that can still be resumed.
  public var sessionCount: Int { sessions.count }
  /// How many peer connections the workers have been told of.
  public var peerTotal: Int { peers.count }

  /// The secret that a link carries, for the invite's present version; nil where there is none.
  public func inviteSecret(for invite: InviteID) -> String? {
    guard let version = journal.decided.visit(ofInvite: invite)?.invite(invite)?.version else {
      return nil
    }
    return configuration.links.secret(of: invite, version: version)
  }

  // MARK: What the parts of it use

  mutating func emit(_ output: Output) { outputs.append(output) }

  mutating func log(_ record: LogRecord) { outputs.append(.log(record)) }

  mutating func startResumeWindow(of session: SessionID) {
    lost.start(session, now: moment.instant)
  }

  mutating func startProbeTime(of probe: PeerNumber) {
    probing.start(probe, now: moment.instant)
  }

  private mutating func open(_ connection: ConnectionID, _ origin: ConnectionOrigin) {
    connections[connection] = ControlConnection(
      origin: origin, bucket: TokenBucket(now: moment.instant))
    opening.start(connection, now: moment.instant)
  }

  private mutating func handleCommit(through position: UInt64) {
    for entry in journal.commit(through: position) { complete(entry) }
  }

  private mutating func handleStoreFailure() {
    log(LogRecord(.error, "store_failed"))
    storeRetry = moment.instant + Self.storeRetryInterval
    for entry in journal.fail(at: moment) { refuse(entry) }
    touched.formUnion(attendances.keys)
  }

  private mutating func handleDeadlines() {
    let now = moment.instant
    while let connection = opening.popDue(now: now) {
      guard let waiting = connections[connection], waiting.session == nil else { continue }
      drop(connection, code: 4_001, reason: "open_timeout")
    }
    while let session = lost.popDue(now: now) {
      guard let state = sessions[session], let due = state.signaling.deadline, due <= now,
        state.ratingUntil == nil
      else { continue }
      forget(session, reason: "resume_timeout")
    }
    while let probe = probing.popDue(now: now) { endProbe(probe) }
    endExpiredSessions()
    for visit in journal.decided.dueVisits(at: now) {
      _ = try? carryOut(.visit(visit, .expire), by: .system, reply: nil)
    }
    if let retry = storeRetry, retry <= now {
      storeRetry = nil
      let events = journal.retry(at: moment)
      if !events.isEmpty { emit(.append(events)) }
    }
  }
}
