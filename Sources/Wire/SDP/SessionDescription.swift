import Primitives

/// An offer or answer as browsers exchange them (RFC 8866, RFC 8829): what this system uses of it.
///
/// Attributes that mean nothing here are left out when reading, so nothing unknown is ever sent
/// back. All text in it is visible ASCII.
public struct SessionDescription: Hashable, Sendable {
  /// The number that `o=` gives the session; below 2^63 (RFC 8829 section 5.2.1).
  public var sessionID: UInt64
  /// The number of this description within the session, growing by one with each.
  public var version: UInt64
  /// The MIDs that share one transport (RFC 9143); the first is the tagged section's.
  public var bundle: [String] = []
  /// Whether the writer is an ICE-lite agent (RFC 8839 section 5.3).
  public var isICELite = false
  /// ICE and DTLS attributes at session level: they hold for sections that have none of their own.
  public var transport = TransportAttributes()
  /// The media sections, in order.
  public var media: [MediaSection] = []

  /// A description without media sections.
  public init(sessionID: UInt64, version: UInt64) {
    self.sessionID = sessionID
    self.version = version
  }

  /// The transport attributes that hold for a section: each kind from the section where it has
  /// it, else from the session (RFC 8122 section 5, RFC 8839 section 5.4).
  public func transport(of section: MediaSection) -> TransportAttributes {
    var result = section.transport
    if result.credentials == nil { result.credentials = transport.credentials }
    if result.fingerprints.isEmpty { result.fingerprints = transport.fingerprints }
    result.setup = result.setup ?? transport.setup
    return result
  }
}

/// The attributes of ICE and DTLS at one level of a description.
public struct TransportAttributes: Hashable, Sendable {
  /// The role in the DTLS handshake (RFC 4145 section 4, RFC 8842).
  public enum Setup: String, Sendable {
    case active
    case passive
    case actpass
    case holdconn
  }

  /// `a=ice-ufrag` and `a=ice-pwd`, where both stand.
  public var credentials: ICECredentials?
  /// The SHA-256 fingerprints (RFC 8122); other hashes are left out.
  public var fingerprints: [Fingerprint] = []
  /// `a=setup`.
  public var setup: Setup?

  /// No attribute at all.
  public init() {}
}
