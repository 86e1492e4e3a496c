import CDatabase

/// One connection to SQLite; used by one thread at a time.
struct Database: ~Copyable {
  private let connection: OpaquePointer

  /// Opens a file that exists.
  init(path: String) throws(StoreError) {
    var opened: OpaquePointer?
    // Also to read: what a process that was killed has left in the log is taken in by who opens.
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let opened else {
      sqlite3_close_v2(opened)
      throw StoreError(code: code, doing: "open")
    }
    connection = opened
  }

  // Statements that still live keep the connection until they are gone.
  deinit { sqlite3_close_v2(connection) }

  /// Runs statements that give nothing back.
  func execute(_ statements: String) throws(StoreError) {
    let code = sqlite3_exec(connection, statements, nil, nil, nil)
    guard code == SQLITE_OK else { throw StoreError(code: code, doing: "execute") }
  }

  /// Runs `body` in a transaction: all of it, or nothing.
  func transaction<Result>(
    _ begin: String = "BEGIN IMMEDIATE", _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try execute(begin)
    do {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      // After some errors SQLite has rolled back by itself; then this has nothing to do.
      if sqlite3_get_autocommit(connection) == 0 { try? execute("ROLLBACK") }
      throw error
    }
  }

  /// Prepares one statement for many uses.
  func prepare(_ text: String) throws(StoreError) -> Statement {
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v3(
      connection, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK, let prepared else { throw StoreError(code: code, doing: "prepare") }
    return Statement(prepared)
  }

  /// How many rows the last statement that changed any has changed.
  var changes: Int64 { sqlite3_changes64(connection) }

  /// The first column of the only row as a whole number.
  func integer(_ text: String) throws(StoreError) -> Int64 {
    let statement = try prepare(text)
    return try statement.step() ? statement.integer(0) : 0
  }

  /// The first column of the first row as text.
  func text(_ text: String) throws(StoreError) -> String? {
    let statement = try prepare(text)
    return try statement.step() ? statement.text(0) : nil
  }
}

extension StoreError {
  /// What a result code of SQLite means to us. The message has SQLite's words for the code and
  /// never its message for the statement, which can quote values.
  init(code: Int32, doing step: String) {
    switch code & 0xFF {
    case SQLITE_FULL: reason = .full
    case SQLITE_CORRUPT: reason = .corrupt
    case SQLITE_NOTADB: reason = .foreign
    case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_READONLY: reason = .cannotOpen
    case SQLITE_BUSY, SQLITE_LOCKED: reason = .busy
    default: reason = .failed
    }
    let words = sqlite3_errstr(code).map { String(cString: $0) } ?? "unknown"
    message = "\(step): \(words) (\(code))"
  }
}
