import Primitives
import Signaling
import Visits
import Wire

extension ControlPlane {
  /// Makes workers and clients agree with the state, for every visit that was touched.
  mutating func settle() {
    for visit in touched.sorted() { settle(visit) }
    touched.removeAll(keepingCapacity: true)
    departures.removeAll(keepingCapacity: true)
    endings.removeAll(keepingCapacity: true)
  }

  private mutating func settle(_ visit: VisitID) {
    guard attendances[visit] != nil else { return }
    let scene = journal.scene(of: visit)
    for number in attendances[visit]?.peers ?? [] { settlePeer(number, scene) }
    for session in attendances[visit]?.sessions ?? [] { settleSession(session, visit) }
    for number in attendances[visit]?.peers ?? [] { settleSeats(number, scene) }
    if let idle = attendances[visit], idle.sessions.isEmpty, idle.peers.isEmpty,
      scene?.call == nil
    {
      if let room = idle.place?.room { rooms[room] = nil }
      attendances[visit] = nil
    }
  }

  // MARK: Workers

  /// The worker lets through what the state allows: nothing of whoever is not in the call.
  private mutating func settlePeer(_ number: PeerNumber, _ scene: Scene?) {
    guard let peer = peers[number] else { return }
    guard let participant = scene?.participant(peer.participant) else {
      forget(number)
      return
    }
    guard peer.isUsable else { return }
    let isAdmitted = participant.place == .call
    let open = isAdmitted ? openSources(of: participant) : []
    if peer.isAdmitted && !isAdmitted { emit(.worker(peer.worker, .admit(number, false))) }
    if peer.openSources != open { emit(.worker(peer.worker, .openSources(number, open))) }
    if !peer.isAdmitted && isAdmitted { emit(.worker(peer.worker, .admit(number, true))) }
    peers[number]?.isAdmitted = isAdmitted
    peers[number]?.openSources = open
  }

  private func openSources(of participant: Participant) -> Set<MediaSource> {
    var open: Set<MediaSource> = []
    if participant.isAudible { open.insert(.microphone) }
    if participant.devices.camera { open.insert(.camera) }
    // A screen is shared for as long as its section is offered, by staff alone.
    if participant.role == .staff { open.formUnion([.screen, .screenAudio]) }
    return open
  }

  /// Seats those who are in the call for a viewer who is; nobody for a viewer who is not.
  private mutating func settleSeats(_ viewer: PeerNumber, _ scene: Scene?) {
    guard let peer = peers[viewer], peer.isUsable, let scene else { return }
    var candidates: [Seating.Candidate] = []
    if peer.isAdmitted {
      for participant in scene.roster where participant.id != peer.participant {
        guard let number = peerNumbers[participant.id], let other = peers[number], other.isAdmitted,
          other.isUsable
        else { continue }
        candidates.append(
          Seating.Candidate(
            participant: participant.id, peer: number,
            sharesScreen: participant.role == .staff && other.offersScreen))
      }
    }
    let speakers = (attendances[peer.visit]?.speakers ?? []).compactMap { peers[$0]?.participant }
    let pins = sessionID(of: peer).flatMap { sessions[$0]?.pins } ?? []
    let outcome = peers[viewer]?.seating.arrange(candidates, pins: pins, speakers: speakers)
    guard let outcome else { return }
    for command in outcome.commands { emit(.worker(peer.worker, .seat(viewer, command))) }
    notifySeats(outcome.changes, of: viewer)
  }

  private func sessionID(of peer: Peer) -> SessionID? {
    attendances[peer.visit]?.sessions.first {
      sessions[$0]?.identity.participant == peer.participant
    }
  }

  // MARK: Clients

  /// A snapshot is about to tell the client everything, so that nothing is left for notifications.
  mutating func showAll(_ session: SessionID) {
    let view = view(of: session)
    sessions[session]?.shown = view
  }

  /// Tells a viewer's client who sits where.
  mutating func notifySeats(_ changes: [Seating.Change], of viewer: PeerNumber) {
    guard !changes.isEmpty, let peer = peers[viewer], let session = sessionID(of: peer) else {
      return
    }
    notify(session, "seats.changed", ["seats": .array(changes.map(\.json))])
  }

  /// Numbers a notification, and sends it where there is a connection.
  mutating func notify(_ session: SessionID, _ method: String, _ params: JSON) {
    guard let text = sessions[session]?.signaling.notify(method, params) else { return }
    if let connection = sessions[session]?.signaling.connection { emit(.send(connection, text)) }
  }

  /// Tells a client what has changed in its view.
  private mutating func settleSession(_ session: SessionID, _ visit: VisitID) {
    guard let state = sessions[session] else { return }
    let old = state.shown
    if let participant = state.identity.participant,
      journal.decided.visits[visit]?.participant(participant) == nil
    {
      sessions[session]?.identity.participant = nil
    }
    let new = view(of: session)
    guard new != old else { return }
    sessions[session]?.shown = new
    if old.place != new.place {
      notifyMove(session, from: old, to: new, visit)
    } else if new.place == .call {
      notifyRoster(session, from: old, to: new, visit)
      if old.waiting != new.waiting, let waiting = new.waiting {
        notify(session, "lobby.changed", ["waiting": .array(waiting.map(\.json))])
      }
      if old.speakers != new.speakers {
        let speakers = new.speakers.map { JSON.string($0.text) }
        notify(session, "speakers.changed", ["participants": .array(speakers)])
      }
    }
    if old.place == new.place { notifyCall(session, from: old, to: new, visit) }
  }

  /// The person was let in, sent back, or is out.
  private mutating func notifyMove(
    _ session: SessionID, from old: CallView, to new: CallView, _ visit: VisitID
  ) {
    switch new.place {
    case .call:
      notify(
        session, "lobby.status",
        ["status": "admitted", "snapshot": describeSnapshot(session)])
    case .lobby:
      notify(session, "lobby.status", ["status": old.place == .call ? "held" : "waiting"])
    case .out:
      switch old.participant.flatMap({ departures[$0] }) {
      case .denied: notify(session, "lobby.status", ["status": "denied"])
      case .removed, .revoked: notify(session, "lobby.status", ["status": "removed"])
      case .callEnded:
        notify(session, "call.ended", ["reason": .string(endReason(of: visit))])
      case .visitClosed:
        notify(session, "session.closing", ["reason": "visit_closed", "action": "leave"])
      case .left, .lost, nil: break
      }
    }
  }

  private mutating func notifyRoster(
    _ session: SessionID, from old: CallView, to new: CallView, _ visit: VisitID
  ) {
    for member in old.roster where !new.roster.contains(where: { $0.id == member.id }) {
      let reason = departures[member.id]?.rawValue ?? "held"
      notify(
        session, "participant.left",
        ["participant": .string(member.id.text), "reason": .string(reason)])
    }
    for member in new.roster {
      guard let before = old.roster.first(where: { $0.id == member.id }) else {
        notify(session, "participant.joined", ["participant": member.json])
        continue
      }
      if before != member { notify(session, "participant.changed", ["participant": member.json]) }
    }
  }

  /// The call itself has begun, ended or waits; requests have been made or answered.
  private mutating func notifyCall(
    _ session: SessionID, from old: CallView, to new: CallView, _ visit: VisitID
  ) {
    if old.call != new.call {
      if let call = new.call {
        if let endsAt = call.endsAt {
          notify(session, "call.waiting_for_staff", ["ends_at": .integer(endsAt.milliseconds)])
        } else {
          notify(session, "call.started", ["call": call.json(place: nil)])
        }
      } else {
        notify(session, "call.ended", ["reason": .string(endReason(of: visit))])
      }
    }
    for request in new.requests {
      let before = old.requests.first { $0.id == request.id }?.state
      guard before != request.state else { continue }
      if request.state == .sent {
        if new.place == .out { notify(session, "call.requested", describe(request, for: session)) }
      } else if before != nil {
        notify(
          session, "call.answered",
          ["person": .string(request.person.text), "outcome": .string(request.state.rawValue)])
      }
    }
  }

  private func endReason(of visit: VisitID) -> String {
    (endings[visit] ?? .noStaff).rawValue
  }
}
