import Engine
import Primitives
import Security
import Visits

/// The keys that are kept outside the database: one behind all links, one behind the audit log's
/// chain, those that sign clinics' tokens, and those that sign what clinics' webhooks are sent; and
/// the passwords with which messages are handed over.
///
/// The file has one `name: value` a line:
///
///     links: KEY
///     links.KEYID: KEY
///     audit: KEY
///     token.KEYID: CLINIC KEY
///     token.KEYID: CLINIC ALGORITHM FILE
///     webhook.CLINIC: KEY
///     delivery.email: PASSWORD
///     delivery.sms: PASSWORD
///
/// Of several lines for links, the last makes new ones, and all open those that they made: a key
/// is replaced by a line below the old one, which goes when the last link of it is out of use. The
/// old `links` without a name comes before the others. Each KEY has at least 32 bytes, in
/// base64url; that of a token is for HS256. For ES256, EdDSA and RS256, FILE holds the public key
/// in PEM; a path that is not absolute starts beside this file. The file is made at the first
/// start, and refused when anybody but its owner can read it (H5).
public struct Secrets: Sendable {
  /// The path of the file.
  public let path: String
  /// The key behind links and resume secrets.
  public let links: LinkSecrets
  /// The key behind the audit log's chain; nil in a file of before there was one.
  public let audit: Redacted<[UInt8]>?
  /// The keys that tokens may be signed with.
  public let keys: [ControlConfiguration.ClinicKey]
  /// The keys that sign what is sent to clinics' webhooks.
  public let webhooks: [ClinicID: Redacted<[UInt8]>]
  /// The password at the mail server.
  public let email: Redacted<String>?
  /// The password at the gateway for text messages.
  public let sms: Redacted<String>?

  /// The key that signs the demo's tokens, where the file has it.
  public var demoKey: JWTKey? { keys.first { $0.key.id == DemoClinic.keyID }?.key }

  /// Reads the file at `path`. Throws its first mistake.
  public init(path: String) throws(SetupMistake) {
    try self.init(text: try TextFile.read(path, isPrivate: true), path: path)
  }

  /// Reads a file's text; `path` is what mistakes name.
  public init(text: String, path: String) throws(SetupMistake) {
    let reading = SecretsReading(text, path: path)
    if let first = reading.mistakes.first { throw first }
    guard let links = reading.links else { throw SetupMistake(file: path, reason: "is empty") }
    self.path = path
    self.links = links
    audit = reading.audit
    keys = reading.keys
    webhooks = reading.webhooks
    email = reading.passwords["delivery.email"]
    sms = reading.passwords["delivery.sms"]
  }

  /// Every mistake in the file at `path`; with `clinics`, also keys of any other clinic.
  static func mistakes(in path: String, clinics: Set<ClinicID>) -> [SetupMistake] {
    do {
      let text = try TextFile.read(path, isPrivate: true)
      return SecretsReading(text, path: path, clinics: clinics).mistakes
    } catch {
      return [error]
    }
  }
}

/// What the lines of a secrets file say. The text of a line is never repeated in a mistake: it may
/// hold a key.
private struct SecretsReading {
  let path: String
  var links: LinkSecrets?
  var audit: Redacted<[UInt8]>?
  var keys: [ControlConfiguration.ClinicKey] = []
  var webhooks: [ClinicID: Redacted<[UInt8]>] = [:]
  var passwords: [String: Redacted<String>] = [:]
  var mistakes: [SetupMistake] = []
  private let clinics: Set<ClinicID>?
  private var line = 0

  init(_ text: String, path: String, clinics: Set<ClinicID>? = nil) {
    self.path = path
    self.clinics = clinics
    let rows = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, row) in rows.enumerated() where !row.trimmed.isEmpty && !row.hasPrefix("#") {
      line = index + 1
      do throws(SetupMistake) {
        try take(row)
      } catch {
        mistakes.append(error)
      }
    }
    if links == nil && mistakes.isEmpty {
      mistakes.append(SetupMistake(file: path, reason: "links is missing"))
    }
  }

  private mutating func take(_ row: Substring) throws(SetupMistake) {
    let parts = row.split(separator: ":", maxSplits: 1).map(\.trimmed)
    guard parts.count == 2 else { throw mistake("is not of the form \"name: value\"") }
    let name = String(parts[0])
    if name == "links" || name.hasPrefix("links.") {
      try takeLinkKey(name, parts[1])
    } else if name == "audit" {
      guard audit == nil else { throw mistake("comes twice", name) }
      audit = try key(parts[1], name)
    } else if name.hasPrefix("token.") {
      try takeTokenKey(name, parts[1])
    } else if name.hasPrefix("webhook.") {
      guard let clinic = ClinicID(String(name.dropFirst("webhook.".count))) else {
        throw mistake("does not name a clinic, as webhook.cli_north", name)
      }
      guard webhooks[clinic] == nil else { throw mistake("comes twice", name) }
      try require(clinic, name)
      webhooks[clinic] = try key(parts[1], name)
    } else if name == "delivery.email" || name == "delivery.sms" {
      guard passwords[name] == nil else { throw mistake("comes twice", name) }
      passwords[name] = Redacted(String(parts[1]))
    } else {
      throw mistake(
        "is none of links, links.KEYID, audit, token.KEYID, webhook.CLINIC, delivery.email and "
          + "delivery.sms")
    }
  }

  private mutating func takeLinkKey(_ name: String, _ value: Substring) throws(SetupMistake) {
    let bytes = try key(value, name).value
    let id = name == "links" ? nil : String(name.dropFirst("links.".count))
    guard links != nil else {
      links = LinkSecrets(key: bytes, id: id)
      guard links != nil else { throw mistake(Self.badName, name) }
      return
    }
    guard let id else { throw mistake("comes twice, or below a key with a name", name) }
    guard links?.add(key: bytes, id: id) == true else { throw mistake(Self.badName, name) }
  }

  private mutating func takeTokenKey(_ name: String, _ value: Substring) throws(SetupMistake) {
    let id = String(name.dropFirst("token.".count))
    guard !id.isEmpty, !keys.contains(where: { $0.key.id == id }) else {
      throw mistake("needs a name that no other key has", name)
    }
    let words = value.split(separator: " ", maxSplits: 2).map(\.trimmed)
    guard (2...3).contains(words.count), let clinic = ClinicID(String(words[0])) else {
      throw mistake("is not \"CLINIC KEY\" or \"CLINIC ALGORITHM FILE\"", name)
    }
    try require(clinic, name)
    let key =
      words.count == 2
      ? JWTKey(id: id, sharedSecret: try key(words[1], name).value)
      : try publicKey(id: id, words[1], words[2], name)
    guard let key else { throw mistake(Self.shortKey, name) }
    keys.append(ControlConfiguration.ClinicKey(clinic: clinic, key: key))
  }

  private func require(_ clinic: ClinicID, _ name: String) throws(SetupMistake) {
    guard clinics?.contains(clinic) == false else { return }
    throw mistake("is for \(clinic), which the configuration does not name", name)
  }

  private func publicKey(
    id: String, _ algorithm: Substring, _ file: Substring, _ name: String
  ) throws(SetupMistake) -> JWTKey {
    guard let algorithm = JWTKey.Algorithm(rawValue: String(algorithm)), algorithm != .hs256
    else { throw mistake("names an algorithm that is none of ES256, EdDSA and RS256", name) }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let file = file.hasPrefix("/") ? String(file) : folder + file
    let pem: String
    do {
      pem = try TextFile.read(file)
    } catch {
      throw mistake("\(error)", name)
    }
    guard let key = JWTKey(id: id, algorithm: algorithm, pem: pem) else {
      throw mistake("\(file) holds no key for \(algorithm.rawValue) in PEM", name)
    }
    return key
  }

  private func key(
    _ text: Substring, _ name: String
  ) throws(SetupMistake) -> Redacted<[UInt8]> {
    guard let bytes = Base64.decodeURL(String(text)), bytes.count >= JWTKey.minimumSecretLength
    else { throw mistake(Self.shortKey, name) }
    return Redacted(bytes)
  }

  private func mistake(_ reason: String, _ name: String = "") -> SetupMistake {
    SetupMistake(file: path, line: line, key: name, reason: reason)
  }

  private static var badName: String {
    "needs a name of letters, digits, - and _ that no other key has"
  }

  private static var shortKey: String { "has no key of 32 bytes or more in base64url" }
}
