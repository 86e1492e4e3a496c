import Primitives
import Setup
import Store
import Visits

/// `samtal audit`: reads the audit log, offline or beside the daemon.
enum AuditCommand {
  static let usage = """
    usage: samtal audit verify [OPTIONS]
           samtal audit accept [OPTIONS]
           samtal audit list [OPTIONS] [--clinic ID] [--visit ID] [--from MS] [--to MS] [--limit N]

    \(OperatorSite.usage)
      --database FILE    another database, as a backup
      --head FILE        another head of the audit log, as a backup's

    verify recomputes the chain of all rows, and holds it against the events and against the head
    that is kept in a file of its own. Exit status 1 where anything was changed, deleted, put in,
    moved or cut off.

    accept has samtald go on from the audit log as it is, where the head is lost or is of another
    log: samtald does not start then. It says what is accepted, writes a new head, and the next
    start of samtald puts that on record.

    list prints one row a line, as JSON: number, at (milliseconds since 1970), clinic, visit,
    author, action, subject, outcome. from and to are milliseconds since 1970, to exclusive.
    """

  /// What was done to the audit log.
  private struct Tampering: Error, CustomStringConvertible {
    var description: String
  }

  static func run(_ arguments: [String]) throws {
    let rest = Array(arguments.dropFirst())
    switch arguments.first {
    case "verify":
      try verify(
        CommandOptions(rest, single: OperatorSite.options.union(["--database", "--head"])))
    case "accept":
      try accept(
        CommandOptions(rest, single: OperatorSite.options.union(["--database", "--head"])))
    case "list":
      let ranges: Set = ["--database", "--clinic", "--visit", "--from", "--to", "--limit"]
      try list(CommandOptions(rest, single: OperatorSite.options.union(ranges)))
    default: throw CommandOptions.Mistake(description: "audit wants verify, accept or list")
    }
  }

  private static func verify(_ options: CommandOptions) throws {
    let site = try OperatorSite(options)
    let key = try site.auditKey()
    let path = options["--head"] ?? site.state.path(site.configuration.auditHead)
    // The head first: what is written meanwhile can only make the log longer.
    let head = try AuditHeadFile(path: path, key: key).read()
    let verdict = try AuditReader(path: site.database(options))
      .verify(key: key, head: head)
    for fault in verdict.faults { print(fault) }
    guard verdict.faults.isEmpty else {
      throw Tampering(description: "the audit log was tampered with")
    }
    guard head != nil else {
      throw Tampering(description: "\(path): there is no head to hold the audit log against")
    }
    print("\(verdict.rows) rows, the last is \(verdict.last): whole")
  }

  private static func accept(_ options: CommandOptions) throws {
    let site = try OperatorSite(options)
    let key = try site.auditKey()
    let path = options["--head"] ?? site.state.path(site.configuration.auditHead)
    let file = AuditHeadFile(path: path, key: key)
    let reader = try AuditReader(path: site.database(options))
    let found = try reader.head(key: key)
    let verdict = try reader.verify(key: key, head: nil)
    for fault in verdict.faults { print(fault) }
    print("accepted: \(verdict.rows) rows, the last is \(found.number)", terminator: "")
    print(verdict.faults.isEmpty ? ", their chain is whole" : ", with the faults above")
    do {
      print("before:", try file.read().map { "a head of row \($0.number)" } ?? "no head")
    } catch {
      print("before: \(error)")
    }
    try file.write(found.accepted)
    print("\(path) is written; the next start of samtald puts this on record")
  }

  private static func list(_ options: CommandOptions) throws {
    let time = "milliseconds since 1970"
    var query = AuditReader.Query()
    query.clinic = try options.read("--clinic", "an identifier as cli_north") { ClinicID($0) }
    query.visit = try options.read("--visit", "an identifier as vis_1") { VisitID($0) }
    query.from = try options.read("--from", time) { Int64($0).map(WallTime.init) }
    query.to = try options.read("--to", time) { Int64($0).map(WallTime.init) }
    query.limit = try options.read("--limit", "a number") { Int64($0) } ?? query.limit
    try AuditReader(path: OperatorSite(options).database(options))
      .read(query) { print($0.json) }
  }
}

extension OperatorSite {
  /// The path of the database: another one where the options name it.
  func database(_ options: CommandOptions) -> String {
    options["--database"] ?? state.path(configuration.storePath)
  }

  /// The key behind the audit log.
  func auditKey() throws(SetupMistake) -> AuditKey {
    guard let key = secrets.audit.flatMap(AuditKey.init) else {
      throw SetupMistake(
        file: state.path(configuration.storeSecrets), reason: "has no key for the audit log")
    }
    return key
  }
}

extension AuditRow {
  /// The row as an object; what it does not say is left out.
  fileprivate var json: JSON {
    .compact([
      "number": .integer(number), "at": .integer(at), "clinic": clinic.map { .string($0) },
      "visit": visit.map { .string($0) }, "author": author.map { .string($0) },
      "action": .string(action), "subject": subject.map { .string($0) },
      "outcome": .string(outcome),
    ])
  }
}
