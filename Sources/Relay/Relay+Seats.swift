import Primitives
import Wire

extension Relay {
  /// Puts a publisher on a viewer's seat in place of whoever sits there, or empties it.
  ///
  /// Answers with the smallest output timestamps that the seat's packets can have from now on:
  /// greater, modulo 2^32, than all that were sent there. Both stand for the same instant, the
  /// latest capture that went out on either stream; what the publisher captured before it is not
  /// sent. It is not the present instant, because the key frame that answers the request may have
  /// been captured just before that was made. A stream that the seat does not have answers 0.
  @discardableResult
  public mutating func seat(
    _ viewer: Handle, seat index: Int, occupant: Handle?, now: Instant
  ) -> (audioFrom: UInt32, videoFrom: UInt32) {
    guard peers.contains(viewer),
      let position = peers[viewer].seats.firstIndex(where: { $0.plan.index == index })
    else { return (0, 0) }
    leave(viewer, seat: position)

    let audio = peers[viewer].seats[position].audio
    let video = peers[viewer].seats[position].video
    var start = now - TimestampMapper.behind
    for stream in peers[viewer].seats[position].streams {
      start = max(start, senders[stream].timestamps.latestCapture ?? start)
    }
    let audioFrom = audio.map { senders[$0].begin(after: start) } ?? 0
    let videoFrom = video.map { senders[$0].begin(after: start) } ?? 0

    if let occupant, peers.contains(occupant) {
      peers[viewer].seats[position].occupant = occupant
      peers[occupant].places.append(Peer.Place(viewer: viewer, seat: position))
      link(viewer, seat: position)
      for stream in peers[viewer].seats[position].streams {
        requestKeyFrame(for: stream, now: now)
      }
    }
    return (audioFrom, videoFrom)
  }

  /// Sends no higher layer of a picture on a seat than `most` from now on, whoever sits there;
  /// the change is made at a key frame, which is asked for.
  public mutating func limitLayers(
    _ viewer: Handle, seat index: Int, to most: UInt8, now: Instant
  ) {
    guard peers.contains(viewer),
      let position = peers[viewer].seats.firstIndex(where: { $0.plan.index == index }),
      let stream = peers[viewer].seats[position].video, senders[stream].wantedLayer != most
    else { return }
    senders[stream].wantedLayer = most
    requestKeyFrame(for: stream, now: now)
  }

  /// Empties a seat.
  mutating func leave(_ viewer: Handle, seat position: Int) {
    if let occupant = peers[viewer].seats[position].occupant {
      peers[occupant].places.removeAll { $0 == Peer.Place(viewer: viewer, seat: position) }
      peers[viewer].seats[position].occupant = nil
    }
    link(viewer, seat: position)
  }

  /// Connects a seat's streams to the tracks that its occupant has now.
  mutating func link(_ viewer: Handle, seat position: Int) {
    let seat = peers[viewer].seats[position]
    let sources = seat.plan.kind.sources
    if let stream = seat.audio { connect(stream, to: track(sources.audio, of: seat.occupant)) }
    if let stream = seat.video, let source = sources.video {
      connect(stream, to: track(source, of: seat.occupant))
    }
  }

  /// Takes in a seat of a plan. A section that exists keeps its send stream, whose sequence
  /// numbers must run on for as long as its SSRC lives.
  mutating func updateSeat(of peer: Handle, to plan: SeatPlan) {
    let known = peers[peer].seats.firstIndex { $0.plan.index == plan.index }
    let position = known ?? peers[peer].seats.count
    if known == nil { peers[peer].seats.append(Peer.Seat(plan: plan)) }
    let audio = peers[peer].seats[position].audio
    let video = peers[peer].seats[position].video
    peers[peer].seats[position].plan = plan
    peers[peer].seats[position].audio = updateStream(audio, of: peer, to: plan.audio)
    peers[peer].seats[position].video = updateStream(video, of: peer, to: plan.video)
  }

  private mutating func updateStream(
    _ stream: Handle?, of peer: Handle, to section: ReceiveSection?
  ) -> Handle? {
    guard let section else { return stream }
    if let stream, senders[stream].section.ssrc == section.ssrc {
      senders[stream].section = section
      senders[stream].audioLevelID = peers[peer].extensions.audioLevel
      return stream
    }
    var fresh = SendStream(
      section, viewer: peer, audioLevelID: peers[peer].extensions.audioLevel, random: &random)
    if let stream {
      fresh.wantedLayer = senders[stream].wantedLayer
      disconnect(stream)
      senders.remove(stream)
    }
    return senders.insert(fresh)
  }

  func track(_ source: MediaSource, of peer: Handle?) -> Handle? {
    guard let peer else { return nil }
    return peers[peer].tracks.first { tracks[$0].source == source }
  }

  private mutating func connect(_ stream: Handle, to track: Handle?) {
    guard senders[stream].track != track else { return }
    disconnect(stream)
    guard let track else { return }
    let route = Track.Route(stream: stream, viewer: senders[stream].viewer)
    if tracks[track].add(route) { senders[stream].track = track }
  }

  /// Takes a stream off the track that it is a route of.
  mutating func disconnect(_ stream: Handle) {
    if let track = senders[stream].track { tracks[track].removeRoute(of: stream) }
    senders[stream].disconnect()
  }

  /// Asks for a key frame of what goes out on a stream, where that is video and open, and the
  /// viewer can be reached: one that came before would be lost, and the next be late for it.
  mutating func requestKeyFrame(for stream: Handle, now: Instant) {
    guard let track = senders[stream].track, tracks[track].kind == .video, tracks[track].isOpen,
      peers[senders[stream].viewer].isReachable
    else { return }
    let best = min(tracks[track].bestLayer, senders[stream].wantedLayer)
    requestKeyFrame(of: tracks[track].layers[Int(best)], now: now)
  }

  /// Asks for a key frame of a received stream.
  mutating func requestKeyFrame(of stream: Handle, now: Instant) {
    receivers[stream].keyFrames.request(now: now)
    timers.lower(Int(receivers[stream].peer.index), to: receivers[stream].keyFrames.nextDeadline)
  }
}
