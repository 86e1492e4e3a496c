import Engine
import Foundation
import Testing

@testable import samtald

/// A folder of its own for one test.
private final class TestFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "samtal-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }
}

private let key = String(repeating: "A", count: 43)

@Suite struct SecretsTests {
  @Test func theFileIsMadeForItsOwnerAloneAndReadAgain() throws {
    let folder = try TestFolder()
    let path = folder.path("secrets")
    let made = try Secrets.loadOrCreate(path: path)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let again = try Secrets.loadOrCreate(path: path)
    #expect(again.demoKey == made.demoKey)
    #expect(made.demoKey != nil)
    let invite = DemoClinic().guestInvite
    #expect(
      again.links.secret(of: invite, version: 1) == made.links.secret(of: invite, version: 1))
  }

  @Test(arguments: [0o640, 0o604, 0o660, 0o666])
  func aFileThatOthersCanReadIsRefused(mode: Int) throws {
    let folder = try TestFolder()
    let path = folder.path("secrets")
    _ = try Secrets.loadOrCreate(path: path)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    #expect(throws: Secrets.Failure.self) { try Secrets.loadOrCreate(path: path) }
  }

  @Test(arguments: [
    ("", "p: links is missing"),
    ("token.a: cli_a \(key)", "p: links is missing"),
    ("links: AAAA", "p:1: the key is not 32 bytes or more in base64url"),
    ("links: \(key)\nlinks: \(key)", "p:2: links comes twice"),
    ("links: \(key)\nother: x", "p:2: neither links nor token.KEYID"),
    ("links: \(key)\ntoken.a: \(key)", "p:2: not \"CLINIC KEY\""),
    ("links: \(key)\ntoken.a: cli_a AAAA", "p:2: the key is not 32 bytes or more in base64url"),
    (
      "links: \(key)\ntoken.a: cli_a \(key)\ntoken.a: cli_b \(key)",
      "p:3: a key needs a name of its own"
    ),
  ])
  func aMistakeIsNamedWithoutTheSecret(text: String, message: String) {
    #expect {
      try Secrets(text: text, path: "p")
    } throws: { error in
      "\(error)" == message
    }
  }
}
