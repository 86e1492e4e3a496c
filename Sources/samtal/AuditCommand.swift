import Glibc
import Primitives
import Store
import Visits

/// `samtal audit`: reads the audit log, offline or beside the daemon.
enum AuditCommand {
  static let usage = """
    usage: samtal audit verify [OPTIONS]
           samtal audit list [OPTIONS] [--clinic ID] [--visit ID] [--from MS] [--to MS] [--limit N]

    \(StoreOptions.usage)
      --database FILE  another database, as a backup
      --head FILE      another head of the audit log, as a backup's

    verify recomputes the chain of all rows, and holds it against the events and against the head
    that is kept in a file of its own. Exit status 1 where anything was changed, deleted, put in,
    moved or cut off. It needs the file with the keys.

    list prints one row a line, as JSON: number, at (milliseconds since 1970), clinic, visit,
    author, action, subject, outcome. from and to are milliseconds since 1970, to exclusive.
    """

  static func run(_ arguments: [String]) -> Int32 {
    if arguments.contains(where: { ["--help", "-h"].contains($0) }) {
      print(usage)
      return 0
    }
    do throws(CommandFailure) {
      switch arguments.first {
      case "verify": return try verify(Array(arguments.dropFirst()))
      case "list": return try list(Array(arguments.dropFirst()))
      default: throw CommandFailure("verify or list?\n\(usage)", status: 2)
      }
    } catch {
      Samtal.complain("samtal audit: \(error.message)")
      return error.status
    }
  }

  private static func verify(_ arguments: [String]) throws(CommandFailure) -> Int32 {
    var options = StoreOptions()
    var rest = arguments[...]
    while let option = rest.popFirst() {
      guard try options.take(option, rest.popFirst()) else {
        throw CommandFailure("no option '\(option)'\n\(usage)", status: 2)
      }
    }
    let key = try options.auditKey()
    do throws(StoreError) {
      // The head first: what is written meanwhile can only make the log longer.
      let head = try options.headFile(key).read()
      let verdict = try AuditReader(path: options.databasePath).verify(key: key, head: head)
      for fault in verdict.faults { print(fault) }
      if head == nil { print("there is no head to hold the log against") }
      guard verdict.faults.isEmpty else {
        print("\(verdict.rows) rows: the audit log was tampered with")
        return 1
      }
      print("\(verdict.rows) rows, the last is \(verdict.last): whole")
      return head == nil && verdict.last > 0 ? 1 : 0
    } catch {
      throw CommandFailure(error.description)
    }
  }

  private static func list(_ arguments: [String]) throws(CommandFailure) -> Int32 {
    var options = StoreOptions()
    var query = AuditReader.Query()
    var rest = arguments[...]
    while let option = rest.popFirst() {
      let value = rest.popFirst()
      if try options.take(option, value) { continue }
      let number = value.flatMap { Int64($0) }
      switch option {
      case "--clinic": query.clinic = try required(value.flatMap { ClinicID($0) }, option)
      case "--visit": query.visit = try required(value.flatMap { VisitID($0) }, option)
      case "--from": query.from = WallTime(milliseconds: try required(number, option))
      case "--to": query.to = WallTime(milliseconds: try required(number, option))
      case "--limit": query.limit = try required(number, option)
      default: throw CommandFailure("no option '\(option)'\n\(usage)", status: 2)
      }
    }
    do throws(StoreError) {
      try AuditReader(path: options.databasePath).read(query) { print($0.json) }
    } catch {
      throw CommandFailure(error.description)
    }
    return 0
  }

  private static func required<Value>(
    _ value: Value?, _ option: String
  ) throws(CommandFailure) -> Value {
    guard let value else { throw CommandFailure("\(option) wants a value", status: 2) }
    return value
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
