import Primitives
import Security
import Wire

/// Both directions of SRTP under the keys of one DTLS association.
struct SRTPSession: ~Copyable {
  private let place = InPlace()
  private var sender: SRTPSender
  private var receiver: SRTPReceiver

  init(_ keys: SRTPKeyPair) {
    sender = SRTPSender(keys.local)
    receiver = SRTPReceiver(keys.remote)
  }

  mutating func protectRTP(
    _ slot: UnsafeMutableRawBufferPointer, length: Int, headerLength: Int, index: UInt64,
    rest: PacketRest = .none
  ) -> Int? {
    sender.protectRTP(slot, length: length, headerLength: headerLength, index: index, rest: rest)
  }

  /// Has the processor bring near what protecting an RTP packet needs.
  func prefetchKeys() { sender.prefetchKeys() }

  mutating func protectRTCP(_ packet: inout [UInt8]) -> Bool { sender.protectRTCP(&packet) }

  /// Decrypts in place; the clear packet as it is handed on.
  mutating func unprotect(
    _ kind: DatagramKind, _ slot: UnsafeMutableRawBufferPointer, length: Int
  ) throws(TransportDrop) -> Received {
    do throws(SRTPReceiver.Failure) {
      return kind == .rtp
        ? .rtp(length: try receiver.unprotectRTP(slot, length: length))
        : .rtcp(length: try receiver.unprotectRTCP(slot, length: length))
    } catch {
      throw TransportDrop(error)
    }
  }
}
