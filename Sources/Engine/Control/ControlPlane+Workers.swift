import Primitives
import Signaling
import Visits

// Which worker carries whose media. A call is on one worker as long as that has room; beyond it,
// those who come are put on others, and each worker of the call has a mirror of everybody who is
// in the call on another one.
extension ControlPlane {
  /// The worker and the room of a visit: chosen at its first transport, the least loaded, and kept.
  mutating func place(of visit: VisitID) -> (worker: Int, room: RoomNumber) {
    if let place = attendances[visit]?.place { return place }
    lastRoom += 1
    let place = (worker: workersByLoad.first(where: hasRoom) ?? 0, room: RoomNumber(lastRoom))
    attendances[visit, default: Attendance()].place = place
    rooms[place.room] = visit
    return place
  }

  /// The worker for somebody who comes to a visit: the one that the visit has, or else another
  /// that has room. `former` is the one where this person's last peer connection is.
  mutating func worker(
    for visit: VisitID, after former: Int? = nil
  ) throws(SignalingError) -> Int {
    if let former, !fullWorkers.contains(former) { return former }
    let home = place(of: visit).worker
    return try worker(preferring: [home] + workers(of: visit))
  }

  /// The first of some workers that has room, or else the least loaded of all that have.
  func worker(preferring known: [Int]) throws(SignalingError) -> Int {
    guard let worker = (known + workersByLoad).first(where: hasRoom) else {
      throw SignalingError(.unavailable, "overloaded")
    }
    return worker
  }

  private func hasRoom(_ worker: Int) -> Bool {
    !fullWorkers.contains(worker) && peerCount[worker] < configuration.peersPerWorker
  }

  private var workersByLoad: [Int] {
    peerCount.indices.sorted { (peerCount[$0], $0) < (peerCount[$1], $1) }
  }

  /// The workers of those who are in a visit's call, each once, in order.
  private func workers(of visit: VisitID) -> [Int] {
    let all = (attendances[visit]?.peers ?? []).compactMap { number in
      peers[number].flatMap { $0.isAdmitted && $0.isUsable ? $0.worker : nil }
    }
    return Set(all).sorted()
  }

  /// Whether it is this worker that says who in a visit is speaking: each of them hears all.
  func isListener(_ worker: Int, to visit: VisitID) -> Bool { workers(of: visit).first == worker }

  /// Gives each worker of a visit's call a mirror of everybody in it who is on another one.
  mutating func settleMirrors(_ visit: VisitID) {
    let all = workers(of: visit)
    for number in attendances[visit]?.peers ?? [] {
      guard let peer = peers[number] else { continue }
      let isIn = peer.isAdmitted && peer.isUsable
      let wanted = isIn ? all.filter { $0 != peer.worker } : []
      guard wanted != peer.mirrors, let room = attendances[visit]?.place?.room else { continue }
      for worker in wanted where !peer.mirrors.contains(worker) {
        emit(
          .worker(
            worker, .mirror(number, room: room, on: peer.worker, media: peer.answer.media)))
        emit(.worker(worker, .openSources(number, peer.openSources)))
      }
      for worker in peer.mirrors where !wanted.contains(worker) {
        emit(.worker(worker, .remove(number)))
      }
      emit(.worker(peer.worker, .share(number, with: wanted)))
      peers[number]?.mirrors = wanted
    }
  }

  /// Gives a command about a publisher to its worker, and to those that have a mirror of it.
  mutating func tellAll(of peer: Peer, _ command: WorkerCommand) {
    for worker in [peer.worker] + peer.mirrors { emit(.worker(worker, command)) }
  }
}
