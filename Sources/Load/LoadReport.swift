import Primitives

/// What a load test found, as a table and as JSON.
public struct LoadReport: Sendable {
  /// Every figure, section by section.
  public let figures: [Figure]
  /// What went wrong, by reason.
  public let errors: [(reason: String, count: Int)]
  /// Why the run says nothing of the server, because the tester itself was at its limit; empty
  /// where it does.
  public let void: [String]
  /// The bounds that were passed, in words; and whatever nobody may accept.
  public private(set) var exceeded: [String] = []
  /// What would let the machine do more.
  public let advice: [String]

  init(_ measurement: Measurement) {
    figures =
      measurement.joining + measurement.media + measurement.decoding + measurement.losses
      + measurement.server
      + measurement.tester
    errors = measurement.tally.errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { ($0.key, $0.value) }
    void = measurement.voidReasons
    advice = measurement.advice
  }

  /// The most that a figure may be.
  public struct Bound: Sendable {
    let name: String
    let section: String
    let key: String
    let limit: Double

    /// `name` is what the operator calls it.
    public init(_ name: String, _ section: String, _ key: String, atMost limit: Double) {
      self.name = name
      self.section = section
      self.key = key
      self.limit = limit
    }
  }

  /// Notes which bounds are passed. One whose figure was not measured is: nothing shows that it was
  /// kept. A missing track and an error always are.
  public mutating func hold(against bounds: [Bound]) {
    for bound in bounds {
      guard let figure = self[bound.section, bound.key], let number = figure.number else {
        exceeded.append("\(bound.name): it was not measured")
        continue
      }
      if number > bound.limit {
        let limit = Figure.decimals(bound.limit, 3)
        exceeded.append("\(bound.name) \(limit): \(figure.label) is \(figure.text)")
      }
    }
    let wrong = self["decoding", "wrong"]?.number ?? 0
    if wrong > 0 { exceeded.append("\(Int(wrong)) pictures and sounds were of somebody else") }
    let expected = self["media", "tracks_expected"]?.number ?? 0
    let received = self["media", "tracks_received"]?.number ?? 0
    if expected == 0 { exceeded.append("nobody had anything to see or hear") }
    if received < expected { exceeded.append("\(Int(expected - received)) tracks never came") }
    let failures = errors.reduce(0) { $0 + $1.count }
    if failures > 0 { exceeded.append("\(failures) errors") }
  }

  /// The figure of a section and a key.
  public subscript(section: String, key: String) -> Figure? {
    figures.first { $0.section == section && $0.key == key }
  }

  /// A table for people.
  public var table: String {
    var lines: [String] = []
    var section = ""
    let width = figures.map(\.label.count).max() ?? 0
    for figure in figures {
      if figure.section != section {
        section = figure.section
        lines += lines.isEmpty ? [section] : ["", section]
      }
      let space = String(repeating: " ", count: width - figure.label.count + 2)
      lines.append("  " + figure.label + space + figure.text)
    }
    lines += ["", "errors"]
    lines += errors.isEmpty ? ["  none"] : errors.map { "  \($0.reason): \($0.count)" }
    for text in exceeded { lines += ["", "PASSED: \(text)"] }
    for reason in void { lines += ["", "VOID: \(reason)"] }
    for text in advice { lines += ["", "advice: \(text)"] }
    return lines.joined(separator: "\n")
  }

  /// The same for programs: an object for each section, times in milliseconds, parts in percent.
  public var json: JSON {
    var sections: [JSON.Member] = []
    for figure in figures {
      let member = JSON.Member(figure.key, figure.json)
      if sections.last?.name == figure.section, let members = sections.last?.value.members {
        sections[sections.count - 1].value = .object(members + [member])
      } else {
        sections.append(JSON.Member(figure.section, .object([member])))
      }
    }
    sections.append(
      JSON.Member(
        "errors", .object(errors.map { JSON.Member($0.reason, .integer(Int64($0.count))) })))
    sections.append(JSON.Member("exceeded", .array(exceeded.map(JSON.string))))
    sections.append(JSON.Member("void", .array(void.map(JSON.string))))
    sections.append(JSON.Member("advice", .array(advice.map(JSON.string))))
    return .object(sections)
  }
}
