import PeerClient
import Primitives
import Runtime
import Wire

extension Participant {
  /// Offers, once: sections for what is published, and a seat for everybody else.
  func negotiate(now: Instant) {
    guard media == nil, sinkNumber == nil, place != .out else { return }
    guard let sink = around.sink else {
      let offer = makeClient()
      return propose(offer.sdp, offer.tracks, offer.seats)
    }
    do {
      let (number, offer) = try sink.negotiate(self)
      sinkNumber = number
      let seats = offer.seats.map {
        OfferedSeat(kind: $0.kind, audioMID: $0.audioMID, videoMID: $0.videoMID)
      }
      propose(offer.text, offer.tracks, seats)
    } catch {
      tally.fail("offer: \(error)")
    }
  }

  private func makeClient() -> PeerOffer {
    let plan = around.plan
    var form = PeerClient.Configuration(publisher: identity)
    form.sources = MediaSource.allCases.filter(publishes.contains)
    form.personSeats = min(max(1, plan.participants - 1), Limits.personSeats)
    form.screenSeats = plan.publish.contains(.screen) ? 1 : 0
    form.profiles = plan.profiles
    form.keepsPayloads = decodes
    form.shape(bitsPerSecond: plan.rate)
    var client = PeerClient(
      configuration: form, certificate: around.certificate, random: random.fork(), loops: loops)
    let offer = client.makeOffer()
    media = consume client
    return offer
  }

  private func propose(
    _ sdp: String, _ tracks: [(mid: String, source: MediaSource)], _ seats: [OfferedSeat]
  ) {
    request(
      "media.negotiate",
      [
        "offer": .string(sdp),
        "tracks": .array(
          tracks.map { ["mid": .string($0.mid), "source": .string($0.source.rawValue)] }),
        "seats": .array(
          seats.map { seat in
            .compact([
              "kind": .string(seat.kind.rawValue), "audio_mid": seat.audioMID.map(JSON.string),
              "video_mid": seat.videoMID.map(JSON.string),
            ])
          }),
      ])
  }

  func applyAnswer(_ result: JSON, now: Instant) {
    let answer = result["answer"]?.string ?? ""
    let numbered = (result["seats"]?.array ?? []).compactMap { seat -> OfferedSeat? in
      guard let kind = seat["kind"]?.string.flatMap(SeatKind.init(rawValue:)) else { return nil }
      return OfferedSeat(
        kind: kind, audioMID: seat["audio_mid"]?.string, videoMID: seat["video_mid"]?.string,
        number: seat["seat"]?.integer.map { Int($0) })
    }
    do {
      if let sinkNumber {
        try around.sink?.apply(answer, for: self, sinkNumber)
      } else {
        try media?.apply(answer: answer, seats: numbered, now: now)
      }
    } catch {
      tally.fail("answer: \(error)")
    }
    drainMedia(now: now)
  }

  /// In the lobby no sender holds a track.
  func publish(now: Instant) {
    let isAllowed = place == .call && !isDone
    media?.setPublishing(isAllowed ? publishes : [], now: now)
    if let sinkNumber, isMediaUp, isAllowed != isSending {
      isSending = isAllowed
      around.sink?.sink.setSending(isAllowed, of: sinkNumber)
    }
    noticePresence(now: now)
  }

  private func noticePresence(now: Instant) {
    guard present == nil, place == .call, isMediaUp else { return }
    present = now
    tally.value.joins.add(now - started)
  }

  func handleDeadline(now: Instant) {
    if let due = nextDeadline, present != nil { tally.value.lateness.add(now - due) }
    media?.handleDeadline(now: now)
    drainMedia(now: now)
  }

  /// Takes what has come on the socket, or what the tester held back.
  func receive(_ datagram: UnsafeRawBufferPointer, from address: NetworkAddress, now: Instant) {
    media?.receive(datagram.bytes, from: address, now: now)
  }

  func drainMedia(now: Instant) {
    while let output = media?.poll() {
      switch output {
      case .transmit(let datagram, let address):
        around.network.transmit(datagram, to: address, by: self, now: now)
      case .frame(let frame):
        tally.value.pictureDelays.add(now - frame.mark.captured)
        if !hasSeen {
          hasSeen = true
          tally.value.firstPictures.add(now - firstChance)
        }
        arrive(frame.mark, frame.payload, now: now)
      case .sound(let sound):
        tally.value.soundDelays.add(now - sound.mark.captured)
        if !hasHeard {
          hasHeard = true
          tally.value.firstSounds.add(now - firstChance)
        }
        arrive(sound.mark, sound.payload, now: now)
      case .connected: publish(now: now)
      case .closed(let reason): if !isLeaving { tally.fail("media closed: \(reason)") }
      case .silent: tally.fail("media silent")
      case .heard: break
      }
    }
    around.network.flush(self)
  }

  /// When the first media could have begun to come: this one had come, and somebody was there.
  private var firstChance: Instant {
    let others = room.others(than: self).compactMap(\.present).min() ?? started
    return max(started, others)
  }

  private func arrive(_ mark: MediaMark, _ payload: [UInt8], now: Instant) {
    if decodes { decode(mark, payload, now: now) }
    let name = FlowName(publisher: mark.publisher, source: mark.source)
    guard flows[name] != nil else {
      flows[name] = Flow(at: now, interval: interval(of: mark.source))
      return
    }
    if let freeze = flows[name]?.arrive(at: now) { tally.value.addFreeze(freeze) }
  }

  private func decode(_ mark: MediaMark, _ payload: [UInt8], now: Instant) {
    let publisher = room.members.lazy.compactMap { $0 }.first { $0.identity == mark.publisher }
    guard let decoding = around.decoding, let publisher else { return }
    let job = DecodeThread.Job(
      stream: .init(viewer: identity, publisher: mark.publisher, source: mark.source),
      number: mark.number, identity: around.media.identity(of: publisher.position, mark.source),
      bytes: payload, arrived: now)
    if !decoding.post(job) { tally.value.undecoded += 1 }
  }

  private func interval(of source: MediaSource) -> Duration {
    loops[source]?.interval
      ?? (source.kind == .audio ? .milliseconds(20) : LoadPlan.frameInterval)
  }

  // MARK: The end

  /// Sends no more media, and still takes what comes.
  func stopPublishing(now: Instant) {
    isDone = true
    publish(now: now)
    drainMedia(now: now)
  }

  /// A track that both sides have had for less is not asked for.
  static var grace: Duration { .seconds(5) }

  /// Settles what this one got of another who ends now: whether each track came, and whether it
  /// stood still at the end.
  func settle(_ other: Participant, now: Instant) {
    guard sinkNumber == nil, let present, let otherPresent = other.present else { return }
    let isDue = now - max(present, otherPresent) >= Self.grace
    for source in other.publishes {
      let flow = flows.removeValue(forKey: FlowName(publisher: other.identity, source: source))
      if let flow, let freeze = flow.freeze(endingAt: now) { tally.value.addFreeze(freeze) }
      guard isDue else { continue }
      tally.value.tracksExpected += 1
      if flow != nil { tally.value.tracksReceived += 1 }
    }
  }

  /// Adds to a tally what this one holds.
  func add(to tally: inout LoadTally, now: Instant) {
    if let present { tally.attendance = tally.attendance + (now - present) }
    addSocket(to: &tally)
    guard let streams = media?.streams, let counts = media?.counters else { return }
    tally.client.add(counts)
    for stream in streams {
      tally.add(stream)
      guard stream.received > 0 else { continue }
      if stream.kind == .audio {
        tally.soundJitter.add(stream.jitter)
      } else {
        tally.pictureJitter.add(stream.jitter)
      }
    }
    for report in media?.receptionReports ?? [] {
      tally.uplinkLost += UInt64(max(0, report.cumulativeLost))
    }
  }

  private func addSocket(to tally: inout LoadTally) {
    switch socket {
    case .some(let socket):
      let counters = socket.counters
      tally.overflows += counters.overflowed
      tally.unsent += counters.droppedFull + counters.droppedUnsendable
      tally.hasFullBuffers = tally.hasFullBuffers && socket.hasFullReceiveBuffer
    case nil: break
    }
  }
}
