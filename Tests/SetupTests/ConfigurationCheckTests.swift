import Foundation
import Primitives
import Testing

@testable import Setup

/// A configuration in a folder of its own, with the files that it names.
private final class Site {
  let folder = FileManager.default.temporaryDirectory.appending(
    path: "samtal-\(UUID().uuidString)")
  let now = WallTime(milliseconds: 1_800_000_000_000)

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  func write(_ name: String, _ text: String, mode: Int = 0o600) throws {
    try text.write(toFile: path(name), atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
  }

  /// The mistakes, with the folder's own path left out.
  func mistakes(_ text: String, at now: WallTime? = nil) throws -> [String] {
    try write("conf", text)
    return check("conf", at: now)
  }

  func check(_ name: String, at now: WallTime? = nil) -> [String] {
    Configuration.check(path(name), state: StateFolder(folder.path), at: now ?? self.now).map {
      $0.description.replacingOccurrences(of: folder.path + "/", with: "")
    }
  }

  /// A configuration that names certificate and key by their whole paths.
  func withCertificate(_ chain: String = "c.pem", key: String = "k.pem") -> String {
    "demo: off\nhttp.certificate: \(path(chain))\nhttp.key: \(path(key))"
  }
}

private let key = String(repeating: "A", count: 43)

@Suite struct ConfigurationCheckTests {
  private let site: Site

  init() throws {
    site = try Site()
    try site.write("c.pem", Self.certificate)
    try site.write("k.pem", Self.certificateKey)
    try site.write("secrets", "links: \(key)\ntoken.demo: cli_demo \(key)")
  }

  @Test func aSiteInOrderHasNoMistakes() throws {
    #expect(try site.mistakes(site.withCertificate()) == [])
  }

  @Test func whatAFirstStartMakesNeedNotBeThere() throws {
    #expect(try site.mistakes("store.path: new.db\nstore.secrets: new") == [])
  }

  @Test func aFileThatIsNotThereIsNamed() {
    #expect(site.check("nowhere") == ["nowhere: No such file or directory"])
    #expect(site.check(".") == [".: is not a file"])
  }

  @Test func aFileThatIsNoTextIsNamed() throws {
    try Data([0xFF, 0xFE]).write(to: site.folder.appending(path: "bytes"))
    #expect(site.check("bytes") == ["bytes: is not UTF-8"])
    try site.write("long", String(repeating: "#", count: 1 << 20 + 1))
    #expect(site.check("long") == ["long: is longer than 1 MiB"])
  }

  @Test func aCertificateThatIsNotThereIsNamedWithItsLine() throws {
    #expect(
      try site.mistakes(site.withCertificate("none.pem"))
        == ["conf:2: http.certificate: none.pem: No such file or directory"])
    #expect(
      try site.mistakes(site.withCertificate(key: "none.pem"))
        == ["conf:3: http.key: none.pem: No such file or directory"])
  }

  @Test func aCertificateThatIsNoneIsNamed() throws {
    try site.write("x.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
    #expect(
      try site.mistakes(site.withCertificate("x.pem"))
        == ["conf:2: http.certificate: x.pem holds no certificate in PEM"])
    #expect(
      try site.mistakes(site.withCertificate(key: "c.pem"))
        == ["conf:3: http.key: c.pem holds no private key in PEM without a password"])
  }

  @Test func aKeyOfAnotherCertificateIsNamed() throws {
    try site.write("other.pem", Self.otherKey)
    #expect(
      try site.mistakes(site.withCertificate(key: "other.pem"))
        == ["conf:3: http.key: other.pem is not the key of c.pem"])
  }

  @Test(arguments: [WallTime(milliseconds: 0), WallTime(milliseconds: 4_000_000_000_000)])
  func aCertificateOutOfItsTimeIsNamed(now: WallTime) throws {
    #expect(
      try site.mistakes(site.withCertificate(), at: now)
        == ["conf:2: http.certificate: c.pem is not valid today"])
  }

  @Test func filesThatOthersCanReadAreNamed() throws {
    try site.write("secrets", "links: \(key)", mode: 0o640)
    try site.write("samtal.db", "", mode: 0o644)
    #expect(
      try site.mistakes("store.path: samtal.db") == [
        "conf:1: store.path: samtal.db: others can read it; its mode must be 0600",
        "secrets: others can read it; its mode must be 0600",
      ])
  }

  @Test func aDatabaseThatIsAFolderOrBelowAFileIsNamed() throws {
    #expect(
      try site.mistakes("store.path: \(site.folder.path)/.")
        == ["conf:1: store.path: . is not a file"])
    #expect(
      try site.mistakes("store.path: k.pem/db")
        == ["conf:1: store.path: k.pem: Not a directory"])
  }

  @Test func aKeyForAClinicThatIsNotNamedIsAMistakeInTheSecrets() throws {
    try site.write(
      "secrets",
      """
      links: \(key)
      token.n: cli_north \(key)
      token.s: cli_south \(key)
      webhook.cli_east: \(key)
      """)
    #expect(
      try site.mistakes("clinic.cli_north: Norr") == [
        "secrets:3: token.s: is for cli_south, which the configuration does not name",
        "secrets:4: webhook.cli_east: is for cli_east, which the configuration does not name",
      ])
  }

  @Test func everyMistakeInTheSecretsIsReportedWithoutTheSecret() throws {
    try site.write("secrets", "links: AAAA\ntoken.a: cli_demo tooshort\nnonsense")
    #expect(
      try site.mistakes("demo: off") == [
        "secrets:1: links: has no key of 32 bytes or more in base64url",
        "secrets:2: token.a: has no key of 32 bytes or more in base64url",
        "secrets:3: is not of the form \"name: value\"",
      ])
  }

  @Test(arguments: [
    ("http.listen: 127.0.0.1:8081", "conf:1: http.listen: wants 127.0.0.1:8081"),
    ("lines.listen: 127.0.0.1:8080", "conf:1: lines.listen: wants 127.0.0.1:8080"),
    ("admin.listen: 127.0.0.1:8082", "conf:1: admin.listen: wants 127.0.0.1:8082"),
    ("http.listen: [0.0.0.0:80, 127.0.0.1:80]", "conf:1: http.listen: wants 127.0.0.1:80"),
    ("http.listen: [[::]:80, [::1]:80]", "conf:1: http.listen: wants [::1]:80"),
    (
      "http.listen: 127.0.0.1:80\nlines.listen: 127.0.0.1:80",
      "conf:2: lines.listen: wants 127.0.0.1:80, which http.listen takes"
    ),
  ])
  func listenersThatWantOnePortAreNamedByTheKeyThatIsSet(text: String, start: String) throws {
    let found = try site.mistakes(text)
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix(start) == true, "\(found)")
  }

  @Test(arguments: ["store.path", "store.secrets", "audit.head"])
  func aFileInAFolderThatIsNotThereIsNamed(key: String) throws {
    #expect(
      try site.mistakes("\(key): nowhere/file")
        == ["conf:1: \(key): nowhere: No such file or directory"])
    #expect(
      try site.mistakes("\(key): \(site.folder.path)/none/file")
        == ["conf:1: \(key): none: No such file or directory"])
  }

  @Test(arguments: [
    ("store.path: secrets", "conf: store.secrets: is the file of store.path"),
    ("audit.head: samtal.db", "conf:1: audit.head: is the file of store.path"),
    ("audit.head: secrets", "conf:1: audit.head: is the file of store.secrets"),
  ])
  func oneFileForTwoThingsIsNamed(text: String, mistake: String) throws {
    #expect(try site.mistakes(text) == [mistake])
  }

  @Test func aHeadThatIsAFolderIsNamed() throws {
    try FileManager.default.createDirectory(
      at: site.folder.appending(path: "heads"), withIntermediateDirectories: true)
    #expect(try site.mistakes("audit.head: heads") == ["conf:1: audit.head: heads is not a file"])
  }

  @Test(arguments: ["secrets", "not-there-yet"])
  func everyPasswordThatIsMissingIsNamedWithTheLineThatNeedsIt(secrets: String) throws {
    let text = """
      store.secrets: \(secrets)
      http.url: https://clinic.example
      delivery.email: smtps://us@mail.example
      delivery.email_from: us@clinic.example
      delivery.sms: https://us@sms.example/
      delivery.sms_template: to={to}&text={text}
      """
    func mistake(_ line: Int, _ key: String) -> String {
      "conf:\(line): \(key): needs a password, which \(secrets) has not: "
        + "a line \"\(key): PASSWORD\""
    }
    #expect(
      try site.mistakes(text) == [mistake(3, "delivery.email"), mistake(5, "delivery.sms")])
  }

  @Test func pagesMustBeServedSomewhere() throws {
    #expect(try site.mistakes("http.listen: []") == ["conf:1: http.listen: needs an address"])
  }

  @Test func underTLSNoPageComesWithout() throws {
    let text =
      site.withCertificate() + "\nhttp.url: http://a.example\nhttp.origins: http://b.example"
    let found = try site.mistakes(text)
    #expect(found.count == 2)
    #expect(found.first?.hasPrefix("conf:4: http.url: begins with http://") == true)
    #expect(found.last?.hasPrefix("conf:5: http.origins: has an origin") == true)
  }

  private static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBiDCCAS2gAwIBAgIUFUf5yyK9pvr3Ub4BwjxKVwf6g0YwCgYIKoZIzj0EAwIw
    GTEXMBUGA1UEAwwOY2xpbmljLmV4YW1wbGUwHhcNMjYxMTIxMDc1NDMyWhcNMjcx
    MTIxMDc1NDMyWjAZMRcwFQYDVQQDDA5jbGluaWMuZXhhbXBsZTBZMBMGByqGSM49
    AgEGCCqGSM49AwEHA0IABC0nLqDOvs+EX6fz8pqdw8hKA0/bCcBfF+sXdudp4W77
    VCn5uzmwG4NT+UzntXJNvnQuWTBDrtJLRMTKfyoh41ajUzBRMB0GA1UdDgQWBBRW
    zVe4T8dHjRdz0ic49BVNN9HkGTAfBgNVHSMEGDAWgBRWzVe4T8dHjRdz0ic49BVN
    N9HkGTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQDxZO05RXOU
    PIKVrZiFOOk/5KZ8wghE6oWM9c9wHb8caAIhAO5+LXV8HzIpxhbRDvrDFqe3balS
    e0sAYYiLxJDdRyzH
    -----END CERTIFICATE-----
    """

  private static let certificateKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfVIAp58ROVTFP5Hr
    6OF+HvIQKJrS0E4XV86e9T4GkiChRANCAAQtJy6gzr7PhF+n8/KancPISgNP2wnA
    XxfrF3bnaeFu+1Qp+bs5sBuDU/lM57VyTb50LlkwQ67SS0TEyn8qIeNW
    -----END PRIVATE KEY-----
    """

  private static let otherKey = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
    -----END PRIVATE KEY-----
    """
}
