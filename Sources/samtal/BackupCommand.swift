import Store

/// `samtal backup`: copies the database, while the daemon runs or not.
enum BackupCommand {
  static let usage = """
    usage: samtal backup [OPTIONS] FILE

    \(StoreOptions.usage)

    Copies the database as it is at one moment to a new file, with mode 0600, and the audit log's
    head to FILE.head. To restore, stop samtald, put FILE in the database's place and FILE.head in
    the head's (samtal.db and audit.head in the state folder), and delete what lies beside the
    database with -wal and -shm behind its name. The file with the keys is not copied: keep one
    copy of it in a safe place.
    """

  static func run(_ arguments: [String]) -> Int32 {
    if arguments.contains(where: { ["--help", "-h"].contains($0) }) {
      print(usage)
      return 0
    }
    do throws(CommandFailure) {
      var options = StoreOptions()
      var path: String?
      var rest = arguments[...]
      while let argument = rest.popFirst() {
        if argument.hasPrefix("--") {
          guard try options.take(argument, rest.popFirst()) else {
            throw CommandFailure("no option '\(argument)'\n\(usage)", status: 2)
          }
        } else if path == nil {
          path = argument
        } else {
          throw CommandFailure("one file\n\(usage)", status: 2)
        }
      }
      guard let path else { throw CommandFailure("where to?\n\(usage)", status: 2) }
      let last = try copy(options, to: path)
      print("\(path): complete, up to row \(last) of the audit log")
      return 0
    } catch {
      Samtal.complain("samtal backup: \(error.message)")
      return error.status
    }
  }

  private static func copy(
    _ options: StoreOptions, to path: String
  ) throws(CommandFailure) -> Int64 {
    let key = try options.auditKey()
    do throws(StoreError) {
      return try Backup.write(of: options.databasePath, to: path, key: key)
    } catch {
      throw CommandFailure(error.description)
    }
  }
}
