import Store

/// `samtal backup`: copies the database, while the daemon runs or not.
enum BackupCommand {
  static let usage = """
    usage: samtal backup FILE [OPTIONS]

    \(OperatorSite.usage)

    Copies the database as it is at one moment to a new file, with mode 0600, and the audit log's
    head to FILE.head. To restore, stop samtald, put FILE in the database's place and FILE.head in
    the head's (samtal.db and audit.head in the state folder), and delete what lies beside the
    database with -wal and -shm behind its name. The file with the keys is not copied: keep one
    copy of it in a safe place.
    """

  static func run(_ arguments: [String]) throws {
    guard let path = arguments.first, !path.hasPrefix("--") else {
      throw CommandOptions.Mistake(description: "backup wants a file to write first")
    }
    let options = try CommandOptions(
      Array(arguments.dropFirst()), single: OperatorSite.options)
    let site = try OperatorSite(options)
    let last = try Backup.write(of: site.database(options), to: path, key: site.auditKey())
    print("\(path): complete, up to row \(last) of the audit log")
  }
}
