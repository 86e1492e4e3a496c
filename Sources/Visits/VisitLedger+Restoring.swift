import Primitives

/// Why a log cannot be replayed.
public struct RestoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The place in the log.
  public var position: UInt64
  /// What is wrong there.
  public var reason: String

  /// The reason with its place.
  public var description: String { "event \(position): \(reason)" }
}

extension VisitLedger {
  /// Rebuilds the state from the log. Everybody who was in a lobby or a call counts as lost from
  /// now on and has `Limits.resumeWindow` to come back; deadlines start anew.
  public init(restoring events: [StoredEvent], at now: Instant) throws(RestoreError) {
    self.init()
  }
}

extension VisitEvent {
  /// The event as the store keeps it; only for durable ones.
  public func stored(at position: UInt64) -> StoredEvent {
    StoredEvent(position: position, at: at.wall, visit: visit, payload: .null)
  }
}
