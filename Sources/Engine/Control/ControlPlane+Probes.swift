import Primitives
import Signaling
import Visits
import Wire

/// A test of one client's connection: a transport without a call, that goes as far as ICE and DTLS
/// and carries nothing.
struct Probe: Sendable {
  let session: SessionID
  let worker: Int
  /// The first answer; sent when the worker has registered the peer.
  let answer: MediaNegotiator.Answer
  /// Whom it is for, until it is sent.
  var reply: PendingReply?
  /// When the answer was sent.
  var answeredAt: Instant?
}

extension ControlPlane {
  /// Answers an offer as for a call, on the worker where the next call would be. The client
  /// measures the way there and back by its own checks; that they came through is told to it.
  mutating func probe(
    _ offer: MediaOffer, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    endProbe(of: session)
    let worker = try worker(preferring: [])
    let answer = try answerFresh(offer, on: worker).answer
    lastPeer += 1
    lastRoom += 1
    let number = PeerNumber(lastPeer)
    probes[number] = Probe(session: session, worker: worker, answer: answer, reply: reply)
    sessions[session]?.probe = number
    peerCount[worker] += 1
    startProbeTime(of: number)
    emit(
      .worker(
        worker,
        .register(
          number, room: RoomNumber(lastRoom), transport: answer.transport, media: answer.media)))
  }

  /// A worker's report about a probe; false where it is about none.
  mutating func handleProbe(_ event: WorkerEvent) -> Bool {
    switch event {
    case .peerRegistered(let number):
      guard let probe = probes[number] else { return false }
      if let reply = probe.reply { sendResult(Self.describe(probe.answer), to: reply) }
      probes[number]?.reply = nil
      probes[number]?.answeredAt = moment.instant
    case .peerConnected(let number):
      guard let probe = probes[number] else { return false }
      let span = probe.answeredAt.map { moment.instant - $0 } ?? .zero
      notify(
        probe.session, .probeChanged,
        ["state": "connected", "after_ms": .integer(span.milliseconds)])
    case .peerRefused(let number):
      guard let probe = probes[number] else { return false }
      if let reply = probe.reply {
        sendError(SignalingError(.unavailable, "overloaded"), to: reply)
      }
      probes[number]?.reply = nil
      endProbe(of: probe.session)
    case .peerClosed(let number, _):
      guard let probe = probes[number] else { return false }
      notify(probe.session, .probeChanged, ["state": "closed"])
      endProbe(of: probe.session)
    case .peerSilent(let number), .peerHeard(let number): return probes[number] != nil
    case .seated, .speakers, .loadChanged: return false
    }
    return true
  }

  /// The time for the test is over, whatever came of it.
  mutating func endProbe(_ number: PeerNumber) {
    guard let probe = probes[number] else { return }
    notify(probe.session, .probeChanged, ["state": "closed"])
    endProbe(of: probe.session)
  }

  /// Ends the test that a session runs, if it runs one.
  mutating func endProbe(of session: SessionID) {
    guard let number = sessions[session]?.probe, let probe = probes.removeValue(forKey: number)
    else { return }
    sessions[session]?.probe = nil
    peerCount[probe.worker] -= 1
    emit(.worker(probe.worker, .remove(number)))
    if let reply = probe.reply { sendError(SignalingError(.refused, "probe_ended"), to: reply) }
  }
}
