/// A point in civil time as the Gregorian calendar names it, in UTC; from 1970 on.
public struct CivilTime: Equatable, Sendable {
  /// The year, from 1970.
  public let year: Int
  /// The month, 1...12.
  public let month: Int
  /// The day of the month, 1...31.
  public let day: Int
  /// Days since Sunday, 0...6.
  public let weekday: Int
  /// 0...23.
  public let hour: Int
  /// 0...59.
  public let minute: Int
  /// 0...59.
  public let second: Int
  /// 0...999.
  public let millisecond: Int

  /// The name of a time; one before 1970 counts as its first moment.
  public init(_ time: WallTime) {
    let milliseconds = max(0, time.milliseconds)
    let seconds = Int(milliseconds / 1_000)
    // Days since 0000-03-01, so that a leap day ends its year; 400 years have 146,097 days.
    let days = seconds / 86_400 + 719_468
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    // 1970-01-01 was a Thursday.
    weekday = (seconds / 86_400 + 4) % 7
    hour = seconds / 3_600 % 24
    minute = seconds / 60 % 60
    second = seconds % 60
    millisecond = Int(milliseconds % 1_000)
  }

  /// As RFC 3339 writes it, with milliseconds.
  public var internet: String {
    "\(pad(year, 4))-\(pad(month))-\(pad(day))T\(clock).\(pad(millisecond, 3))Z"
  }

  /// As RFC 5322 section 3.3 writes it, for messages.
  public var mail: String {
    "\(Self.weekdays[weekday]), \(pad(day)) \(Self.months[month - 1]) \(pad(year, 4)) \(clock) +0000"
  }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private var clock: String { "\(pad(hour)):\(pad(minute)):\(pad(second))" }

  private func pad(_ value: Int, _ width: Int = 2) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }
}
