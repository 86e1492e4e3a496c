import Primitives
import Visits

/// The clinics' background images, beside the event log: by clinic and identifier.
///
/// It has a connection of its own, so that reading and writing images holds no command up. One
/// thread uses it at a time.
public struct ImageStore: ~Copyable {
  private let database: Database

  /// Opens a database that this version of the daemon has made or opened before.
  public init(path: String) throws(StoreError) {
    let database = try Database(path: path)
    try EventStore.configure(database)
    guard try EventStore.version(of: database) == EventStore.version else {
      throw StoreError(
        reason: .foreign, message: "the database is of an older version: start samtald once")
    }
    self.database = database
  }

  /// Keeps an image in place of the one before, and returns when it is on disk. `form` is a word
  /// that comes back with it.
  public func put(
    _ bytes: [UInt8], form: String, as id: BackgroundID, of clinic: ClinicID
  ) throws(StoreError) {
    let insert = try database.prepare(
      """
      INSERT INTO images (clinic, image, form, bytes) VALUES (?, ?, ?, ?)
      ON CONFLICT (clinic, image) DO UPDATE SET form = excluded.form, bytes = excluded.bytes
      """)
    try insert.bind(1, clinic.text)
    try insert.bind(2, id.text)
    try insert.bind(3, form)
    try insert.bind(4, bytes: bytes)
    _ = try insert.step()
  }

  /// An image with its form; nil where there is none.
  public func image(
    _ id: BackgroundID, of clinic: ClinicID
  ) throws(StoreError) -> (form: String, bytes: [UInt8])? {
    let select = try database.prepare(
      "SELECT form, bytes FROM images WHERE clinic = ? AND image = ?")
    try select.bind(1, clinic.text)
    try select.bind(2, id.text)
    guard try select.step() else { return nil }
    return (select.text(0) ?? "", select.bytes(1))
  }

  /// Keeps an image no more; nothing to do where there is none.
  public func delete(_ id: BackgroundID, of clinic: ClinicID) throws(StoreError) {
    let delete = try database.prepare("DELETE FROM images WHERE clinic = ? AND image = ?")
    try delete.bind(1, clinic.text)
    try delete.bind(2, id.text)
    _ = try delete.step()
  }
}
