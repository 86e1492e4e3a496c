/// A header extension that this system knows, by the URI that `a=extmap` carries (RFC 8285).
public enum ExtensionURI: String, Hashable, Sendable, CaseIterable {
  case mid = "urn:ietf:params:rtp-hdrext:sdes:mid"
  case rid = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
  case repairedRID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
  case audioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
  case transportSequence =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
  case playoutDelay = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
}

/// One `a=extmap` line with a known URI.
public struct ExtensionMapping: Hashable, Sendable {
  /// The id in the header, 1...255; ids over 14 need the two-byte form.
  public var id: UInt8
  /// What the extension is.
  public var uri: ExtensionURI
  /// Which way it is used, from the writer's point of view.
  public var direction: MediaDirection

  /// Joins the parts.
  public init(id: UInt8, uri: ExtensionURI, direction: MediaDirection = .sendrecv) {
    self.id = id
    self.uri = uri
    self.direction = direction
  }
}

/// Which way media flows in a section, from the writer's point of view (RFC 8866 section 6.7).
public enum MediaDirection: String, Hashable, Sendable, CaseIterable {
  case sendrecv
  case sendonly
  case recvonly
  case inactive

  /// Whether the writer would send.
  public var sends: Bool { self == .sendrecv || self == .sendonly }
  /// Whether the writer would receive.
  public var receives: Bool { self == .sendrecv || self == .recvonly }
}

extension ExtensionIDs {
  /// The peer's id of an extension; 0 where it is not in use.
  public subscript(uri: ExtensionURI) -> UInt8 {
    get { self[keyPath: Self.field(of: uri)] }
    set { self[keyPath: Self.field(of: uri)] = newValue }
  }

  private static func field(of uri: ExtensionURI) -> WritableKeyPath<ExtensionIDs, UInt8> {
    switch uri {
    case .mid: \.mid
    case .rid: \.rid
    case .repairedRID: \.repairedRID
    case .audioLevel: \.audioLevel
    case .transportSequence: \.transportSequence
    case .playoutDelay: \.playoutDelay
    }
  }
}
