/// What a client has sent, received and found wrong.
public struct PeerClientCounters: Hashable, Sendable {
  /// RTP packets sent for the first time.
  public var packetsSent: UInt64 = 0
  /// Packets that were asked for and sent again.
  public var retransmissionsSent: UInt64 = 0
  /// Key frames that the relay asked for, by PLI or FIR.
  public var keyFrameRequests: UInt64 = 0
  /// Packets that transport-wide feedback reported as received.
  public var packetsConfirmed: UInt64 = 0
  /// RTP packets received, retransmissions included.
  public var packetsReceived: UInt64 = 0
  /// Packets that retransmission brought back.
  public var recovered: UInt64 = 0
  /// Packets asked for, each time counted.
  public var packetsAskedFor: UInt64 = 0
  /// Key frames asked for, each time counted.
  public var keyFramesAskedFor: UInt64 = 0
  /// Video packets that came twice, or after their frame had been given up or shown.
  public var duplicates: UInt64 = 0
  /// Frames whose picture id does not follow that of the frame before.
  public var discontinuities: UInt64 = 0
  /// Packets on an SSRC or payload type that the answer did not announce.
  public var unannounced: UInt64 = 0
  /// Packets and frames that could not be read, or whose marks contradict one another.
  public var unreadable: UInt64 = 0

  /// All at zero.
  public init() {}
}
