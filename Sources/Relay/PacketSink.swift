import Primitives

/// Where the relay's packets go: memory to write them into, and the way out.
///
/// The relay turns to a peer, then for each packet opens a slot, writes a clear packet into it and
/// sends it. A slot that was opened and not sent is void; the next `openSlot` may give the same
/// memory again.
public protocol PacketSink: ~Copyable {
  /// Turns to a peer: the packets that follow are for it. False where it cannot be sent to now.
  mutating func turn(to peer: Handle) -> Bool

  /// Tells that a peer will soon be turned to, twice: the processor can be told to bring near what
  /// that will need.
  func prefetch(_ peer: Handle, _ step: PrefetchStep)

  /// Memory for one packet, at least `Limits.datagramBytes` long and good until the next call; nil
  /// where there is no room.
  mutating func openSlot() -> UnsafeMutableRawBufferPointer?

  /// Protects and sends the packet that was written into the slot opened last.
  mutating func sendRTP(_ packet: ClearPacket)

  /// Protects and sends a clear RTCP packet, compound or reduced-size.
  mutating func sendRTCP(to peer: Handle, _ packet: [UInt8])

  /// Whether the relay should pause, so that what it sent can leave.
  var wantsFlush: Bool { get }
}

extension PacketSink where Self: ~Copyable {
  /// Does nothing.
  public func prefetch(_ peer: Handle, _ step: PrefetchStep) {}
}

/// What of something is to be brought near.
public enum PrefetchStep {
  /// What stands in the place itself.
  case itself
  /// What is kept elsewhere, as the place, which is near by now, tells where that is.
  case whatItNames

  /// How many receivers before its turn; the second step has to find what the first asked for.
  var distance: Int { self == .itself ? 3 : 2 }
}

/// A clear RTP packet in a slot, on its way out.
public struct ClearPacket {
  /// Bytes of header, payload and padding.
  public var length: Int
  /// Bytes that stay in clear.
  public var headerLength: Int
  /// The SRTP packet index: the sequence number extended by its roll-overs, never twice on one SSRC.
  public var index: UInt64
  /// What of the payload does not stand in the slot yet.
  public var rest = PacketRest.none
}
