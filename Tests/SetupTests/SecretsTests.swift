import Engine
import Foundation
import Testing

@testable import Setup

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
    let made = try Secrets.loadOrMake(path: path)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let again = try Secrets.loadOrMake(path: path)
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
    _ = try Secrets.loadOrMake(path: path)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    #expect(throws: SetupMistake.self) { try Secrets.loadOrMake(path: path) }
  }

  @Test func aPublicKeyIsReadFromItsOwnFileBesideTheSecrets() throws {
    let folder = try TestFolder()
    let pem = """
      -----BEGIN PUBLIC KEY-----
      MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
      -----END PUBLIC KEY-----
      """
    try pem.write(toFile: folder.path("k.pem"), atomically: false, encoding: .utf8)
    let path = folder.path("secrets")
    let text = "links: \(key)\ntoken.a: cli_a EdDSA k.pem"
    let keys = try Secrets(text: text, path: path).keys
    #expect(keys.map(\.key.algorithm) == [.edDSA])
    #expect(keys.map(\.clinic.text) == ["cli_a"])
    let wrong = "links: \(key)\ntoken.a: cli_a ES256 k.pem"
    #expect {
      try Secrets(text: wrong, path: path)
    } throws: { error in
      "\(error)".hasSuffix("token.a: \(folder.path("k.pem")) holds no key for ES256 in PEM")
    }
  }

  @Test func whatAnOlderFileLacksIsAddedOnce() throws {
    let folder = try TestFolder()
    let path = folder.path("secrets")
    try "links: \(key)".write(toFile: path, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    let audit = try #require(try Secrets.loadOrMake(path: path).audit)
    #expect(try Secrets.loadOrMake(path: path).audit == audit)
  }

  @Test func theNewestKeyMakesLinksAndAllOpenThoseThatTheyMade() throws {
    let (second, third) = (String(repeating: "Q", count: 43), String(repeating: "g", count: 43))
    let invite = DemoClinic().guestInvite
    func links(_ lines: String...) throws -> LinkSecrets {
      try Secrets(text: lines.joined(separator: "\n"), path: "p").links
    }
    let old = try links("links: \(key)")
    let newer = try links("links: \(key)", "links.2026: \(second)")
    let newest = try links("links.2026: \(second)", "links.2027: \(third)")
    let (first, later) = (
      old.secret(of: invite, version: 1), newer.secret(of: invite, version: 1)
    )
    #expect(first.split(separator: ".").count == 3)
    #expect(later.hasSuffix(".2026"))
    #expect(newer.open(first)?.invite == invite)
    #expect(newer.open(later)?.invite == invite)
    #expect(newest.open(later)?.invite == invite)
    #expect(newest.secret(of: invite, version: 1).hasSuffix(".2027"))
    // A key that is gone opens nothing, and no key opens what another has made.
    #expect(newest.open(first) == nil)
    #expect(old.open(later) == nil)
    #expect(newer.open(String(later.dropLast(5))) == nil)
    #expect(newest.open(later.replacing(".2026", with: ".2027")) == nil)
    #expect(newer.open(first + ".2026") == nil)
  }

  @Test(arguments: [
    ("", "p: links is missing"),
    ("token.a: cli_a \(key)", "p: links is missing"),
    ("links", "p:1: is not of the form \"name: value\""),
    ("links: AAAA", "p:1: links: has no key of 32 bytes or more in base64url"),
    ("links: \(key)\nlinks: \(key)", "p:2: links: comes twice, or below a key with a name"),
    (
      "links.a: \(key)\nlinks.a: \(key)",
      "p:2: links.a: needs a name of letters, digits, - and _ that no other key has"
    ),
    (
      "links.a.b: \(key)",
      "p:1: links.a.b: needs a name of letters, digits, - and _ that no other key has"
    ),
    ("links: \(key)\naudit: AAAA", "p:2: audit: has no key of 32 bytes or more in base64url"),
    ("audit: \(key)\naudit: \(key)", "p:2: audit: comes twice"),
    (
      "links: \(key)\nother: x",
      "p:2: is none of links, links.KEYID, audit, token.KEYID, webhook.CLINIC, delivery.email and "
        + "delivery.sms"
    ),
    (
      "links: \(key)\ntoken.a: \(key)",
      "p:2: token.a: is not \"CLINIC KEY\" or \"CLINIC ALGORITHM FILE\""
    ),
    (
      "links: \(key)\ntoken.a: cli_a none k.pem",
      "p:2: token.a: names an algorithm that is none of ES256, EdDSA and RS256"
    ),
    (
      "links: \(key)\ntoken.a: cli_a HS256 \(key)",
      "p:2: token.a: names an algorithm that is none of ES256, EdDSA and RS256"
    ),
    (
      "links: \(key)\ntoken.a: cli_a ES256 /nowhere/k.pem",
      "p:2: token.a: /nowhere/k.pem: No such file or directory"
    ),
    (
      "links: \(key)\ntoken.a: cli_a AAAA",
      "p:2: token.a: has no key of 32 bytes or more in base64url"
    ),
    (
      "links: \(key)\ntoken.a: cli_a \(key)\ntoken.a: cli_b \(key)",
      "p:3: token.a: needs a name that no other key has"
    ),
    ("webhook.north: \(key)", "p:1: webhook.north: does not name a clinic, as webhook.cli_north"),
    (
      "webhook.cli_a: AAAA", "p:1: webhook.cli_a: has no key of 32 bytes or more in base64url"
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
