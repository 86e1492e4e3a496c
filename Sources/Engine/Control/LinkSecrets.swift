import Primitives
import Security
import Signaling
import Visits

/// Makes and checks the secrets in links, and those that continue a session: keyed codes over
/// what they open, so that none has to be stored.
///
/// A link's secret reads `<invite>.<version>.<code>.<key>`, and those of the oldest key, where it
/// has no name, `<invite>.<version>.<code>`; rotating the link raises the version. A new key is
/// added to the old ones: it makes what is made from then on, and all of them open what they made.
public struct LinkSecrets: Sendable {
  private struct Key {
    /// Nil: that of a file which knew one key only.
    let id: String?
    let bytes: Redacted<[UInt8]>
  }

  private let oldest: Key
  private var newer: [Key] = []

  /// Bytes that the key must have at least.
  public static let minimumKeyLength = 32
  /// Bytes of the code that a secret carries: 192 bits.
  private static let codeLength = 24

  /// With a first key of at least `minimumKeyLength` bytes, which can have a name; nil where it is
  /// shorter, or the name is none.
  public init?(key: [UInt8], id: String? = nil) {
    guard Self.isUsable(key, id) else { return nil }
    oldest = Key(id: id, bytes: Redacted(key))
  }

  /// Takes a newer key; false, and nothing done, where it is too short, or its name is none or in
  /// use.
  public mutating func add(key: [UInt8], id: String) -> Bool {
    guard Self.isUsable(key, id), self.key(named: id) == nil else { return false }
    newer.append(Key(id: id, bytes: Redacted(key)))
    return true
  }

  /// A name has at most 32 letters, digits, `-` and `_`: it stands in links.
  private static func isUsable(_ key: [UInt8], _ id: String?) -> Bool {
    guard key.count >= minimumKeyLength else { return false }
    guard let id else { return true }
    return (1...32).contains(id.utf8.count)
      && id.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  /// The secret of a link.
  public func secret(of invite: InviteID, version: Int64) -> String {
    let subject = "\(invite).\(version)"
    let key = newer.last ?? oldest
    let secret = subject + "." + Base64.encodeURL(Self.code(for: "invite " + subject, key))
    return key.id.map { secret + "." + $0 } ?? secret
  }

  /// What a link's secret opens; nil unless it was made here.
  public func open(_ secret: String) -> (invite: InviteID, version: Int64)? {
    let parts = secret.split(separator: ".", omittingEmptySubsequences: false)
    guard (3...4).contains(parts.count), let invite = InviteID(String(parts[0])),
      let version = Int64(parts[1]), version > 0, String(version) == parts[1],
      let shown = Base64.decodeURL(String(parts[2]))
    else { return nil }
    // A key that is not known costs as much time as one that is.
    let known = parts.count == 3 ? oldest : key(named: String(parts[3]))
    let code = Self.code(for: "invite \(invite).\(version)", known ?? oldest)
    guard HMAC.areEqual(shown, code), known != nil else { return nil }
    return (invite, version)
  }

  /// The secret that continues a session on another connection.
  public func resumeSecret(of session: SessionID) -> String {
    Base64.encodeURL(Self.code(for: "session \(session)", newer.last ?? oldest))
  }

  /// Whether a secret continues that session.
  public func isResumeSecret(_ secret: String, of session: SessionID) -> Bool {
    guard let shown = Base64.decodeURL(secret) else { return false }
    return HMAC.areEqual(shown, Self.code(for: "session \(session)", newer.last ?? oldest))
  }

  /// 32 bytes from which whatever follows from a text alone is drawn: the same on every run, and
  /// whatever key comes to it.
  func seed(for text: String) -> [UInt8] {
    HMAC.sha256(key: oldest.bytes.value, Array(("seed " + text).utf8))
  }

  private func key(named id: String) -> Key? { ([oldest] + newer).first { $0.id == id } }

  private static func code(for text: String, _ key: Key) -> [UInt8] {
    Array(HMAC.sha256(key: key.bytes.value, Array(text.utf8)).prefix(codeLength))
  }
}
