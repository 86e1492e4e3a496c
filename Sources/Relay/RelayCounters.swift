/// Why the relay did not forward a packet.
public enum RelayDrop: Int, Error, CaseIterable, Sendable {
  // On the way in: one count a packet received.

  /// The peer is not known to the relay.
  case unknownPeer
  /// Not a well-formed RTP packet, or its payload is not what its payload type says.
  case malformed
  /// Longer than `Limits.packetBytes`.
  case tooLong
  /// Neither MID and RID nor SSRC say which track it belongs to (W20).
  case unknownStream
  /// A payload type that was not negotiated for the section.
  case unknownPayloadType
  /// The peer's source is not open.
  case muted
  /// The packet had come before.
  case duplicate
  /// So old that it cannot be told whether it had come before.
  case tooOld
  /// Far from all numbers before it, and no second packet confirms the jump (RFC 3550 A.1).
  case sequenceJump
  /// A retransmission of nothing: a probe.
  case emptyRetransmission
  /// More packets of the track wait to be forwarded than it may hold.
  case crowded

  // On the way out: one count a route.

  /// The viewer cannot be sent to now.
  case unreachable
  /// More is to be sent at once than there is memory for.
  case noRoom
  /// Padding alone, which is not passed on.
  case padding
  /// A simulcast layer that the viewer does not get.
  case notSelected
  /// Video before the key frame that a decoder can start from.
  case awaitingKeyFrame
  /// Captured before what the last occupant of the seat sent, or too long before the seating.
  case beforeSeating
  /// From before a switch, too late, or sent already (W2, W6).
  case late
  /// A retransmission of what is not known any more.
  case forgotten
  /// A retransmission over the stream's share (W13, W16).
  case overBudget

  /// Whether it is counted once for each packet received, not once for each route.
  public var isInbound: Bool { rawValue < RelayDrop.unreachable.rawValue }
}

/// What has become of all packets since the start.
///
/// received = accepted + the inbound drops; of the accepted, those that nobody sees are left at
/// that; attempted = sent + retransmitted + the outbound drops.
public struct RelayCounters: Sendable {
  /// RTP packets handed to the relay.
  public internal(set) var received: UInt64 = 0
  /// Of these, the ones that were offered to their track's routes.
  public internal(set) var accepted: UInt64 = 0
  /// Packets to be sent: one for each route of each accepted packet, and one for each packet that
  /// a viewer asked for again.
  public internal(set) var attempted: UInt64 = 0
  /// Of these, the ones sent for the first time.
  public internal(set) var sent: UInt64 = 0
  /// Of these, the ones sent again.
  public internal(set) var retransmitted: UInt64 = 0
  /// RTCP packets handed to the relay that did not parse.
  public internal(set) var malformedReports: UInt64 = 0

  private var drops = InlineArray<20, UInt64>(repeating: 0)

  /// All zero.
  public init() { precondition(RelayDrop.allCases.count == drops.count) }

  /// How many packets were dropped for a reason.
  public subscript(reason: RelayDrop) -> UInt64 { drops[reason.rawValue] }

  /// Whether every packet is accounted for, on the way in and on the way out.
  public var areConserved: Bool {
    var inbound: UInt64 = 0
    var outbound: UInt64 = 0
    for reason in RelayDrop.allCases {
      if reason.isInbound { inbound += self[reason] } else { outbound += self[reason] }
    }
    return received == accepted + inbound && attempted == sent + retransmitted + outbound
  }

  mutating func drop(_ reason: RelayDrop, count: Int = 1) {
    drops[reason.rawValue] &+= UInt64(count)
  }
}
