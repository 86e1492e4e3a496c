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

  private let minimum: LogLevel
  private let budget = Mutex(Budget())

  init(minimum: LogLevel) { self.minimum = minimum }

  /// Writes a record, unless it matters less than the configuration asks for.
  func write(_ record: LogRecord) {
    guard record.level >= minimum else { return }
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
      .init("time", .string(time.civil)), .init("level", .string("\(record.level)")),
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

extension WallTime {
  /// The time as RFC 3339 writes it, in UTC with milliseconds; from 1970 on.
  var civil: String {
    // Days since 0000-03-01, so that a leap day ends its year; 400 years have 146,097 days.
    let day = seconds / 86_400 + 719_468
    let era = day / 146_097
    let dayOfEra = day % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func pad(_ value: Int64, _ width: Int = 2) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let clock = [seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60].map { pad($0) }
    return "\(pad(year, 4))-\(pad(month))-\(pad(dayOfMonth))T"
      + "\(clock.joined(separator: ":")).\(pad(milliseconds % 1_000, 3))Z"
  }
}
