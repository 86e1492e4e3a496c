import Primitives
import Signaling
import Visits
import Wire

extension ControlPlane {
  // MARK: Negotiation

  /// Answers an offer: the first of a peer connection when the worker has registered the peer,
  /// so that its first check never comes too early; later ones at once.
  mutating func negotiate(
    _ offer: MediaOffer, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    guard let state = sessions[session], let participant = state.identity.participant,
      let visit = state.visit
    else { return }
    guard let number = peerNumbers[participant], let peer = peers[number] else {
      let fresh = try answerFresh(offer, on: worker(for: visit))
      register(fresh, participant: participant, visit: visit, after: nil, reply: reply)
      return
    }
    guard peer.state != .registering else {
      throw SignalingError(.refused, "negotiation_in_progress")
    }
    var negotiator = peer.negotiator
    let answer: MediaNegotiator.Answer
    do {
      answer = try negotiator.answer(
        offer: offer.offer, tracks: offer.tracks, seats: offer.seats, random: &random)
    } catch {
      // A page that was loaded again makes a new peer connection, with a certificate of its own.
      guard let fresh = try? answerFresh(offer, on: worker(for: visit, after: peer.worker)),
        fresh.answer.transport.remoteFingerprints != peer.answer.transport.remoteFingerprints
      else { throw SignalingError(error) }
      forget(number)
      register(fresh, participant: participant, visit: visit, after: peer.seating, reply: reply)
      return
    }
    guard peer.state != .closed else { throw SignalingError(.refused, "transport_closed") }
    peers[number]?.negotiator = negotiator
    renegotiate(answer, number: number, reply: reply)
  }

  /// A peer connection that is only an answer yet.
  struct FreshPeer {
    var negotiator: MediaNegotiator
    var answer: MediaNegotiator.Answer
    /// The worker whose addresses the answer names.
    var worker: Int
  }

  /// The first answer of a peer connection on a worker.
  mutating func answerFresh(
    _ offer: MediaOffer, on worker: Int
  ) throws(SignalingError) -> FreshPeer {
    var negotiator = MediaNegotiator(
      fingerprint: configuration.fingerprint, candidates: configuration.candidates[worker],
      cname: random.string(length: 16))
    do {
      let answer = try negotiator.answer(
        offer: offer.offer, tracks: offer.tracks, seats: offer.seats, random: &random)
      return FreshPeer(negotiator: negotiator, answer: answer, worker: worker)
    } catch {
      throw SignalingError(error)
    }
  }

  private mutating func register(
    _ fresh: FreshPeer, participant: ParticipantID, visit: VisitID, after former: Seating?,
    reply: PendingReply
  ) {
    let room = place(of: visit).room
    lastPeer += 1
    let number = PeerNumber(lastPeer)
    var seating = former.map(Seating.init(after:)) ?? Seating()
    seating.extend(to: fresh.answer.seats)
    peers[number] = Peer(
      number: number, participant: participant, visit: visit, worker: fresh.worker,
      negotiator: fresh.negotiator, answer: fresh.answer, reply: reply, seating: seating)
    peerNumbers[participant] = number
    peerCount[fresh.worker] += 1
    attendances[visit]?.peers.append(number)
    touched.insert(visit)
    emit(
      .worker(
        fresh.worker,
        .register(
          number, room: room, transport: fresh.answer.transport, media: fresh.answer.media)))
  }

  private mutating func renegotiate(
    _ answer: MediaNegotiator.Answer, number: PeerNumber, reply: PendingReply
  ) {
    guard let peer = peers[number] else { return }
    peers[number]?.answer = answer
    peers[number]?.seating.extend(to: answer.seats)
    if answer.isRestart { emit(.worker(peer.worker, .restart(number, answer.transport))) }
    if answer.media != peer.answer.media {
      tellAll(of: peer, .updateMedia(number, answer.media))
    }
    sendResult(Self.describe(answer), to: reply)
    touched.insert(peer.visit)
  }

  /// Ends a peer connection on this side.
  mutating func forget(_ number: PeerNumber) {
    guard let peer = peers.removeValue(forKey: number) else { return }
    if peerNumbers[peer.participant] == number { peerNumbers[peer.participant] = nil }
    peerCount[peer.worker] -= 1
    attendances[peer.visit]?.peers.removeAll { $0 == number }
    tellAll(of: peer, .remove(number))
    touched.insert(peer.visit)
    if let reply = peer.reply { sendError(SignalingError(.refused, "not_joined"), to: reply) }
  }

  // MARK: What workers report

  /// A worker's report. One about a peer that is gone finds nothing.
  mutating func handle(_ event: WorkerEvent, from worker: Int) {
    guard !handleProbe(event) else { return }
    switch event {
    case .peerRegistered(let number):
      guard let peer = peers[number], peer.state == .registering else { return }
      peers[number]?.reply = nil
      if let reply = peer.reply { sendResult(Self.describe(peer.answer), to: reply) }
      move(number, to: .connecting)
    case .peerRefused(let number):
      guard let reply = peers[number]?.reply else { return }
      sendError(SignalingError(.unavailable, "overloaded"), to: reply)
      peers[number]?.reply = nil
      forget(number)
    case .peerConnected(let number), .peerHeard(let number): move(number, to: .connected)
    case .peerSilent(let number): move(number, to: .silent)
    case .peerClosed(let number, let reason):
      move(number, to: .closed)
      log(LogRecord(.info, "peer_closed", ("peer", number.value), ("reason", reason)))
    case .seated(let viewer, let assignment, let audioFrom, let videoFrom):
      let change = peers[viewer]?.seating.seated(
        assignment, audioFrom: audioFrom, videoFrom: videoFrom)
      if let change { notifySeats([change], of: viewer) }
    case .speakers(let room, let speakers):
      guard let visit = rooms[room], isListener(worker, to: visit) else { return }
      attendances[visit]?.speakers = speakers
      touched.insert(visit)
    case .loadChanged(let isFull):
      if isFull { fullWorkers.insert(worker) } else { fullWorkers.remove(worker) }
    }
  }

  private mutating func move(_ number: PeerNumber, to state: Peer.State) {
    guard let peer = peers[number], peer.state != .closed else { return }
    peers[number]?.state = state
    touched.insert(peer.visit)
  }

  // MARK: Quality

  /// Takes up what a client has measured; of somebody who is not in a call, nothing.
  mutating func measure(_ report: QualityReport, from session: SessionID) {
    guard let state = sessions[session], let visit = state.visit,
      let participant = state.identity.participant,
      journal.scene(of: visit)?.place(of: participant) == .call
    else { return }
    sessions[session]?.measured.add(report)
    attendances[visit]?.qualities[participant] = sessions[session]?.measured.quality
    touched.insert(visit)
  }

  // MARK: Seats

  /// The client has blanked these seats.
  mutating func acknowledge(_ seats: [SeatAcknowledgement], from session: SessionID) {
    guard let state = sessions[session], let participant = state.identity.participant,
      let number = peerNumbers[participant], let visit = state.visit
    else { return }
    for seat in seats { peers[number]?.seating.acknowledge(seat) }
    touched.insert(visit)
  }

  static func describe(_ answer: MediaNegotiator.Answer) -> JSON {
    let seats = answer.seats.map { seat in
      JSON.compact([
        "seat": .integer(Int64(seat.index)), "kind": .string(seat.kind.rawValue),
        "audio_mid": seat.audio.map { .string($0.mid) },
        "video_mid": seat.video.map { .string($0.mid) },
      ])
    }
    return ["answer": .string(answer.sdp), "seats": .array(seats)]
  }
}

extension SignalingError {
  /// What a client is told about an offer that was refused.
  init(_ error: NegotiationError) {
    self.init(
      .invalidParams, error.reason.rawValue, field: error.field, message: error.message)
  }
}
