import Primitives

/// A key that signs tokens, with the one algorithm that it is for.
public struct JWTKey: Equatable, Sendable {
  /// How signatures are made.
  public enum Algorithm: String, Sendable, CaseIterable {
    /// HMAC with SHA-256 and a shared secret (RFC 7518 section 3.2).
    case hs256 = "HS256"
    /// ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4).
    case es256 = "ES256"
    /// Ed25519 (RFC 8037 section 3.1).
    case edDSA = "EdDSA"
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3), with 2,048 bits or more.
    case rs256 = "RS256"
  }

  private enum Material: Equatable, Sendable {
    case secret(Redacted<[UInt8]>)
    case pair(KeyPair)
  }

  /// The key's name: the `iss` of its tokens.
  public let id: String
  /// The algorithm that its signatures are made with.
  public let algorithm: Algorithm
  private let material: Material

  /// Bytes that a shared secret must have at least (RFC 7518 section 3.2).
  public static let minimumSecretLength = 32

  /// A shared secret for HS256; nil where it is shorter than `minimumSecretLength`.
  public init?(id: String, sharedSecret: [UInt8]) {
    guard sharedSecret.count >= Self.minimumSecretLength else { return nil }
    self.id = id
    algorithm = .hs256
    material = .secret(Redacted(sharedSecret))
  }

  /// The key in a PEM file's text, for any algorithm but HS256: a public key (RFC 7468 section
  /// 13), or a private one without a password (section 10), which can sign as well. Nil where the
  /// text holds none, or one of another kind or size than the algorithm's.
  public init?(id: String, algorithm: Algorithm, pem: String) {
    let scheme: KeyPair.Scheme
    switch algorithm {
    case .hs256: return nil
    case .es256: scheme = .p256
    case .edDSA: scheme = .ed25519
    case .rs256: scheme = .rsa
    }
    guard let pair = KeyPair(scheme, pem: pem) else { return nil }
    self.id = id
    self.algorithm = algorithm
    material = .pair(pair)
  }

  /// Whether tokens can be made with it, and not only verified.
  public var canSign: Bool {
    switch material {
    case .secret: true
    case .pair(let pair): pair.isPrivate
    }
  }

  func sign(_ text: String) -> [UInt8] {
    switch material {
    case .secret(let secret): HMAC.sha256(key: secret.value, Array(text.utf8))
    case .pair(let pair): pair.sign(Array(text.utf8))
    }
  }

  func verify(_ signature: [UInt8], of text: String) -> Bool {
    switch material {
    case .secret: HMAC.areEqual(signature, sign(text))
    case .pair(let pair): pair.verify(signature, of: Array(text.utf8))
    }
  }
}
