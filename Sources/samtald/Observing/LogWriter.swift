import Glibc
import Primitives
import Runtime
import Synchronization

/// Writes log records to standard error, one JSON object a line.
///
/// A line is one write, so that threads do not cut each other short. More than a fixed number in a
/// second are counted and not written: nobody outside can fill the disk.
final class LogWriter: Sendable {
  private static let linesPerSecond = 500

  private struct Budget {
    var second: Int64 = 0
    var used = 0
    var suppressed = 0
  }

  private let minimum: Atomic<Int>
  private let budget = Mutex(Budget())

  init(minimum: LogLevel) { self.minimum = Atomic(minimum.rawValue) }

  /// Writes records from this level on.
  func setMinimum(_ level: LogLevel) { minimum.store(level.rawValue, ordering: .relaxed) }

  /// Writes a record, unless it matters less than what is wanted.
  func write(_ record: LogRecord) {
    guard record.level.rawValue >= minimum.load(ordering: .relaxed) else { return }
    let now = WallClock.now()
    let (isAllowed, suppressed) = budget.withLock { budget -> (Bool, Int) in
      var suppressed = 0
      if budget.second != now.seconds {
        suppressed = budget.suppressed
        budget = Budget(second: now.seconds)
      }
      guard budget.used < Self.linesPerSecond else {
        budget.suppressed += 1
        return (false, suppressed)
      }
      budget.used += 1
      return (true, suppressed)
    }
    if suppressed > 0 {
      put(LogRecord(.warning, "log_lines_suppressed", ("count", suppressed)), at: now)
    }
    if isAllowed { put(record, at: now) }
  }

  private func put(_ record: LogRecord, at time: WallTime) {
    Self.put(Self.line(record, at: time) + "\n", to: STDERR_FILENO)
  }

  /// The record as one line.
  static func line(_ record: LogRecord, at time: WallTime) -> String {
    var members: [JSON.Member] = [
      .init("time", .string(CivilTime(time).internet)), .init("level", .string("\(record.level)")),
      .init("event", .string(record.event)),
    ]
    for field in record.fields where !members.contains(where: { $0.name == field.name }) {
      members.append(.init(field.name, .string(field.value)))
    }
    return JSON.object(members).description
  }

  /// Writes a text whole, or gives up where nobody reads any more.
  static func put(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
