import Glibc
import Primitives

/// A copy of the database as it was at one moment, made offline or while the daemon writes.
public enum Backup {
  /// Copies the database at `source` to a new file, and the audit log's head to one beside it,
  /// with `.head` behind its name. Nothing of what was deleted is in the copy. Gives the number of
  /// the last row of the audit log.
  ///
  /// Throws `cannotOpen` where a file of the name exists.
  @discardableResult
  public static func write(
    of source: String, to path: String, key: AuditKey
  ) throws(StoreError) -> Int64 {
    let database = try Database(path: source)
    try database.execute("PRAGMA busy_timeout = 1000")
    _ = try EventStore.version(of: database)
    // SQLite copies into an empty file as into none; this one nobody else can ever read.
    try makeEmpty(path)
    do throws(StoreError) {
      let copying = try database.prepare("VACUUM INTO ?")
      try copying.bind(1, path)
      _ = try copying.step()
      let copy = try Database(path: path)
      guard try copy.text("PRAGMA integrity_check(1)") == "ok" else {
        throw StoreError(reason: .corrupt, message: "the copy does not pass the database's check")
      }
      let head = try EventStore.auditHead(of: copy, key: key)
      try makeEmpty(path + ".head")
      try AuditHeadFile(path: path + ".head", key: key).write(head)
      try synchronize(path)
      return head.number
    } catch {
      unlink(path)
      unlink(path + ".head")
      throw error
    }
  }

  private static func makeEmpty(_ path: String) throws(StoreError) {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw failure(path) }
    close(file)
  }

  /// The copy is on disk, under its name.
  private static func synchronize(_ path: String) throws(StoreError) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    for name in [path, folder] {
      let file = open(name, O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { throw failure(name) }
      let result = fsync(file)
      close(file)
      guard result == 0 else { throw failure(name) }
    }
  }

  private static func failure(_ path: String) -> StoreError {
    StoreError(reason: .cannotOpen, message: "\(path): \(String(cString: strerror(errno)))")
  }
}
