import Primitives

/// One line of a report, and one member of its JSON.
public struct Figure: Sendable {
  /// What was measured, in its unit.
  public enum Value: Sendable {
    /// A time; nil where nothing was there to be timed.
    case time(Duration?)
    /// A number of things.
    case count(UInt64)
    /// A part of a whole, from 0 to 1.
    case part(Double)
    /// Any other number, with the unit behind it.
    case number(Double?, unit: String)
  }

  /// Which part of the report it stands in.
  public var section: String
  /// Its name there, in lower snake case, with the unit at the end where it has one.
  public var key: String
  /// What people read.
  public var label: String
  /// What was measured.
  public var value: Value

  init(_ section: String, _ key: String, _ label: String, _ value: Value) {
    self.section = section
    self.key = key
    self.label = label
    self.value = value
  }

  /// The value as people read it.
  public var text: String {
    switch value {
    case .time(let span): span.map { "\(Self.decimals($0.seconds * 1_000, 1)) ms" } ?? "-"
    case .count(let count): String(count)
    case .part(let part): "\(Self.decimals(part * 100, 3)) %"
    case .number(let number, let unit):
      number.map { "\(Self.decimals($0, 2)) \(unit)" } ?? "-"
    }
  }

  /// The value as a number: times in milliseconds, parts in percent.
  public var number: Double? {
    switch value {
    case .time(let span): span.map { $0.seconds * 1_000 }
    case .count(let count): Double(count)
    case .part(let part): part * 100
    case .number(let number, _): number
    }
  }

  var json: JSON {
    if case .count(let count) = value { return .integer(Int64(clamping: count)) }
    return number.map { .number($0) } ?? .null
  }

  /// A number with so many decimals.
  static func decimals(_ number: Double, _ count: Int) -> String {
    var scale = 1.0
    for _ in 0..<count { scale *= 10 }
    let whole = (number.magnitude * scale).rounded()
    guard whole < 1e18 else { return String(number) }
    let units = UInt64(whole)
    let rest = String(units % UInt64(scale))
    let sign = number < 0 && units > 0 ? "-" : ""
    let fraction = count == 0 ? "" : "." + String(repeating: "0", count: count - rest.count) + rest
    return sign + String(units / UInt64(scale)) + fraction
  }
}
