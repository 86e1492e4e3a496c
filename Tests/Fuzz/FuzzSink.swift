import Primitives
import Relay
import Wire

/// Takes what a relay sends, and holds each packet to what a transport needs of it: it parses, its
/// index is its sequence number extended, and no index comes twice on one SSRC.
struct FuzzSink: PacketSink, ~Copyable {
  struct Packet {
    let viewer: Handle
    let header: RTPHeader
    let bytes: [UInt8]
  }

  /// RTP packets since the last look.
  var packets: [Packet] = []
  /// RTP packets since the start.
  private(set) var count: UInt64 = 0
  /// The highest index of each stream.
  private(set) var newest: [Handle: [UInt32: UInt64]] = [:]
  var unreachable: Set<Handle> = []

  private struct Use: Hashable {
    let viewer: Handle
    let ssrc: UInt32
    let index: UInt64
  }
  private var used: Set<Use> = []
  /// The peer that was turned to.
  private var peer = Handle(index: 0, generation: 0)
  private let slot = UnsafeMutableRawBufferPointer.allocate(
    byteCount: Limits.datagramBytes, alignment: 16)

  deinit { slot.deallocate() }

  mutating func turn(to peer: Handle) -> Bool {
    self.peer = peer
    return !unreachable.contains(peer)
  }

  mutating func openSlot() -> UnsafeMutableRawBufferPointer? { slot }

  var wantsFlush: Bool { false }

  mutating func sendRTP(_ packet: ClearPacket) {
    packet.rest.copy(into: slot)
    let index = packet.index
    let bytes = Array(slot[..<packet.length])
    guard let header = try? RTPHeader(parsing: bytes.span.bytes) else {
      preconditionFailure("sent what is no RTP packet")
    }
    precondition(header.headerLength == packet.headerLength)
    precondition(header.sequenceNumber == UInt16(truncatingIfNeeded: index))
    precondition(!unreachable.contains(peer))
    let use = Use(viewer: peer, ssrc: header.ssrc, index: index)
    precondition(used.insert(use).inserted, "an index twice")
    newest[peer, default: [:]][header.ssrc] =
      max(index, newest[peer]?[header.ssrc] ?? 0)
    packets.append(Packet(viewer: peer, header: header, bytes: bytes))
    count += 1
  }

  mutating func sendRTCP(to peer: Handle, _ packet: [UInt8]) {
    guard let parsed = try? RTCPPacket.parse(packet.span.bytes), !parsed.isEmpty else {
      preconditionFailure("sent what is no RTCP packet")
    }
    precondition(packet.count <= Limits.packetBytes)
  }
}

extension FuzzSink.Packet {
  /// The last byte of the media; nil where there is nothing behind the descriptor.
  func mark(in stream: FuzzAgreement.Stream) -> UInt8? {
    var payload = header.payloadRange
    if stream == .repair { payload = payload.dropFirst(2) }
    if stream != .audio {
      guard let descriptor = try? VP8Descriptor(parsing: bytes.span.bytes, at: payload) else {
        preconditionFailure("sent what is no VP8")
      }
      payload = payload.dropFirst(descriptor.length)
    }
    return payload.last.map { bytes[$0] }
  }
}
