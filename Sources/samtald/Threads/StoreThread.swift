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
/// belongs to, and the control thread begins a new one when it hears of the failure.
final class StoreThread: Sendable {
  /// Events to write.
  struct Append: Sendable {
    var attempt: UInt64
    var events: [StoredEvent]
  }

  /// What has become of them.
  enum Report: Sendable {
    /// Everything up to this position is on disk.
    case committed(UInt64)
    /// Nothing of this attempt that was not committed is on disk, or will be.
    case failed(attempt: UInt64, reason: String)
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
  func start(_ store: EventStore) throws(SystemError) -> WorkerThread {
    let handedOver = HandedOver(store)
    return try WorkerThread(name: "store") {
      do throws(SystemError) {
        try self.run(handedOver.store)
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

  private func run(_ store: EventStore) throws(SystemError) {
    var loop = try EventLoop()
    try loop.watch(appends.descriptor, for: .reading, token: 0)
    let outbox = Outbox(reports)
    var failedAttempt: UInt64?
    while true {
      let isLast = isStopping.load(ordering: .acquiring)
      appends.acknowledge()
      var batch: [StoredEvent] = []
      var attempt: UInt64 = 0
      while let append = appends.take() {
        if let failed = failedAttempt, append.attempt <= failed { continue }
        attempt = append.attempt
        batch += append.events
      }
      if let last = batch.last {
        do throws(StoreError) {
          try store.append(batch)
          outbox.send(.committed(last.position))
        } catch {
          failedAttempt = attempt
          outbox.send(.failed(attempt: attempt, reason: error.description))
        }
      }
      outbox.flush()
      if isLast { return }
      loop.wait(until: outbox.count > 0 ? MonotonicClock.now() + .milliseconds(1) : nil)
    }
  }
}

/// Carries the store to the one thread that uses it.
private final class HandedOver: @unchecked Sendable {
  let store: EventStore
  init(_ store: EventStore) { self.store = store }
}
