import Glibc

extension EventStore {
  /// "Samt": marks the file as ours (`PRAGMA application_id`).
  private static let applicationID: Int64 = 0x5361_6D74

  /// Makes the file where there is none, with mode 0600, and refuses one that others can read.
  /// SQLite gives the files beside it the same mode.
  static func secure(_ path: String) throws(StoreError) {
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else {
      throw StoreError(reason: .cannotOpen, message: String(cString: strerror(errno)))
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      throw StoreError(reason: .cannotOpen, message: String(cString: strerror(errno)))
    }
    try requirePrivate(status, "the database")
    for suffix in ["-wal", "-shm"] where lstat(path + suffix, &status) == 0 {
      try requirePrivate(status, "the database's \(suffix) file")
    }
  }

  private static func requirePrivate(_ status: stat, _ name: String) throws(StoreError) {
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw StoreError(reason: .cannotOpen, message: "\(name) is not a file")
    }
    guard status.st_mode & 0o077 == 0 else {
      let mode = String(status.st_mode & 0o777, radix: 8)
      throw StoreError(
        reason: .exposed, message: "\(name) has mode 0\(mode); others must not reach it: 0600")
    }
    guard status.st_uid == geteuid() else {
      throw StoreError(reason: .exposed, message: "\(name) belongs to another user")
    }
  }

  /// Durable on each commit, strict about itself, and nothing left of what is deleted.
  static func configure(_ database: borrowing Database) throws(StoreError) {
    try database.execute(
      """
      PRAGMA busy_timeout = 1000;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      PRAGMA secure_delete = ON;
      PRAGMA trusted_schema = OFF;
      PRAGMA cell_size_check = ON;
      """)
    guard try database.text("PRAGMA journal_mode") == "wal" else {
      throw StoreError(reason: .cannotOpen, message: "no write-ahead log on this file system")
    }
  }

  /// Brings an empty or older database to this version, and refuses what is not ours. What an
  /// older version has recorded without an audit log gets its rows now.
  static func migrate(_ database: borrowing Database, key: AuditKey) throws(StoreError) {
    let version = try Self.version(of: database)
    for (index, migration) in migrations.enumerated() where index >= version {
      try database.transaction { () throws(StoreError) in
        try database.execute(
          """
          \(migration)
          PRAGMA user_version = \(index + 1);
          PRAGMA application_id = \(applicationID);
          """)
        if index + 1 == firstAuditedVersion { try auditWhatIsThere(database, key: key) }
      }
    }
  }

  /// The version of a database of ours, 0 for an empty one. Throws `foreign` for one of something
  /// else, or of a newer program.
  static func version(of database: borrowing Database) throws(StoreError) -> Int64 {
    let version = try database.integer("PRAGMA user_version")
    let owner = try database.integer("PRAGMA application_id")
    let tables = try database.integer("SELECT count(*) FROM sqlite_schema")
    guard owner == applicationID || owner == 0 && version == 0 && tables == 0 else {
      throw StoreError(reason: .foreign, message: "the file is not a database of this program")
    }
    guard version <= Self.version else {
      throw StoreError(
        reason: .foreign,
        message: "version \(version) is newer than \(Self.version), which this program knows")
    }
    return version
  }

  /// Reads every table, and refuses where one is damaged. Whether the audit log's chain is whole,
  /// `AuditReader.verify` tells.
  static func check(_ database: borrowing Database) throws(StoreError) {
    let tables = [
      "events", "personal", "visits", "deleted", "audit", "audit_checkpoints", "webhooks", "images",
    ]
    for table in tables {
      guard try database.text("PRAGMA integrity_check(\(table))") == "ok" else {
        throw StoreError(reason: .corrupt, message: "the database's own check of \(table) fails")
      }
    }
    let missing = try database.integer(
      """
      SELECT (SELECT coalesce(max(position), 0) - count(*) FROM events)
        - (SELECT events FROM deleted)
      """)
    guard missing == 0 else {
      throw StoreError(reason: .corrupt, message: "\(missing) events are missing")
    }
  }
}
