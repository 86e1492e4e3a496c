import Primitives

/// Where the relay's packets go: memory to write them into, and the way out.
///
/// The relay opens a slot, writes a clear packet into it and sends it. A slot that was opened and
/// not sent is void; the next `openSlot` may give the same memory again.
public protocol PacketSink: ~Copyable {
  /// Memory for one packet to a peer, at least `Limits.datagramBytes` long and good until the next
  /// call; nil where the peer cannot be sent to now.
  mutating func openSlot(for peer: Handle) -> UnsafeMutableRawBufferPointer?

  /// Protects and sends the packet that was written into the slot opened last.
  ///
  /// `length` counts header and payload, `headerLength` what stays in clear; `index` is the SRTP
  /// packet index: the sequence number extended by its roll-overs, never twice on one SSRC.
  mutating func sendRTP(to peer: Handle, length: Int, headerLength: Int, index: UInt64)

  /// Protects and sends a clear RTCP packet, compound or reduced-size.
  mutating func sendRTCP(to peer: Handle, _ packet: [UInt8])
}
