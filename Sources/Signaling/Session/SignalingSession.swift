import Primitives

/// The kind of identifier that names a session.
public enum SessionKind: IdentifierKind {
  /// The prefix.
  public static let prefix = "ses"
}

/// Names a session. Knowing it is not enough to continue it: that takes its secret.
public typealias SessionID = Identifier<SessionKind>

/// Names a connection: a WebSocket or a line-wise TCP connection. Never used again.
public struct ConnectionID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The number.
  public let value: UInt64

  /// Wraps a number.
  public init(_ value: UInt64) { self.value = value }

  /// The number, for logs.
  public var description: String { String(value) }

  /// Whether `left` was opened first.
  public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// How a connection came in.
public struct ConnectionOrigin: Equatable, Sendable {
  /// The framing.
  public enum Transport: String, Sendable, CaseIterable {
    case webSocket = "websocket"
    case lines
  }

  /// The framing.
  public var transport: Transport
  /// The other end, where it is known.
  public var address: Redacted<NetworkAddress>?

  /// Joins the two.
  public init(_ transport: Transport, address: Redacted<NetworkAddress>? = nil) {
    self.transport = transport
    self.address = address
  }
}

/// One client's line of notifications, which outlives the connections that carry it.
///
/// Notifications are numbered from 1 without gaps, and the newest are kept, so that a client that
/// lost its connection gets what it missed: at most `Limits.replayedNotifications`, and no more
/// bytes than `Limits.replayedBytes`, since idle sessions are many. At most one connection carries
/// a session.
public struct SignalingSession: Sendable {
  /// The session's identifier.
  public let id: SessionID
  /// The number of the newest notification; 0 before the first.
  public private(set) var sequence: UInt64 = 0
  /// What carries the session; nil while its connection is lost.
  public private(set) var connection: ConnectionID?
  /// When the connection was lost; nil while there is one.
  public private(set) var detachedAt: Instant?

  /// The newest notifications are those from `oldest` on.
  private var kept: [String] = []
  private var oldest = 0
  private var keptBytes = 0

  /// A session on the connection that opened it.
  public init(id: SessionID, connection: ConnectionID) {
    self.id = id
    self.connection = connection
  }

  /// Numbers a notification and keeps it; returns the text to send, where there is a connection.
  public mutating func notify(_ method: String, _ params: JSON) -> String {
    sequence += 1
    let text = JSONRPCText.notification(method, sequence: sequence, params)
    kept.append(text)
    keptBytes += text.utf8.count
    forgetOldest()
    return text
  }

  /// Moves the session to another connection; returns the one that carried it.
  public mutating func attach(_ connection: ConnectionID) -> ConnectionID? {
    defer { self.connection = connection }
    detachedAt = nil
    return self.connection
  }

  /// The connection is lost.
  public mutating func detach(at now: Instant) {
    connection = nil
    detachedAt = now
  }

  /// When the session ends unless it is resumed; nil while a connection carries it.
  public var deadline: Instant? { detachedAt.map { $0 + Limits.resumeWindow } }

  /// What a client that has got notifications up to `sequence` has missed, oldest first; nil where
  /// some of it is no longer kept, or the number was never given out.
  public func missed(after sequence: UInt64) -> [String]? {
    guard sequence <= self.sequence else { return nil }
    let count = self.sequence - sequence
    guard count <= UInt64(kept.count - oldest) else { return nil }
    return Array(kept.suffix(Int(count)))
  }

  /// Keeps none of what has been told so far: who has missed any of it gets a snapshot instead,
  /// with what they may know by now.
  public mutating func forgetMissed() {
    kept = []
    oldest = 0
    keptBytes = 0
  }

  /// Keeps to the caps; what was forgotten gives its memory back.
  private mutating func forgetOldest() {
    while kept.count - oldest > Limits.replayedNotifications || keptBytes > Limits.replayedBytes {
      keptBytes -= kept[oldest].utf8.count
      kept[oldest] = ""
      oldest += 1
    }
    guard oldest * 2 > kept.count else { return }
    kept = Array(kept[oldest...])
    oldest = 0
  }
}
