import CDatabase

/// One prepared statement. Parameters count from 1, columns from 0.
struct Statement: ~Copyable {
  private let statement: OpaquePointer

  init(_ statement: OpaquePointer) { self.statement = statement }

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

  /// Gives a parameter its value; nil for NULL.
  func bind(_ index: Int32, _ value: Int64?) throws(StoreError) {
    guard let value else { return try check(sqlite3_bind_null(statement, index), "bind") }
    try bind(index, value)
  }

  /// Gives a parameter bytes; nil for NULL.
  func bind(_ index: Int32, bytes: [UInt8]?) throws(StoreError) {
    guard let bytes else { return try check(sqlite3_bind_null(statement, index), "bind") }
    try check(samtal_bind_blob(statement, index, bytes, Int32(bytes.count)), "bind")
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

  /// A column of the row as bytes; empty for NULL.
  func bytes(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(statement, column) else { return [] }
    let count = Int(sqlite3_column_bytes(statement, column))
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Whether a column of the row is NULL.
  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

  private func check(_ code: Int32, _ step: String) throws(StoreError) {
    guard code == SQLITE_OK else { throw StoreError(code: code, doing: step) }
  }
}
