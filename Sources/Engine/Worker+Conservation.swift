import Primitives
import Relay
import Transport

/// What adds up to what in a worker's counters.
public enum ConservationLaw: String, CaseIterable, Sendable {
  /// A datagram is handed to a transport, or dropped before.
  case datagrams
  /// A transport takes it for itself, gives it to the relay, or drops it.
  case transports
  /// What was dropped by transports is what they all say that they dropped, live and gone.
  case transportDrops
  /// The relay got every packet that came or crossed to it, and its own account adds up.
  case relay
  /// The relay's packets are in the batch, or could not be protected.
  case sending
  /// The batch took all that was sent, or counts it as overflowed.
  case batch
}

extension Worker {
  /// Whether every datagram and packet, in and out, is accounted for. Holds after each call.
  public var isConserved: Bool { brokenLaws.isEmpty }

  /// The laws that do not hold: none, unless there is a bug.
  public var brokenLaws: [ConservationLaw] { ConservationLaw.allCases.filter { !holds($0) } }

  private func holds(_ law: ConservationLaw) -> Bool {
    let sent = sendCounters
    switch law {
    case .datagrams:
      return counters.received == counters.accepted + sum(counters.drops)
    case .transports:
      return counters.accepted
        == counters.handled + counters.packets + counters.reports + counters.reportsNotAdmitted
        + sum(counters.transportDrops)
    case .transportDrops:
      // A check that is refused is answered, and counted by the transport alone.
      return TransportDrop.allCases.filter { $0 != .refusedCheck }.allSatisfy {
        counters.transportDrops[$0, default: 0] == drops(of: $0)
      }
    case .relay:
      return counters.packets + counters.packetsCrossed == relay.counters.received
        && relay.counters.areConserved
    case .sending:
      return relay.counters.sent + relay.counters.retransmitted
        == sent.packets + sent.unprotectedPackets
    case .batch:
      return batch.appended + batch.overflowed
        == sent.packets + sent.reports + counters.transmitted + relay.counters[.noRoom]
    }
  }

  /// What all transports, live and gone, say that they dropped for a reason.
  private func drops(of reason: TransportDrop) -> UInt64 {
    byNumber.values.reduce(counters.droppedByGone[reason, default: 0]) {
      $0 + path.peers[$1].transport.counters[reason]
    }
  }

  private func sum<Reason>(_ counts: [Reason: UInt64]) -> UInt64 { counts.values.reduce(0, +) }
}
