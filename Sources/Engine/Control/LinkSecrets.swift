import Primitives
import Security
import Signaling
import Visits

/// Makes and checks the secrets in links, and those that continue a session: keyed codes over
/// what they open, so that none has to be stored.
///
/// A link's secret reads `<invite>.<version>.<code>`; rotating the link raises the version.
public struct LinkSecrets: Sendable {
  private let key: Redacted<[UInt8]>

  /// Bytes that the key must have at least.
  public static let minimumKeyLength = 32
  /// Bytes of the code that a secret carries: 192 bits.
  private static let codeLength = 24

  /// With a key of at least `minimumKeyLength` bytes; nil where it is shorter.
  public init?(key: [UInt8]) {
    guard key.count >= Self.minimumKeyLength else { return nil }
    self.key = Redacted(key)
  }

  /// The secret of a link.
  public func secret(of invite: InviteID, version: Int64) -> String {
    let subject = "\(invite).\(version)"
    return subject + "." + Base64.encodeURL(code(for: "invite " + subject))
  }

  /// What a link's secret opens; nil unless it was made here.
  public func open(_ secret: String) -> (invite: InviteID, version: Int64)? {
    let parts = secret.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let invite = InviteID(String(parts[0])),
      let version = Int64(parts[1]), version > 0, String(version) == parts[1],
      let shown = Base64.decodeURL(String(parts[2])),
      HMAC.areEqual(shown, code(for: "invite \(invite).\(version)"))
    else { return nil }
    return (invite, version)
  }

  /// The secret that continues a session on another connection.
  public func resumeSecret(of session: SessionID) -> String {
    Base64.encodeURL(code(for: "session \(session)"))
  }

  /// Whether a secret continues that session.
  public func isResumeSecret(_ secret: String, of session: SessionID) -> Bool {
    guard let shown = Base64.decodeURL(secret) else { return false }
    return HMAC.areEqual(shown, code(for: "session \(session)"))
  }

  /// 32 bytes from which whatever follows from a text alone is drawn: the same on every run.
  func seed(for text: String) -> [UInt8] {
    HMAC.sha256(key: key.value, Array(("seed " + text).utf8))
  }

  private func code(for text: String) -> [UInt8] {
    Array(HMAC.sha256(key: key.value, Array(text.utf8)).prefix(Self.codeLength))
  }
}
