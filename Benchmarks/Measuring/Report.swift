import Primitives

/// What was measured, as a table and as JSON.
struct Report {
  /// One benchmark's row.
  struct Row {
    var benchmark: Benchmark
    var time: OperationTime
    var counts: OperationCounts?
    /// Receivers, where the program takes fewer than the name says.
    var note: String?
  }

  /// The core's usual speed, in steps a microsecond.
  var speed: Double
  var rows: [Row] = []

  /// The table, and below it what `forward` comes to.
  var text: String {
    var lines = [
      "core speed \(speed.text(0)) steps/us; ns are divided by how far the core was from it",
      "benchmark".padded(to: 34) + "ns".padded(to: -10) + "+-".padded(to: -6)
        + "instructions".padded(to: -14) + "allocs".padded(to: -10) + "retains".padded(to: -10)
        + "releases".padded(to: -10) + "  an operation is a",
    ]
    for row in rows {
      var line =
        row.benchmark.name.padded(to: 34) + row.time.nanoseconds.text(1).padded(to: -10)
        + "\((row.time.spread * 100).text(0))%".padded(to: -6)
      line += (row.counts?.instructions.text(0) ?? "-").padded(to: -14)
      line += (row.counts?.allocations.text(3) ?? "-").padded(to: -10)
      line += (row.counts?.retains.text(3) ?? "-").padded(to: -10)
      line += (row.counts?.releases.text(3) ?? "-").padded(to: -10)
      lines.append(line + "  " + row.benchmark.operation + (row.note.map { "; " + $0 } ?? ""))
    }
    return lines.joined(separator: "\n")
  }

  var json: JSON {
    [
      "speed": .number(speed),
      "benchmarks": .array(
        rows.map { row in
          .compact([
            "name": .string(row.benchmark.name), "operation": .string(row.benchmark.operation),
            "nanoseconds": .number(row.time.nanoseconds), "spread": .number(row.time.spread),
            "instructions": row.counts.map { .number($0.instructions) },
            "allocations": row.counts.map { .number($0.allocations) },
            "retains": row.counts.map { .number($0.retains) },
            "releases": row.counts.map { .number($0.releases) },
            "note": row.note.map { .string($0) },
          ])
        }),
    ]
  }

  /// Processor time of one benchmark, where it was measured.
  func nanoseconds(_ name: String) -> Double? {
    rows.first { $0.benchmark.name == name }?.time.nanoseconds
  }
}

/// `forward` beside the sum of its parts, measured in the same run.
struct ForwardComparison {
  /// How many times the sum of its parts the whole may take.
  static let bound = 1.25
  /// What is counted once for a hundred packets belongs to the turn, and not to a packet.
  private static let perPacket = 0.01
  /// Whether all bounds are kept.
  private(set) var isKept = true
  private var lines = ["forward, one packet sent, AEAD_AES_128_GCM:"]

  /// Nil where not all parts were measured.
  init?(_ report: Report) {
    for suffix in ["", "-apart"] {
      let prefix = "forward/\(Benchmark.comparedFanOut)/\(Floor.size)/"
      guard let whole = report.nanoseconds(prefix + "whole" + suffix),
        let copy = report.nanoseconds("forward/floor/copy"),
        let cipher = report.nanoseconds("forward/floor/gcm"),
        let send = report.nanoseconds("forward/floor/send" + suffix)
      else { return nil }
      let sum = copy + cipher + send
      if whole > sum * Self.bound { isKept = false }
      let delivered = suffix.isEmpty ? "delivered together (UDP_GRO)" : "delivered one by one"
      lines.append(
        "  1 to \(Benchmark.comparedFanOut), \(Floor.size) bytes, \(delivered): whole "
          + "\(whole.text(0)) ns; parts alone \(copy.text(0)) copy and rewrite + "
          + "\(cipher.text(0)) EVP GCM + \(send.text(0)) segmented send = \(sum.text(0)); "
          + "ratio \((whole / sum).text(2)), the bound is \(Self.bound.text(2))")
    }
    addCosts(report)
  }

  private mutating func addCosts(_ report: Report) {
    let name = "forward/\(Benchmark.comparedFanOut)/\(Floor.size)/whole"
    guard let counts = report.rows.first(where: { $0.benchmark.name == name })?.counts else {
      return
    }
    if max(counts.allocations, counts.retains) >= Self.perPacket { isKept = false }
    lines.append(
      "  \(counts.allocations.text(3)) allocations and \(counts.retains.text(3)) retains a packet;"
        + " the bounds are 0, less than one in a hundred packets is the turn's")
  }

  var text: String { lines.joined(separator: "\n") }
}
