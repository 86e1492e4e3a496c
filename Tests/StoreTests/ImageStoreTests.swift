import Store
import Testing
import Visits

@Suite struct ImageStoreTests {
  @Test func anImageIsKeptReplacedAndDeletedForItsClinicAlone() throws {
    let folder = try Folder()
    _ = try folder.store()
    let store = try ImageStore(path: folder.database)
    let (image, clinic, other) = (
      try #require(BackgroundID("bac_a")), try #require(ClinicID("cli_a")),
      try #require(ClinicID("cli_b"))
    )
    try store.put([1, 2, 3], form: "image/png", as: image, of: clinic)
    try store.put([4, 0, 255], form: "image/jpeg", as: image, of: clinic)
    let again = try ImageStore(path: folder.database)
    let kept = try #require(try again.image(image, of: clinic))
    #expect(kept.form == "image/jpeg" && kept.bytes == [4, 0, 255])
    #expect(try again.image(image, of: other) == nil)
    try again.delete(image, of: other)
    #expect(try again.image(image, of: clinic) != nil)
    try again.delete(image, of: clinic)
    #expect(try again.image(image, of: clinic) == nil)
  }
}
