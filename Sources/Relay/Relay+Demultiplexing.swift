import Primitives
import Wire

extension Relay {
  /// Finds the stream of a packet: by MID and RID where it names them, else by its SSRC (RFC 9143
  /// section 9.2, W20).
  mutating func demultiplex(
    _ header: RTPHeader, in bytes: RawSpan, from peer: Handle
  ) throws(RelayDrop) -> Peer.Binding {
    let known = peers[peer].binding(of: header.ssrc)
    guard let named = namedStream(header, in: bytes, from: peer) else {
      guard let known else { throw .unknownStream }
      return known
    }
    if let known, known.stream == named.stream { return known }
    guard bind(header.ssrc, to: named.stream, isRetransmission: named.isRetransmission) else {
      throw .unknownStream
    }
    return Peer.Binding(
      ssrc: header.ssrc, stream: named.stream, isRetransmission: named.isRetransmission)
  }

  /// The stream that a packet is known to be of.
  mutating func place(
    _ header: RTPHeader, of source: MediaSource, layer: UInt8, from peer: Handle
  ) throws(RelayDrop) -> Peer.Binding {
    guard let track = track(source, of: peer), Int(layer) < tracks[track].layers.count else {
      throw .unknownStream
    }
    let stream = tracks[track].layers[Int(layer)]
    let binding = Peer.Binding(ssrc: header.ssrc, stream: stream, isRetransmission: false)
    guard
      receivers[stream].ssrc == header.ssrc
        || bind(header.ssrc, to: stream, isRetransmission: false)
    else { throw .unknownStream }
    return binding
  }

  /// Binds an SSRC to a stream, which begins anew where its media had another one before. False
  /// where the peer has as many SSRCs as it may.
  mutating func bind(_ ssrc: UInt32, to stream: Handle, isRetransmission: Bool) -> Bool {
    let binding = Peer.Binding(ssrc: ssrc, stream: stream, isRetransmission: isRetransmission)
    guard peers[receivers[stream].peer].bind(binding) else { return false }
    if !isRetransmission, receivers[stream].ssrc != ssrc {
      if receivers[stream].ssrc != nil { receivers[stream].restart() }
      receivers[stream].ssrc = ssrc
    }
    return true
  }

  /// The stream that the packet's MID and RID name, and whether it is a retransmission of it.
  private func namedStream(
    _ header: RTPHeader, in bytes: RawSpan, from peer: Handle
  ) -> (stream: Handle, isRetransmission: Bool)? {
    let ids = peers[peer].extensions
    guard let mid = name(ids.mid, header, in: bytes) else { return nil }
    for index in peers[peer].tracks.indices {
      let track = peers[peer].tracks[index]
      guard tracks[track].mid == mid else { continue }
      guard !tracks[track].rids.isEmpty else {
        let isRetransmission = header.payloadType == tracks[track].payloadTypes.retransmission
        return tracks[track].layers.count == 0
          ? nil : (tracks[track].layers[0], isRetransmission)
      }
      let repaired = name(ids.repairedRID, header, in: bytes)
      guard let rid = repaired ?? name(ids.rid, header, in: bytes),
        let layer = tracks[track].rids.firstIndex(of: rid), layer < tracks[track].layers.count
      else { return nil }
      return (tracks[track].layers[layer], repaired != nil)
    }
    return nil
  }

  private func name(_ id: UInt8, _ header: RTPHeader, in bytes: RawSpan) -> StreamName? {
    header.findExtension(id: id, in: bytes).flatMap { StreamName(bytes, at: $0) }
  }
}
