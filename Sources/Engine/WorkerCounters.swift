import Transport

/// Why a worker dropped a datagram before any transport saw it.
public enum WorkerDrop: String, CaseIterable, Sendable {
  /// Empty, or longer than an Ethernet frame's payload.
  case badLength = "bad_length"
  /// From an address that has not proved itself, and no connectivity check for a peer of ours.
  case unknownSender = "unknown_sender"
}

/// A worker's account of datagrams. `Worker.isConserved` says what adds up to what.
public struct WorkerCounters: Equatable, Sendable {
  /// Datagrams that the socket gave.
  public internal(set) var received: UInt64 = 0
  /// Datagrams that were handed to a peer's transport.
  public internal(set) var accepted: UInt64 = 0
  /// Of these, the checks and handshake records that the transport took for itself.
  public internal(set) var handled: UInt64 = 0
  /// Of these, the RTP packets that the relay got.
  public internal(set) var packets: UInt64 = 0
  /// Of these, the RTCP packets that the relay got.
  public internal(set) var reports: UInt64 = 0
  /// Of these, the authentic RTCP packets of peers that are not admitted: the relay gets none.
  public internal(set) var reportsNotAdmitted: UInt64 = 0
  /// Times that a peer's media moved to another remote address.
  public internal(set) var moves: UInt64 = 0
  /// Datagrams that transports wanted sent: answers to checks, handshakes, close_notify.
  public internal(set) var transmitted: UInt64 = 0
  /// RTP packets that other workers handed over, which the relay got.
  public internal(set) var packetsCrossed: UInt64 = 0
  /// What other workers handed over of publishers that are not known here any more.
  public internal(set) var crossingsUnknown: UInt64 = 0
  /// Packets and requests that were handed to other workers, one count a worker.
  public internal(set) var crossings: UInt64 = 0
  /// Those that another worker had no room for.
  public internal(set) var crossingsLost: UInt64 = 0
  /// Datagrams dropped before a transport saw them, by reason.
  public private(set) var drops: [WorkerDrop: UInt64] = [:]
  /// Datagrams that a transport dropped, by reason.
  public private(set) var transportDrops: [TransportDrop: UInt64] = [:]
  /// What the transports of peers that are gone say that they dropped.
  private(set) var droppedByGone: [TransportDrop: UInt64] = [:]

  mutating func drop(_ reason: WorkerDrop) { drops[reason, default: 0] += 1 }

  mutating func drop(_ reason: TransportDrop) { transportDrops[reason, default: 0] += 1 }

  /// Keeps the counts of a transport whose peer is gone.
  mutating func keep(_ counters: TransportCounters) {
    for reason in TransportDrop.allCases where counters[reason] > 0 {
      droppedByGone[reason, default: 0] += counters[reason]
    }
  }
}

/// What became of that which the relay gave a worker to send.
public struct SendCounters: Equatable, Sendable {
  /// RTP packets that went into the batch.
  public internal(set) var packets: UInt64 = 0
  /// RTP packets that a transport could not protect.
  public internal(set) var unprotectedPackets: UInt64 = 0
  /// RTCP packets that a transport protected.
  public internal(set) var reports: UInt64 = 0
  /// RTCP packets to a peer that is not connected or not admitted, or whose key is used up.
  public internal(set) var unsentReports: UInt64 = 0
}
