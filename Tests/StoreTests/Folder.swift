import CDatabase
import Glibc
import Primitives
import Store
import Testing
import Visits

/// A folder of a test's own, gone when the test is over.
final class Folder {
  let path: String

  init() throws {
    var template = Array("/tmp/samtal-store-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw StoreError(reason: .failed, message: "mkdtemp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for file in files { unlink("\(path)/\(file)") }
    rmdir(path)
  }

  /// The path of the database.
  var database: String { path + "/samtal.db" }

  /// The names of the files in the folder.
  var files: [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// The bytes of a file; empty where there is none.
  func read(_ name: String) -> [UInt8] {
    guard let file = fopen("\(path)/\(name)", "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer.prefix(count)
    }
    return bytes
  }

  /// Makes a file that only its owner reads.
  func write(_ bytes: some Collection<UInt8>, to name: String) throws {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    #expect(file >= 0)
    defer { close(file) }
    let bytes = Array(bytes)
    #expect(Glibc.write(file, bytes, bytes.count) == bytes.count)
  }

  /// The permission bits of a file.
  func mode(_ name: String) -> UInt32 {
    var status = stat()
    return lstat("\(path)/\(name)", &status) == 0 ? status.st_mode & 0o777 : 0
  }

  /// Runs SQL on the database behind the store's back; the result code of SQLite.
  @discardableResult
  func tamper(_ statements: String) -> Int32 {
    var connection: OpaquePointer?
    defer { sqlite3_close_v2(connection) }
    guard sqlite3_open(database, &connection) == SQLITE_OK else { return SQLITE_CANTOPEN }
    return sqlite3_exec(connection, statements, nil, nil, nil)
  }
}

extension Folder {
  /// Takes from others what the umask has left them.
  func makePrivate() {
    for file in files { chmod("\(path)/\(file)", 0o600) }
  }

  /// A connection that goes on reading the database as it is now, until it is closed.
  func openReader() throws -> Reader {
    var connection: OpaquePointer?
    #expect(sqlite3_open(database, &connection) == SQLITE_OK)
    #expect(sqlite3_exec(connection, "BEGIN; SELECT * FROM events", nil, nil, nil) == SQLITE_OK)
    return Reader(connection: connection)
  }

  /// See `openReader`.
  struct Reader {
    let connection: OpaquePointer?

    func close() { sqlite3_close_v2(connection) }
  }

  /// The key of every test's audit log.
  static let key = AuditKey(Redacted([UInt8](repeating: 7, count: 32)))

  /// Opens the folder's database.
  func store() throws(StoreError) -> EventStore {
    guard let key = Self.key else { throw StoreError(reason: .failed, message: "no key") }
    return try EventStore(path: database, auditKey: key)
  }

  /// What a verification finds in the folder's audit log.
  func faults(head: AuditHead? = nil) throws -> [AuditFault] {
    let key = try #require(Self.key)
    return try AuditReader(path: database).verify(key: key, head: head).faults
  }

  /// Whether any file holds the text.
  func contains(_ text: String) -> Bool {
    let needle = Array(text.utf8)
    return files.contains { name in
      let bytes = read(name)
      guard bytes.count >= needle.count else { return false }
      return (0...bytes.count - needle.count).contains { start in
        bytes[start] == needle[0] && bytes[start..<start + needle.count].elementsEqual(needle)
      }
    }
  }
}

/// A visit by its identifier.
func visit(_ text: String) -> VisitID {
  guard let id = VisitID(text) else { preconditionFailure("\(text) is no visit") }
  return id
}

/// An event of no meaning, with a name that is kept for its visit.
func event(_ position: Int, visit id: String? = "vis_a", name: String? = nil) -> StoredEvent {
  StoredEvent(
    position: UInt64(position), at: WallTime(milliseconds: Int64(position) * 1_000),
    visit: id.map(visit), payload: ["position": .integer(Int64(position)), "å": "ö\"\n"],
    personal: name.map {
      PersonalRecord(
        owner: .visit(visit(id ?? "vis_a")), subject: "per_x",
        fields: Redacted(["name": .string($0)]))
    })
}
