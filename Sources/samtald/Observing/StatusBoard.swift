import Engine
import Primitives
import Relay
import Runtime
import Synchronization

/// What the daemon's threads say about themselves, for the operator's pages.
///
/// Each thread writes its own part a few times a second at most; the web thread reads.
final class StatusBoard: Sendable {
  /// A worker thread's part.
  struct WorkerStatus: Sendable {
    var peers: Int
    /// The share of the thread's time that it works.
    var loadPercent: Int
    var media: WorkerCounters
    var relay: RelayCounters
    var datagrams: DatagramCounters
  }

  /// The control thread's part.
  struct ControlStatus: Sendable {
    var beat = Instant.origin
    var connections = 0
    var sessions = 0
    var peers = 0
    var storeCommits: UInt64 = 0
    var storeFailures: UInt64 = 0
    var isStoreUp = false
    var isDraining = false
    var deliveries = DeliveryCounters()
  }

  /// The delivery thread's part.
  struct WebhookStatus: Sendable {
    var sent: UInt64 = 0
    var deferred: UInt64 = 0
    var waiting = 0
  }

  /// All parts.
  struct Snapshot: Sendable {
    var control = ControlStatus()
    var workers: [WorkerStatus?]
    var web = WebCounters()
    var webhooks = WebhookStatus()

    /// Whether everything is up.
    var isReady: Bool {
      control.isStoreUp && !control.isDraining && workers.allSatisfy { $0 != nil }
    }
  }

  /// Time without a sign of the control thread after which the daemon counts as ill.
  private static let patience = Duration.seconds(10)
  private let state: Mutex<Snapshot>

  /// A board for so many workers, none of which has been heard of.
  init(workers: Int) {
    state = Mutex(Snapshot(workers: [WorkerStatus?](repeating: nil, count: workers)))
  }

  func update(worker index: Int, _ status: WorkerStatus) {
    state.withLock { $0.workers[index] = status }
  }

  func update(_ change: (inout ControlStatus) -> Void) { state.withLock { change(&$0.control) } }

  func update(web counters: WebCounters) { state.withLock { $0.web = counters } }

  func update(webhooks status: WebhookStatus) { state.withLock { $0.webhooks = status } }

  /// Whether everything is up.
  var isReady: Bool { state.withLock(\.isReady) }

  /// What a path of the operator's port shows.
  func page(at path: String, now: Instant) -> WebConfiguration.Page? {
    let snapshot = state.withLock { $0 }
    switch path {
    case "/healthz":
      let isWell = now - snapshot.control.beat < Self.patience
      return .text(isWell ? 200 : 503, isWell ? "ok" : "stuck")
    case "/readyz":
      if snapshot.control.isDraining { return .text(503, "draining") }
      return .text(snapshot.isReady ? 200 : 503, snapshot.isReady ? "ready" : "starting")
    case "/metrics":
      return WebConfiguration.Page(
        contentType: "text/plain; version=0.0.4; charset=utf-8",
        bytes: Array(MetricsText(snapshot).text.utf8))
    default: return nil
    }
  }
}

extension WebConfiguration.Page {
  fileprivate static func text(_ status: UInt32, _ word: String) -> Self {
    Self(
      status: status, contentType: "text/plain; charset=utf-8", bytes: Array((word + "\n").utf8))
  }
}
