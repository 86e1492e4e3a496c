import Primitives

/// When the other side was last heard, and what follows from silence.
///
/// Until the transport is connected only the time since its start counts; after that, the time
/// since the last authenticated packet (RFC 7675).
struct Liveness {
  enum Change {
    case silent
    case expired(TransportCloseReason)
  }

  private(set) var isConnected = false
  private var isSilent = false
  private var lastHeard: Instant

  init(now: Instant) { lastHeard = now }

  /// Notes that the transport is up.
  mutating func connected(now: Instant) {
    isConnected = true
    lastHeard = now
  }

  /// Notes an authenticated packet; true where it ends a silence.
  mutating func heard(now: Instant) -> Bool {
    guard isConnected else { return false }
    lastHeard = now
    defer { isSilent = false }
    return isSilent
  }

  /// How long nothing authenticated has come.
  func silence(at now: Instant) -> Duration { now - lastHeard }

  var nextDeadline: Instant {
    isConnected && !isSilent
      ? lastHeard + Limits.silenceThreshold : lastHeard + Limits.consentLifetime
  }

  mutating func handleDeadline(now: Instant) -> Change? {
    guard now >= nextDeadline else { return nil }
    if now - lastHeard >= Limits.consentLifetime {
      return .expired(isConnected ? .consentExpired : .neverConnected)
    }
    isSilent = true
    return .silent
  }
}
