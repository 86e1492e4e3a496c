import Primitives

/// A JSON Web Token in compact form (RFC 7519, RFC 7515 section 3.1): verified, then read.
///
/// The algorithm belongs to the key and is never taken from the token: the header only has to
/// agree. A token without expiry, with a critical extension, or with a name twice is refused.
public struct JWT: Equatable, Sendable {
  /// The key that signed it (`iss`).
  public var issuer: String
  /// Who it is about (`sub`): opaque, 1...64 bytes.
  public var subject: String
  /// When it ends (`exp`), seconds since 1970.
  public var expires: Int64
  /// The token's own identifier (`jti`), where it has one.
  public var id: String?
  /// The claims under `samtal`, still to be read.
  public var claims: JSON

  /// How far the clocks of issuer and daemon may be apart.
  public static let tolerance = Duration.seconds(60)
  /// Characters in the longest token that is looked at.
  public static let maximumLength = 4_096

  /// Verifies and reads a token, against the keys that may sign here.
  public init(
    verifying text: String, keys: [JWTKey], now: WallTime
  ) throws(JWTError) {
    guard text.utf8.count <= Self.maximumLength else { throw .malformed }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let signature = Base64.decodeURL(String(parts[2])) else {
      throw .malformed
    }
    let header = try Self.readObject(parts[0])
    let payload = try Self.readObject(parts[1])
    guard let issuer = payload["iss"]?.string, let key = keys.first(where: { $0.id == issuer })
    else { throw .unknownKey }
    try Self.check(header: header, against: key)
    guard key.verify(signature, of: "\(parts[0]).\(parts[1])") else { throw .badSignature }
    try Self.checkTimes(payload, now: now)
    try self.init(payload: payload, issuer: issuer)
  }

  /// Makes and signs a token: what a clinic's back end does. The key must be able to sign.
  public static func sign(
    subject: String, claims: JSON, from start: WallTime, for lifetime: Duration, id: String? = nil,
    key: JWTKey
  ) -> String {
    precondition(key.canSign, "a public key makes no tokens")
    let header: JSON = ["alg": .string(key.algorithm.rawValue), "typ": "JWT"]
    let payload = JSON.compact([
      "iss": .string(key.id), "sub": .string(subject), "iat": .integer(start.seconds),
      "nbf": .integer(start.seconds), "exp": .integer((start + lifetime).seconds),
      "jti": id.map(JSON.string), "samtal": claims,
    ])
    let signed = [header, payload].map { Base64.encodeURL(Array($0.description.utf8)) }
      .joined(separator: ".")
    return signed + "." + Base64.encodeURL(key.sign(signed))
  }

  private init(payload: JSON, issuer: String) throws(JWTError) {
    guard let subject = payload["sub"]?.string, (1...64).contains(subject.utf8.count) else {
      throw .missingClaim("sub")
    }
    guard let claims = payload["samtal"], claims.members != nil else {
      throw .missingClaim("samtal")
    }
    self.issuer = issuer
    self.subject = subject
    self.expires = payload["exp"]?.integer ?? 0
    self.id = payload["jti"]?.string
    self.claims = claims
  }

  private static func readObject(_ part: Substring) throws(JWTError) -> JSON {
    guard let bytes = Base64.decodeURL(String(part)),
      let value = try? JSON(parsing: bytes, maximumDepth: 8), value.members != nil
    else { throw .malformed }
    return value
  }

  private static func check(header: JSON, against key: JWTKey) throws(JWTError) {
    guard header["alg"]?.string == key.algorithm.rawValue else { throw .wrongAlgorithm }
    for member in header.members ?? [] {
      switch member.name {
      case "alg": continue
      case "typ":
        guard member.value.string?.lowercased() == "jwt" else { throw .unsupportedHeader }
      case "kid":
        guard member.value.string == key.id else { throw .unknownKey }
      default:
        // `crit` (RFC 7515 section 4.1.11), `b64`, keys and certificates inside the token:
        // nothing that a token of ours needs, and each has been somebody's hole.
        throw .unsupportedHeader
      }
    }
  }

  private static func checkTimes(_ payload: JSON, now: WallTime) throws(JWTError) {
    let tolerance = Int64(Self.tolerance.seconds)
    guard let expires = payload["exp"] else { throw .missingClaim("exp") }
    guard let end = expires.integer, end < Int64.max - tolerance else { throw .malformed }
    guard now.seconds < end + tolerance else { throw .expired }
    for name in ["nbf", "iat"] {
      guard let claim = payload[name] else { continue }
      guard let start = claim.integer, start > Int64.min + tolerance else { throw .malformed }
      guard now.seconds >= start - tolerance else { throw .notYetValid }
    }
  }
}
