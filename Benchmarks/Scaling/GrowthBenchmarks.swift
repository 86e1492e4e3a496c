import Primitives

extension Benchmark {
  /// A packet's cost in the relay, from clear to protected, as more people come: rooms of three,
  /// receivers of one publisher, and people in one room who all see each other.
  static let growth: [Benchmark] =
    [1, 3, 10, 30, 100, 300, 1_000].map { rooms in
      growth("rooms/\(rooms)", Gathering(rooms: rooms, publishers: 3))
    }
    + [1, 2, 8, 32, 64, 125, 250, 500, 1_000, 2_000].map { receivers in
      growth("receivers/\(receivers)", Gathering(viewers: receivers))
    }
    + [2, 3, 6, 12, 25, 50].map { people in
      growth("people/\(people)", Gathering(publishers: people))
    }

  private static func growth(_ name: String, _ gathering: Gathering) -> Benchmark {
    Benchmark("growth/" + name, of: "packet rewritten and protected", isCounted: false) {
      try RelayWorkload(gathering, size: SyntheticStream.videoBytes, protects: true)
    }
  }
}

/// What a packet costs at each size beside the least that it costs at a smaller one.
struct GrowthComparison {
  /// How many times its cost at any smaller size a packet may cost.
  static let bound = 1.3
  private(set) var isKept = true
  private var lines = ["growth, cost of a packet at each size to the least at a smaller one:"]

  /// Nil where nothing of it was measured.
  init?(_ report: Report) {
    for family in ["rooms", "receivers", "people"] {
      let rows = report.rows.filter { $0.benchmark.name.hasPrefix("growth/\(family)/") }
      if rows.count > 1 { lines.append(line(family, rows)) }
    }
    if lines.count == 1 { return nil }
  }

  private mutating func line(_ family: String, _ rows: [Report.Row]) -> String {
    var least = Double.infinity
    var worst = 0.0
    var ratios: [String] = []
    for row in rows {
      if least < .infinity {
        let ratio = row.time.nanoseconds / least
        worst = max(worst, ratio)
        let size = row.benchmark.name.split(separator: "/").last ?? ""
        ratios.append("\(size): \(ratio.text(2))")
      }
      least = min(least, row.time.nanoseconds)
    }
    if worst > Self.bound { isKept = false }
    return "  \(family.padded(to: 10)) \(ratios.joined(separator: ", ")); at most "
      + "\(worst.text(2)), the bound is \(Self.bound.text(2))"
  }

  var text: String { lines.joined(separator: "\n") }
}
