import Primitives
import Signaling
import Visits
import Wire

extension ControlPlane {
  /// Makes workers and clients agree with the state, for every visit that was touched.
  mutating func settle() {
    // What is told of one visit can end sessions, whose visits are settled again.
    while !touched.isEmpty || !news.isEmpty {
      let visits = touched.sorted()
      touched.removeAll(keepingCapacity: true)
      for visit in visits { settle(visit) }
      settleNews()
    }
    departures.removeAll(keepingCapacity: true)
    endings.removeAll(keepingCapacity: true)
  }

  private mutating func settle(_ visit: VisitID) {
    guard attendances[visit] != nil else { return }
    let scene = journal.scene(of: visit)
    for number in attendances[visit]?.peers ?? [] { settlePeer(number, scene) }
    settleMirrors(visit)
    renewRosters(of: visit)
    var known = RosterChanges()
    for session in attendances[visit]?.sessions ?? [] { settleSession(session, visit, &known) }
    settleSeats(visit, scene)
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
    if peer.openSources != open { tellAll(of: peer, .openSources(number, open)) }
    if !peer.isAdmitted && isAdmitted { emit(.worker(peer.worker, .admit(number, true))) }
    peers[number]?.isAdmitted = isAdmitted
    peers[number]?.openSources = open
  }

  private func openSources(of participant: Participant) -> Set<MediaSource> {
    var open: Set<MediaSource> = []
    if participant.isAudible { open.insert(.microphone) }
    if participant.isVisible { open.insert(.camera) }
    if let sharing = participant.sharing {
      open.insert(.screen)
      if sharing.audio { open.insert(.screenAudio) }
    }
    return open
  }

  /// Seats those who are in the call for the viewers who are; nobody for the others.
  private mutating func settleSeats(_ visit: VisitID, _ scene: Scene?) {
    guard let scene, let attendance = attendances[visit], !attendance.peers.isEmpty else { return }
    let candidates = candidates(in: scene)
    let speakers = attendance.speakers.compactMap { peers[$0]?.participant }
    let viewers = attendance.sessions.compactMap { session in
      sessions[session]?.identity.participant.map { ($0, session) }
    }
    let sessionIDs = Dictionary(viewers, uniquingKeysWith: { first, _ in first })
    for number in attendance.peers {
      guard let peer = peers[number], peer.isUsable else { continue }
      let session = sessionIDs[peer.participant].flatMap { sessions[$0] }
      let outcome = peers[number]?.seating.arrange(
        peer.isAdmitted ? candidates : Seating.Candidates(), besides: number,
        pins: session?.pins ?? [], speakers: speakers, views: session?.seatViews ?? [])
      guard let outcome else { continue }
      for command in outcome.commands { emit(.worker(peer.worker, .seat(number, command))) }
      for limit in outcome.limits {
        emit(.worker(peer.worker, .limitLayers(number, seat: limit.seat, most: limit.most)))
      }
      notifySeats(outcome.changes, of: number)
    }
  }

  /// Those in the call whose media can be had.
  private func candidates(in scene: Scene) -> Seating.Candidates {
    Seating.Candidates(
      scene.participants.compactMap { participant in
        guard participant.place == .call, let number = peerNumbers[participant.id],
          let peer = peers[number], peer.isAdmitted, peer.isUsable
        else { return nil }
        return Seating.Candidate(
          participant: participant.id, peer: number,
          sharesScreen: participant.sharing != nil && peer.offersScreen)
      })
  }

  func sessionID(of peer: Peer) -> SessionID? {
    attendances[peer.visit]?.sessions.first {
      sessions[$0]?.identity.participant == peer.participant
    }
  }
}
