import Primitives

/// One side's short-term credentials for connectivity checks (RFC 8445 section 5.3).
public struct ICECredentials: Hashable, Sendable {
  /// The username fragment, 4...256 `ice-char`s.
  public var usernameFragment: String
  /// The password, 22...256 `ice-char`s.
  public var password: Redacted<String>

  /// Joins the two.
  public init(usernameFragment: String, password: String) {
    self.usernameFragment = usernameFragment
    self.password = Redacted(password)
  }

  /// Fresh credentials: 48 and 144 random bits.
  public init(random: inout RandomSource) {
    self.init(
      usernameFragment: random.string(length: 8), password: random.string(length: 24))
  }
}

/// A SHA-256 certificate fingerprint (RFC 8122 section 5).
public struct Fingerprint: Hashable, Sendable {
  /// The digest, 32 bytes.
  public var digest: [UInt8]

  /// Wraps a digest of 32 bytes.
  public init(digest: [UInt8]) {
    precondition(digest.count == 32)
    self.digest = digest
  }
}

/// What a peer's transport needs to know of the other side before the first datagram.
public struct TransportPlan: Hashable, Sendable {
  /// Our credentials.
  public var local: ICECredentials
  /// The other side's.
  public var remote: ICECredentials
  /// The certificates that the other side may show: at least one.
  public var remoteFingerprints: [Fingerprint]

  /// Joins the parts.
  public init(local: ICECredentials, remote: ICECredentials, remoteFingerprints: [Fingerprint]) {
    self.local = local
    self.remote = remote
    self.remoteFingerprints = remoteFingerprints
  }
}
