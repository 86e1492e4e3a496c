import Primitives
import Wire

extension Relay {
  /// Lets a peer in with what it agreed on; nil where the relay is full.
  ///
  /// None of its sources is open yet, and nobody sits on its seats. Packets of those who share a
  /// `group` are sent together: it is best that of people who see each other.
  ///
  /// A mirror stands for a publisher on another worker, whose packets are handed in as they are
  /// accepted there. It has no seats and is sent nothing: no reports, no feedback, and a key frame
  /// is asked for by `RelayEvent.keyFrameWanted`.
  public mutating func addPeer(
    _ plan: MediaPlan, isMirror: Bool = false, group: UInt64 = 0, now: Instant
  ) -> Handle? {
    let ssrc = UInt32(truncatingIfNeeded: random.next())
    let peer = peers.insert(Peer(plan, isMirror: isMirror, group: group, reportSSRC: ssrc))
    guard let peer else { return nil }
    updatePeer(peer, plan: plan)
    return peer
  }

  /// Takes in a later agreement of the peer: sections that are new are added, publish sections
  /// that are gone or are now another source are removed, seats stay for good. What does not fit
  /// into the relay's tables is left out.
  public mutating func updatePeer(_ peer: Handle, plan agreed: MediaPlan) {
    guard peers.contains(peer) else { return }
    let plan = peers[peer].isMirror ? agreed.mirrored : agreed
    peers[peer].extensions = plan.extensions
    peers[peer].cname = plan.cname
    updateTracks(of: peer, to: plan.publish)
    for seat in plan.seats.prefix(Limits.mediaSections) { updateSeat(of: peer, to: seat) }
    for index in peers[peer].seats.indices { link(peer, seat: index) }
    for place in peers[peer].places { link(place.viewer, seat: place.seat) }
  }

  /// Forgets a peer: it sits on no seat any more, and nothing is sent to it.
  public mutating func removePeer(_ peer: Handle, now: Instant) {
    guard peers.contains(peer) else { return }
    for place in peers[peer].places {
      peers[place.viewer].seats[place.seat].occupant = nil
      link(place.viewer, seat: place.seat)
    }
    for index in peers[peer].seats.indices {
      leave(peer, seat: index)
      for stream in peers[peer].seats[index].streams { senders.remove(stream) }
    }
    for track in peers[peer].tracks { removeTrack(track) }
    speakers.remove(peer)
    timers.set(Int(peer.index), to: nil)
    peers.remove(peer)
  }

  /// Says which of the peer's sources are forwarded; packets of the rest are dropped and counted
  /// as muted. Video that is opened again starts with a key frame.
  public mutating func openSources(_ peer: Handle, _ open: Set<MediaSource>) {
    guard peers.contains(peer) else { return }
    peers[peer].openSources = open
    for track in peers[peer].tracks {
      let isOpen = open.contains(tracks[track].source)
      guard isOpen != tracks[track].isOpen else { continue }
      tracks[track].isOpen = isOpen
      if !isOpen { dropWaiting(track) }
      for index in 0..<tracks[track].routes.count {
        senders[tracks[track].routes[index].stream].suspend()
      }
    }
  }

  /// Says whether what is sent to a peer can reach it. One that can be reached from now on is
  /// shown a picture as soon as there is one.
  public mutating func setReachable(_ peer: Handle, _ isReachable: Bool, now: Instant) {
    guard peers.contains(peer), peers[peer].isReachable != isReachable else { return }
    peers[peer].isReachable = isReachable
    for seat in peers[peer].seats {
      for stream in seat.streams { requestKeyFrame(for: stream, now: now) }
    }
  }

  /// Says whether a peer is seen or heard on other workers: then packets that it lost are asked for
  /// even where nobody here sees it.
  public mutating func setShared(_ peer: Handle, _ isShared: Bool) {
    guard peers.contains(peer) else { return }
    peers[peer].isShared = isShared
  }

  /// Asks a peer for a key frame of a source's layer: somebody on another worker needs one.
  public mutating func requestKeyFrame(
    of peer: Handle, _ source: MediaSource, layer: UInt8, now: Instant
  ) {
    guard peers.contains(peer), let track = track(source, of: peer), tracks[track].isOpen,
      Int(layer) < tracks[track].layers.count
    else { return }
    requestKeyFrame(of: tracks[track].layers[Int(layer)], now: now)
  }

  private mutating func updateTracks(of peer: Handle, to sections: [PublishSection]) {
    for track in peers[peer].tracks where !sections.contains(where: { isSame(track, as: $0) }) {
      removeTrack(track)
      peers[peer].tracks.removeAll { $0 == track }
    }
    for section in sections.prefix(Limits.tracksPerPeer) {
      let existing = peers[peer].tracks.first { isSame($0, as: section) }
      guard let track = existing ?? addTrack(section, peer: peer) else { continue }
      announce(section.streams, of: track, peer: peer)
    }
  }

  private func isSame(_ track: Handle, as section: PublishSection) -> Bool {
    tracks[track].mid == StreamName(section.mid) && tracks[track].source == section.source
      && tracks[track].payloadTypes == section.payloadTypes
      && tracks[track].rids == section.rids.prefix(Limits.layersPerTrack).map { StreamName($0) }
  }

  private mutating func addTrack(_ section: PublishSection, peer: Handle) -> Handle? {
    guard let new = Track(section, peer: peer, group: peers[peer].group),
      let track = tracks.insert(new)
    else { return nil }
    let isRepaired = section.source.kind == .video && section.payloadTypes.retransmission != nil
    for layer in 0..<tracks[track].layerCount {
      let stream = ReceiveStream(
        peer: peer, track: track, layer: UInt8(layer), kind: section.source.kind,
        isRepaired: isRepaired)
      guard let handle = receivers.insert(stream) else { break }
      tracks[track].add(layer: handle)
    }
    tracks[track].isOpen = peers[peer].openSources.contains(section.source)
    peers[peer].tracks.append(track)
    return track
  }

  /// Binds the SSRCs that the offer announced, one for each layer, lowest first.
  private mutating func announce(_ streams: [AnnouncedStream], of track: Handle, peer: Handle) {
    for (index, announced) in streams.prefix(tracks[track].layers.count).enumerated() {
      let stream = tracks[track].layers[index]
      _ = bind(announced.ssrc, to: stream, isRetransmission: false)
      if let ssrc = announced.retransmissionSSRC {
        _ = bind(ssrc, to: stream, isRetransmission: true)
      }
    }
  }

  private mutating func removeTrack(_ track: Handle) {
    dropWaiting(track)
    while tracks[track].routes.count > 0 {
      disconnect(tracks[track].routes[0].stream)
    }
    for index in 0..<tracks[track].layers.count {
      peers[tracks[track].peer].unbind(stream: tracks[track].layers[index])
      receivers.remove(tracks[track].layers[index])
    }
    tracks.remove(track)
  }
}

extension MediaPlan {
  /// What of it concerns a mirror: what is published, repaired already.
  fileprivate var mirrored: MediaPlan {
    var plan = self
    plan.seats = []
    plan.extensions.transportSequence = 0
    for index in plan.publish.indices { plan.publish[index].payloadTypes.retransmission = nil }
    return plan
  }
}
