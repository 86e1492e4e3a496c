import CDatabase

/// One connection to SQLite; used by one thread at a time.
struct Database: ~Copyable {
  private let connection: OpaquePointer

  /// Opens a file that exists.
  init(path: String) throws(StoreError) {
    var opened: OpaquePointer?
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
  func transaction(_ body: () throws(StoreError) -> Void) throws(StoreError) {
    try execute("BEGIN IMMEDIATE")
    do {
      try body()
      try execute("COMMIT")
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

/// One prepared statement. Parameters count from 1, columns from 0.
struct Statement: ~Copyable {
  private let statement: OpaquePointer

  fileprivate init(_ statement: OpaquePointer) { self.statement = statement }

  deinit { sqlite3_finalize(statement) }

  /// Makes the statement ready for its next use.
  func reset() {
    sqlite3_reset(statement)
    sqlite3_clear_bindings(statement)
  }

  /// Gives a parameter its value.
  func bind(_ index: Int32, _ value: Int64) throws(StoreError) {
    try check(sqlite3_bind_int64(statement, index, value), "bind")
  }

  /// Gives a parameter its value; nil for NULL.
  func bind(_ index: Int32, _ text: String?) throws(StoreError) {
    guard var text else { return try check(sqlite3_bind_null(statement, index), "bind") }
    let code = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        samtal_bind_text(statement, index, $0.baseAddress, Int32($0.count))
      }
    }
    try check(code, "bind")
  }

  /// Goes on to the next row; false where there is none.
  func step() throws(StoreError) -> Bool {
    switch sqlite3_step(statement) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw StoreError(code: code, doing: "step")
    }
  }

  /// A column of the row as a whole number.
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

  /// A column of the row as text; nil for NULL, and where it is not UTF-8.
  func text(_ column: Int32) -> String? {
    guard let bytes = sqlite3_column_text(statement, column) else { return nil }
    let count = Int(sqlite3_column_bytes(statement, column))
    return String(validating: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  /// Whether a column of the row is NULL.
  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

  private func check(_ code: Int32, _ step: String) throws(StoreError) {
    guard code == SQLITE_OK else { throw StoreError(code: code, doing: step) }
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
