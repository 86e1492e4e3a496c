import Primitives
import Wire

// Packets are not forwarded one by one. Those of one frame wait for each other, so that what is
// done for a receiver (its keys, its numbers, the way through the kernel) is done once for all of
// them.
extension Relay {
  /// How long a packet that does not end its frame waits for those that follow. Until the last of a
  /// frame has come, a decoder can do nothing with the first.
  public static let gatheringTime = Duration.milliseconds(4)

  /// Keeps a packet until its track is due: at the end of a frame, for sound and at the start of a
  /// key frame that is wanted at once, and in any case after `gatheringTime`, or as soon as the next
  /// one is not to be expected within that.
  mutating func queue(_ arrived: MediaPacket, of stream: Handle, now: Instant) {
    let track = receivers[stream].track
    var packet = arrived
    if let level = packet.audioLevel, tracks[track].source == .microphone {
      speakers.receive(level, from: tracks[track].peer, now: now)
    }
    if tracks[track].receive(layer: packet.layer.layer, now: now) {
      for index in 0..<tracks[track].routes.count {
        requestKeyFrame(for: tracks[track].routes[index].stream, now: now)
      }
    }
    guard tracks[track].routes.count > 0 else {
      if packet.isEntry { receivers[stream].keyFrames.receiveKeyFrame() }
      return
    }
    guard receivers[stream].keyFrames.isWanted else {
      return wait(packet, on: track, isUrgent: false, now: now)
    }
    let overtakers = tracks[track].overtakers(of: &packet)
    tracks[track].remember(packet)
    if packet.isEntry { receivers[stream].keyFrames.receiveKeyFrame() }
    wait(packet, on: track, isUrgent: packet.isEntry, now: now)
    for overtaker in overtakers { wait(overtaker, on: track, isUrgent: false, now: now) }
  }

  private mutating func wait(
    _ packet: MediaPacket, on track: Handle, isUrgent: Bool, now: Instant
  ) {
    let waiting = tracks[track].waiting.count
    let isNextFrame =
      waiting > 0 && packet.header.timestamp != tracks[track].waiting[waiting - 1].header.timestamp
    tracks[track].waiting.append(packet)
    if !packet.isLate { tracks[track].framePace.note(packet.header.timestamp, now: now) }
    if waiting == 0 { tracks[track].waitingUntil = now + Self.gatheringTime }
    let isWhole =
      isUrgent || isNextFrame || packet.header.marker || packet.isLate || packet.isPadding
      || tracks[track].kind == .audio
    if isWhole || tracks[track].waiting.isFull
      || !tracks[track].framePace.expectsNext(by: tracks[track].waitingUntil)
    {
      makeDue(track)
      isCrowded = isCrowded || tracks[track].waiting.isFull
    } else if waiting == 0 {
      gathering.set(Int(track.index), to: tracks[track].waitingUntil)
    }
  }

  /// When packets that wait for the rest of their frame go out at the latest; nil where none do.
  public var gatheringUntil: Instant? { gathering.earliest?.deadline }

  /// Whether a track has as many packets waiting as it can: `forward` must be called before more
  /// come in.
  public var mustForward: Bool { isCrowded }

  /// Forwards what is due by `now`. False where the sink wanted to be flushed before all was done:
  /// call again after that, and before anything else.
  public mutating func forward(
    now: Instant, pool: borrowing PacketPool, sink: inout some PacketSink & ~Copyable
  ) -> Bool {
    while let (holder, deadline) = gathering.earliest, deadline <= now {
      gathering.set(holder, to: nil)
      if let track = tracks.handle(at: holder) { makeDue(track) }
    }
    if nextDue == 0 { groupDueTracks() }
    while nextDue < dueTracks.count {
      let track = dueTracks[nextDue].track
      if tracks.contains(track) {
        guard forward(track, now: now, pool: pool, sink: &sink) else { return false }
      }
      nextDue += 1
    }
    dueTracks.removeAll(keepingCapacity: true)
    nextDue = 0
    isCrowded = false
    return true
  }

  private mutating func makeDue(_ track: Handle) {
    guard !tracks[track].isDue else { return }
    tracks[track].isDue = true
    gathering.set(Int(track.index), to: nil)
    dueTracks.append(DueTrack(track: track, group: tracks[track].group))
  }

  /// Puts the tracks of one group side by side: their packets go to the same receivers, and those
  /// of several groups may be more than goes out at once.
  private mutating func groupDueTracks() {
    for index in dueTracks.indices.dropFirst()
    where dueTracks[index].group < dueTracks[index - 1].group {
      dueTracks.sort { $0.group < $1.group }
      return
    }
  }

  /// Drops what waits on a track that is closed or has nobody to go to any more.
  mutating func dropWaiting(_ track: Handle) {
    tracks[track].dropWaiting()
    gathering.set(Int(track.index), to: nil)
  }

  /// Walks the track's routes, from the one that is next.
  private mutating func forward(
    _ track: Handle, now: Instant, pool: borrowing PacketPool,
    sink: inout some PacketSink & ~Copyable
  ) -> Bool {
    let longest = longestPacket(waitingOn: track)
    if tracks[track].nextRoute == 0 {
      prefetchFirst(.itself, of: track, sink: sink)
      prefetchFirst(.whatItNames, of: track, sink: sink)
    }
    while tracks[track].nextRoute < tracks[track].routes.count {
      if sink.wantsFlush { return false }
      let place = tracks[track].nextRoute
      let route = tracks[track].routes[place]
      prefetch(.itself, aheadOf: place, of: track, sink: sink)
      tracks[track].nextRoute += 1
      if sink.turn(to: route.viewer) {
        send(track, at: place, longest: longest, now: now, pool: pool, sink: &sink)
      } else {
        let count = tracks[track].waiting.count
        counters.attempted &+= UInt64(count)
        counters.drop(.unreachable, count: count)
      }
    }
    tracks[track].waiting.removeAll()
    tracks[track].nextRoute = 0
    tracks[track].isDue = false
    return true
  }

  /// Receivers are many, and most of what is kept of each has left the processor's cache since its
  /// last turn: it is asked for while those before them have theirs. What stands in one place tells
  /// where the rest is, so that this takes two steps. They are not taken at once, as a processor
  /// fetches a dozen or so lines at a time, and waits where it is asked for more.
  private func prefetch(
    _ step: PrefetchStep, aheadOf place: Int, of track: Handle,
    sink: borrowing some PacketSink & ~Copyable
  ) {
    guard place + step.distance < tracks[track].routes.count else { return }
    let route = tracks[track].routes[place + step.distance]
    switch step {
    case .itself: senders.prefetch(route.stream, bytes: SendStream.bytesForPacket)
    case .whatItNames: senders[route.stream].prefetch()
    }
    sink.prefetch(route.viewer, step)
  }

  /// What those need who have nobody, or too few, before them.
  private func prefetchFirst(
    _ step: PrefetchStep, of track: Handle, sink: borrowing some PacketSink & ~Copyable
  ) {
    for place in -step.distance..<0 { prefetch(step, aheadOf: place, of: track, sink: sink) }
  }

  /// Sends all that waits on a track to the receiver at a place of its routes.
  private mutating func send(
    _ track: Handle, at place: Int, longest: Int, now: Instant, pool: borrowing PacketPool,
    sink: inout some PacketSink & ~Copyable
  ) {
    let route = tracks[track].routes[place].stream
    let best = tracks[track].bestLayer
    var isKeyFrameWanted = false
    var owesReport = false
    for index in 0..<tracks[track].waiting.count {
      counters.attempted &+= 1
      let reference = tracks[track].waiting[index].reference
      guard pool.isLive(reference) else {
        counters.drop(.forgotten)
        continue
      }
      guard let slot = sink.openSlot() else {
        counters.drop(.noRoom)
        continue
      }
      let outcome = senders[route].forward(
        tracks[track].waiting[index], source: UnsafeRawBufferPointer(pool.slot(reference)),
        bestLayer: best, longest: longest, into: slot, now: now)
      switch outcome {
      case .written(let packet, let isOwed):
        counters.sent &+= 1
        owesReport = isOwed
        sink.sendRTP(packet)
      case .dropped(let reason):
        counters.drop(reason)
        isKeyFrameWanted =
          isKeyFrameWanted || reason == .awaitingKeyFrame || reason == .beforeSeating
      }
      if index == 0 { prefetch(.whatItNames, aheadOf: place, of: track, sink: sink) }
    }
    if owesReport { hastenReports(of: route, now: now) }
    if isKeyFrameWanted { requestKeyFrame(for: route, now: now) }
  }

  /// Bytes in the longest payload of the pictures that wait: the others are padded to it where
  /// that is but a few bytes, so that the kernel can take them as one. 0 where there is only one.
  private func longestPacket(waitingOn track: Handle) -> Int {
    guard tracks[track].kind == .video, tracks[track].waiting.count > 1 else { return 0 }
    var longest = 0
    for index in 0..<tracks[track].waiting.count {
      longest = max(longest, tracks[track].waiting[index].header.payloadRange.count)
    }
    return longest
  }
}
