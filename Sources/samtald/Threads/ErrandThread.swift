import Engine
import Primitives
import Runtime
import Signaling
import Store
import Synchronization
import Visits

/// The thread that reads and writes for requests of the HTTP API what stands beside the event log:
/// pages of the audit log, and images. Nobody else waits for it.
final class ErrandThread: Sendable {
  /// Something to do, and for which request.
  struct Order: Sendable {
    var exchange: ExchangeID
    var errand: StoreErrand
  }

  /// What came of it.
  struct Report: Sendable {
    var exchange: ExchangeID
    var answer: StoreAnswer
  }

  /// The control thread posts here.
  let orders: Mailbox<Order>
  /// The control thread reads here.
  let reports: Mailbox<Report>
  private let isStopping = Atomic<Bool>(false)

  init() throws(SystemError) {
    orders = try Mailbox(capacity: Limits.errands)
    reports = try Mailbox(capacity: Limits.errands)
  }

  /// Starts the thread on the database at `path`, which this version has opened before.
  func start(path: String) throws(SystemError) -> WorkerThread {
    try WorkerThread(name: "errands") {
      do throws(SystemError) {
        try self.run(path: path)
      } catch {
        preconditionFailure("\(error)")
      }
    }
  }

  /// Has the thread end.
  func requestStop() {
    isStopping.store(true, ordering: .releasing)
    orders.nudge()
  }

  private func run(path: String) throws(SystemError) {
    var loop = try EventLoop()
    try loop.watch(orders.descriptor, for: .reading, token: 0)
    let outbox = Outbox(reports)
    while !isStopping.load(ordering: .acquiring) {
      orders.acknowledge()
      while let order = orders.take() {
        outbox.send(Report(exchange: order.exchange, answer: Self.answer(order.errand, path)))
      }
      outbox.flush()
      loop.wait(until: outbox.count > 0 ? MonotonicClock.now() + .milliseconds(1) : nil)
    }
  }

  /// Does one errand, on a connection that is opened for it: a store that has failed once is not
  /// given up.
  private static func answer(_ errand: StoreErrand, _ path: String) -> StoreAnswer {
    do throws(StoreError) {
      switch errand {
      case .readAudit(let query): return .audit(try read(query, path))
      // The control loop gives these to the store's own thread.
      case .record: return .failed
      case .putImage(let image):
        try ImageStore(path: path).put(
          image.bytes, form: image.form.rawValue, as: image.id, of: image.clinic)
        return .done
      case .getImage(let clinic, let id):
        guard let (form, bytes) = try ImageStore(path: path).image(id, of: clinic) else {
          return .image(nil)
        }
        return .image(
          BackgroundImage.Form(rawValue: form).flatMap {
            BackgroundImage(clinic: clinic, id: id, form: $0, bytes: bytes)
          })
      case .deleteImage(let clinic, let id):
        try ImageStore(path: path).delete(id, of: clinic)
        return .done
      }
    } catch {
      return .failed
    }
  }

  private static func read(_ query: AuditQuery, _ path: String) throws(StoreError) -> [AuditLine] {
    var lines: [AuditLine] = []
    let reader = try AuditReader(path: path)
    let asked = AuditReader.Query(
      clinic: query.clinic, visit: query.visit, from: query.from, to: query.to,
      after: query.after, limit: Int64(query.limit))
    try reader.read(asked) { row in lines.append(AuditLine(row)) }
    return lines
  }
}

extension AuditLine {
  fileprivate init(_ row: AuditRow) {
    var entry = AuditEntry(
      .auditRead, at: WallTime(milliseconds: row.at), by: row.author.flatMap { Author($0) },
      clinic: row.clinic.flatMap { ClinicID($0) }, visit: row.visit.flatMap { VisitID($0) },
      subject: row.subject, outcome: row.outcome)
    entry.action = row.action
    self.init(number: row.number, entry: entry)
  }
}
