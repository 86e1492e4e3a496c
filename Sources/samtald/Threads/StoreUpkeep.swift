import Primitives
import Runtime
import Store

/// What is done about the store beside writing to it: the audit log's head is kept elsewhere, its
/// old rows are cut off, and what was deleted leaves the files.
struct StoreUpkeep: Sendable {
  /// Time between two of the regular turns.
  static let interval = Duration.hours(1)
  /// Time after which what has failed is tried again.
  static let retryInterval = Duration.seconds(1)
  /// A year with its share of a leap day.
  private static let year = Duration.hours(365 * 24 + 6)

  private let head: AuditHeadFile
  private let auditYears: Int
  /// The first turn is at the start.
  private var nextTurn = Instant.origin
  private var nextTidying: Instant? = .origin

  /// Keeps the head in `head`, and rows for `auditYears` years.
  init(head: AuditHeadFile, auditYears: Int) {
    self.head = head
    self.auditYears = auditYears
  }

  /// When `work` has something to do again.
  var nextDeadline: Instant? { earliest(nextTurn, nextTidying) }

  /// There is something new in the store.
  mutating func noteAppend() { nextTidying = nextTidying ?? .origin }

  /// Does what is due, a small part at a time; `isIdle` where nothing waits to be written.
  mutating func work(on store: EventStore, isIdle: Bool) throws(StoreError) {
    let now = MonotonicClock.now()
    if now >= nextTurn {
      nextTurn = now + Self.retryInterval
      try store.cutAudit(
        before: WallClock.now() + Self.year * -auditYears, at: WallClock.now())
      try head.write(store.auditHead)
      store.emptyLogSoon()
      nextTidying = .origin
      nextTurn = now + Self.interval
    }
    guard isIdle, let tidying = nextTidying, now >= tidying else { return }
    nextTidying = now + Self.retryInterval
    switch try store.tidy() {
    case .more: nextTidying = .origin
    case .waiting: break
    case .done: nextTidying = nil
    }
  }

  /// The last words: how long the audit log is.
  func end(_ store: EventStore) throws(StoreError) { try head.write(store.auditHead) }
}
