import Primitives
import Transport

/// Why a worker dropped a datagram before any transport saw it.
public enum WorkerDrop: String, CaseIterable, Sendable {
  /// Empty, or longer than an Ethernet frame's payload.
  case badLength = "bad_length"
  /// From an address that has not proved itself, and no connectivity check for a peer of ours.
  case unknownSender = "unknown_sender"
}

/// A worker's account of datagrams. Conservation: `received` is `accepted` plus all drops.
public struct WorkerCounters: Equatable, Sendable {
  /// Datagrams that the socket gave.
  public var received: UInt64 = 0
  /// Datagrams that were handed to a peer's transport.
  public var accepted: UInt64 = 0
  /// Times that a peer's media moved to another remote address.
  public var moves: UInt64 = 0
  /// Datagrams dropped before a transport saw them, by reason.
  public private(set) var drops: [WorkerDrop: UInt64] = [:]
  /// What the transports of peers that are gone dropped, by reason.
  public private(set) var transportDrops: [TransportDrop: UInt64] = [:]

  /// Whether every datagram is accounted for.
  public var isConserved: Bool { received == accepted + drops.values.reduce(0, +) }

  mutating func drop(_ reason: WorkerDrop) { drops[reason, default: 0] += 1 }

  mutating func add(_ counters: TransportCounters) {
    for reason in TransportDrop.allCases where counters[reason] > 0 {
      transportDrops[reason, default: 0] += counters[reason]
    }
  }
}
