import Glibc
import Primitives

/// The figures of a comparison, as people and programs read them.
struct PeerTable {
  var figures: [PeerFigures] = []
  var joins: [PeerJoins] = []
  /// What could not be measured, and why.
  var failures: [String] = []
  let options: PeerOptions

  /// Where, when and how: what a table is worth nothing without.
  private var circumstances: String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    let month = parts.tm_mon + 1
    let date =
      "\(parts.tm_year + 1_900)-\(month < 10 ? "0" : "")\(month)"
      + "-\(parts.tm_mday < 10 ? "0" : "")\(parts.tm_mday)"
    let processors = (try? WholeFile.read("/proc/cpuinfo")) ?? ""
    let model = processors.split(separator: "\n").first { $0.hasPrefix("model name") }
    let kernel = (try? WholeFile.read("/proc/sys/kernel/osrelease")) ?? ""
    return "\(date), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) × "
      + "\(model?.split(separator: ":").last.map { $0.drop { $0 == " " } } ?? "unknown processor"), "
      + "Linux \(kernel.filter { $0 != "\n" })"
  }

  /// The table in Markdown.
  var markdown: String {
    var lines = [circumstances, "", "    \(options.command)", ""]
    if !figures.isEmpty {
      lines += [
        "| scenario | SRTP | spacing | load | server | rooms | packets/s | ns a packet | lost | "
          + "p50 | p99 | memory | tester | |",
        "|---|---|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
      ]
      lines += figures.map(Self.row)
      lines.append("")
      lines += ratios
    }
    if !joins.isEmpty {
      lines += [
        "| negotiation to first media | SRTP | joins | p50 | p99 |", "|---|---|---:|---:|---:|",
      ]
      lines += joins.map { entry in
        "| \(entry.server) | \(entry.profile.rawValue) | \(entry.times.count) "
          + "| \(entry.times.quantile(0.5).text) | \(entry.times.quantile(0.99).text) |"
      }
      lines.append("")
    }
    if !failures.isEmpty { lines += failures.map { "- not measured: \($0)" } + [""] }
    return lines.joined(separator: "\n")
  }

  private static func row(_ entry: PeerFigures) -> String {
    let cells = [
      entry.scenario, entry.profile.rawValue, entry.spacing.rawValue, entry.load.rawValue,
      entry.server, decimals(entry.rooms), String(Int(entry.rate)), String(Int(entry.cost)),
      decimals(entry.loss * 100) + " %", entry.delay50.text, entry.delay99.text,
      "\(entry.residentBytes >> 20) MB", "\(Int(entry.testerLoad * 100)) %", entry.remark ?? "",
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }

  /// What Janus needs for a packet as a multiple of what samtald needs, and the other way round
  /// for what they carry.
  private var ratios: [String] {
    var lines = [
      "| scenario | SRTP | spacing | load | Janus/samtald, ns a packet | samtald/Janus, packets/s |",
      "|---|---|---|---|---:|---:|",
    ]
    for entry in figures where entry.server == SamtaldServer.name {
      let janus = figures.first {
        $0.server == JanusServer.name && $0.scenario == entry.scenario
          && $0.profile == entry.profile && $0.spacing == entry.spacing && $0.load == entry.load
      }
      guard let janus, entry.cost > 0, janus.rate > 0 else { continue }
      lines.append(
        "| \(entry.scenario) | \(entry.profile.rawValue) | \(entry.spacing.rawValue) "
          + "| \(entry.load.rawValue) | \(Self.decimals(janus.cost / entry.cost)) "
          + "| \(Self.decimals(entry.rate / janus.rate)) |")
    }
    return lines + [""]
  }

  /// With two decimals.
  static func decimals(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// All figures, for programs.
  var json: JSON {
    [
      "circumstances": .string(circumstances), "command": .string(options.command),
      "figures": .array(figures.map(\.json)), "joins": .array(joins.map(\.json)),
      "failures": .array(failures.map(JSON.string)),
    ]
  }
}
