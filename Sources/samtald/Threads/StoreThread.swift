import Engine
import Primitives
import Runtime
import Store
import Synchronization
import Visits

/// The thread that waits for the disk: it writes what the control thread appends, and says when
/// it is there.
///
/// All that has come in while a batch was written goes into the next one, so that under load many
/// commands share one wait. When a batch fails, nothing of it is on disk, and what had been
/// appended after it is refused unseen: each append carries the number of the attempt that it
/// belongs to, and the control thread begins a new one when it hears of the failure. Rows of the
/// audit log that are no events are nobody's to give again: they wait here for a store that works.
final class StoreThread: Sendable {
  /// What is to be written.
  struct Append: Sendable {
    var attempt: UInt64
    var events: [StoredEvent]
    var audit: [AuditEntry] = []
    /// The request that is answered when the rows are on disk.
    var exchange: ExchangeID?
  }

  /// What has become of it.
  enum Report: Sendable {
    /// Everything up to this position is on disk.
    case committed(UInt64)
    /// Nothing of this attempt that was not committed is on disk, or will be.
    case failed(attempt: UInt64, reason: String)
    /// The rows of a request are on disk; else they wait for a store that works.
    case recorded(ExchangeID, Bool)
    /// Something that nobody waits for does not work.
    case ailing(String)
  }

  /// The control thread posts here.
  let appends: Mailbox<Append>
  /// The control thread reads here.
  let reports: Mailbox<Report>
  private let isStopping = Atomic<Bool>(false)

  init() throws(SystemError) {
    appends = try Mailbox(capacity: Limits.workerMailboxLetters)
    reports = try Mailbox(capacity: Limits.workerMailboxLetters)
  }

  /// Starts the thread, which owns the store from then on.
  func start(_ store: EventStore, _ upkeep: StoreUpkeep) throws(SystemError) -> WorkerThread {
    let handedOver = HandedOver(store)
    return try WorkerThread(name: "store") {
      do throws(SystemError) {
        try self.run(StoreTurns(handedOver.store, upkeep, reports: self.reports))
      } catch {
        preconditionFailure("\(error)")
      }
    }
  }

  /// Has the thread write what it was given, and end.
  func requestStop() {
    isStopping.store(true, ordering: .releasing)
    appends.nudge()
  }

  private func run(_ turns: StoreTurns) throws(SystemError) {
    var turns = turns
    var loop = try EventLoop()
    try loop.watch(appends.descriptor, for: .reading, token: 0)
    while true {
      let isLast = isStopping.load(ordering: .acquiring)
      appends.acknowledge()
      var isIdle = true
      while let append = appends.take() {
        turns.take(append)
        isIdle = false
      }
      turns.write()
      turns.keepUp(isIdle: isIdle)
      if isLast { return turns.end() }
      loop.wait(until: turns.nextDeadline)
    }
  }
}

/// Carries the store to the one thread that uses it.
private final class HandedOver: @unchecked Sendable {
  let store: EventStore
  init(_ store: EventStore) { self.store = store }
}

/// What the store's thread does, turn by turn.
private struct StoreTurns {
  private let store: EventStore
  private let outbox: Outbox<StoreThread.Report>
  private var upkeep: StoreUpkeep
  private var failedAttempt: UInt64?
  private var attempt: UInt64 = 0
  private var batch: [StoredEvent] = []
  private var entries: [AuditEntry] = []
  private var exchanges: [ExchangeID] = []
  /// Entries that found no room while the store failed.
  private var unlisted = 0
  private var retry: Instant?
  private var complaint: String?

  init(_ store: EventStore, _ upkeep: StoreUpkeep, reports: Mailbox<StoreThread.Report>) {
    self.store = store
    self.upkeep = upkeep
    outbox = Outbox(reports)
  }

  mutating func take(_ append: StoreThread.Append) {
    let room = Limits.waitingAuditEntries - entries.count
    entries += append.audit.prefix(room)
    unlisted += max(0, append.audit.count - room)
    if let exchange = append.exchange { exchanges.append(exchange) }
    if let failed = failedAttempt, append.attempt <= failed { return }
    attempt = append.attempt
    batch += append.events
  }

  /// Writes what has come in, and says what has become of it.
  mutating func write() {
    let now = MonotonicClock.now()
    guard !batch.isEmpty || !entries.isEmpty && (retry ?? now) <= now else {
      tell(areRecorded: false)
      return outbox.flush()
    }
    defer { batch.removeAll(keepingCapacity: true) }
    if unlisted > 0 {
      entries.append(
        AuditEntry(
          .sessionsRefused, at: WallClock.now(), by: .system, outcome: "unlisted_\(unlisted)"))
    }
    do throws(StoreError) {
      try store.append(batch, audit: entries)
      if let last = batch.last { outbox.send(.committed(last.position)) }
      upkeep.noteAppend()
      entries.removeAll()
      tell(areRecorded: true)
      (unlisted, retry) = (0, nil)
    } catch {
      if unlisted > 0 { entries.removeLast() }
      retry = now + StoreUpkeep.retryInterval
      tell(areRecorded: false)
      if batch.isEmpty {
        complain(error)
      } else {
        failedAttempt = attempt
        outbox.send(.failed(attempt: attempt, reason: error.description))
      }
    }
    outbox.flush()
  }

  /// Those who wait for their rows hear at once what has become of them.
  private mutating func tell(areRecorded: Bool) {
    for exchange in exchanges { outbox.send(.recorded(exchange, areRecorded)) }
    exchanges.removeAll()
  }

  mutating func keepUp(isIdle: Bool) {
    do throws(StoreError) {
      try upkeep.work(on: store, isIdle: isIdle)
      complaint = nil
    } catch {
      complain(error)
    }
  }

  /// The last turn.
  mutating func end() {
    do throws(StoreError) {
      try upkeep.end(store)
    } catch {
      complain(error)
    }
  }

  var nextDeadline: Instant? {
    let deadline = earliest(upkeep.nextDeadline, entries.isEmpty ? nil : retry)
    return outbox.count > 0
      ? earliest(deadline, MonotonicClock.now() + .milliseconds(1)) : deadline
  }

  /// Says once what goes on failing.
  private mutating func complain(_ error: StoreError) {
    guard complaint != error.description else { return }
    complaint = error.description
    outbox.send(.ailing(error.description))
  }
}
