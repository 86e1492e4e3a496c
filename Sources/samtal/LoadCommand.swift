import Glibc
import Load
import Primitives
import Runtime
import Security
import Setup
import Visits
import Wire

/// `samtal load`: plays a clinic's people against a running server, and measures what they get.
enum LoadCommand {
  /// Every bound that a report is held against: its option, and the figure.
  private static let bounds: [(option: String, section: String, key: String)] = [
    ("--max-loss", "loss", "lost_percent"),
    ("--max-join-p99", "joining", "join_p99_ms"),
    ("--max-first-picture-p99", "joining", "first_picture_p99_ms"),
    ("--max-sound-delay-p99", "media", "sound_delay_p99_ms"),
    ("--max-picture-delay-p99", "media", "picture_delay_p99_ms"),
    ("--max-freezes", "media", "freezes"),
    ("--max-resume-p99", "joining", "resume_p99_ms"),
    ("--max-memory-growth", "server", "memory_growth_mb_10min"),
  ]

  static func run(_ arguments: [String]) throws {
    let options = try CommandOptions(
      arguments, single: LoadOptions.single.union(bounds.map(\.option)).union(OperatorSite.options),
      flags: LoadOptions.flags)
    let limits = try bounds.map { try options.read($0.option, "a number", LoadOptions.number) }
    let site = try OperatorSite(options)
    let plan = try LoadOptions.plan(options, at: site)
    let clinic = try clinic(options, at: site)
    let needed = plan.people * 2 + 64
    let allowed = Descriptors.raise(to: needed)
    guard allowed >= needed else {
      throw CommandOptions.Mistake(
        description: "\(plan.people) people take \(needed) descriptors, and this process may "
          + "have \(allowed): ulimit -n \(needed)")
    }
    let run = try LoadRun(
      plan, clinic: clinic, media: try LoadMedia(for: plan),
      server: try probe(options, at: site, of: plan),
      progress: { show($0) })
    var report = try run.run()
    report.hold(
      against: zip(bounds, limits).compactMap { bound, limit in
        limit.map { LoadReport.Bound(bound.option, bound.section, bound.key, atMost: $0) }
      })
    print(report.table)
    if let file = options["--json"] {
      try TextFile.replace(file, with: report.json.description + "\n")
    }
    if !report.void.isEmpty { exit(3) }
    if !report.exceeded.isEmpty { exit(1) }
  }

  private static func clinic(
    _ options: CommandOptions, at site: OperatorSite
  ) throws -> LoadClinic {
    let id = try options.read("--clinic", "an identifier as cli_north") { ClinicID($0) }
    let key = try site.signingKey(named: options["--key"], clinic: id)
    return LoadClinic(id: key.clinic.text, key: key.key)
  }

  private static func probe(
    _ options: CommandOptions, at site: OperatorSite, of plan: LoadPlan
  ) throws -> ServerProbe {
    let named = try options.read("--pid", "the number of a process") {
      Int32($0).flatMap(ServerProcess.init(number:))
    }
    let process = named ?? ServerProcess(listeningOn: plan.address.port)
    let page = options["--admin"] ?? "http://\(site.configuration.adminListen)"
    return ServerProbe(process: process) {
      (try? DaemonRequest.get(page + "/metrics")).map(LoadOptions.counters)
    }
  }

  /// One line, which replaces the one before on a terminal.
  private static func show(_ progress: LoadProgress) {
    let line =
      "\(Int(progress.elapsed.seconds)) s: \(progress.rooms) rooms, \(progress.people) people, "
      + "\(progress.packetsPerSecond) packets/s, loss \(percent(progress.loss)), "
      + "tester at \(Int(progress.ownLoad * 100)) %"
    if isatty(STDERR_FILENO) != 0 {
      let bytes = Array("\r\u{1B}[K\(line)".utf8)
      _ = write(STDERR_FILENO, bytes, bytes.count)
    } else {
      Samtal.complain(line)
    }
  }

  private static func percent(_ part: Double) -> String {
    "\((part * 100_000).rounded() / 1_000) %"
  }
}
