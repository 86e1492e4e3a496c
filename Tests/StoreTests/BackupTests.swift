import CDatabase
import Primitives
import Store
import Testing
import Visits

@Suite struct BackupTests {
  @Test func aBackupThatIsMadeWhileTheStoreIsOpenIsRestored() throws {
    let folder = try Folder()
    let key = try #require(Folder.key)
    let store = try folder.store()
    try store.append((1...50).map { event($0, name: "Name \($0)") })
    let last = try Backup.write(of: folder.database, to: folder.path + "/copy", key: key)
    #expect(last == 50)
    try store.append([event(51)])

    let restored = try Folder()
    try restored.write(folder.read("copy"), to: "samtal.db")
    try restored.write(folder.read("copy.head"), to: "head")
    let again = try restored.store()
    #expect(again.position == 50)
    #expect(try again.load() == store.load().dropLast())
    let kept = try AuditHeadFile(path: restored.path + "/head", key: key).read()
    let head = try #require(kept)
    try again.checkAudit(against: head)
    #expect(try restored.faults(head: head) == [])
    try again.append([event(51)])
    #expect(try restored.faults(head: again.auditHead) == [])
  }

  @Test func aBackupIsTheOwnersAloneAndHasNothingOfWhatWasDeleted() throws {
    var clinic = try StoredClinic()
    let key = try #require(Folder.key)
    try clinic.book(visit("vis_1"), name: "PLANTED")
    try clinic.give(.visit(visit("vis_1"), .cancel))
    clinic.now.wall = clinic.now.wall + .hours(24 * 3_650)
    try clinic.give(.forgetVisits)
    let path = clinic.folder.path + "/copy"
    try Backup.write(of: clinic.folder.database, to: path, key: key)
    #expect(clinic.folder.mode("copy") == 0o600)
    #expect(clinic.folder.mode("copy.head") == 0o600)
    let bytes = String(decoding: clinic.folder.read("copy"), as: UTF8.self)
    #expect(!bytes.contains("PLANTED"))
    #expect(bytes.contains("visit.forgotten"))
  }

  @Test func aFileThatIsThereIsNotWrittenOver() throws {
    let folder = try Folder()
    let key = try #require(Folder.key)
    try folder.store().append([event(1)])
    try folder.write([1, 2, 3], to: "copy")
    #expect(throws: StoreError.self) {
      try Backup.write(of: folder.database, to: folder.path + "/copy", key: key)
    }
    #expect(folder.read("copy") == [1, 2, 3])
  }

  @Test func whatIsNoDatabaseOfOursIsNotCopied() throws {
    let folder = try Folder()
    let key = try #require(Folder.key)
    folder.tamper("CREATE TABLE others (a)")
    #expect(throws: StoreError.self) {
      try Backup.write(of: folder.database, to: folder.path + "/copy", key: key)
    }
    #expect(!folder.files.contains("copy"))
  }
}
