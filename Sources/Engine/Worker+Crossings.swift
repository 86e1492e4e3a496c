import Primitives
import Relay
import Wire

/// A publisher whose transport is on another worker.
struct Mirror {
  let room: RoomNumber
  let relayPeer: Handle
  /// The worker that has the transport.
  let worker: Int
}

/// Something for other workers, since they were last looked after.
struct WaitingCrossing {
  var crossing: Crossing
  /// The peer here whose it is; nil for a request, which goes to one worker.
  var peer: Handle?
  var packet: PacketReference
  var length: Int
  /// Where a request goes.
  var worker = 0
}

extension Worker {
  /// Takes in what another worker hands over. False where the batch is to be flushed before, and
  /// this to be handed over again.
  public mutating func receive(
    _ crossing: Crossing, _ bytes: UnsafeRawBufferPointer, now: Instant
  ) -> Bool {
    if relay.mustForward, !relay.forward(now: now, pool: pool, sink: &path) { return false }
    if batch.wantsFlush { return false }
    if case .keyFrameWanted(let source, let layer) = crossing.content {
      if let peer = byNumber[crossing.publisher] {
        relay.requestKeyFrame(of: path.peers[peer].relayPeer, source, layer: layer, now: now)
      }
      return true
    }
    // What was on its way when the mirror went finds nothing.
    guard let mirror = mirrors[crossing.publisher] else {
      counters.crossingsUnknown += 1
      return true
    }
    if case .rtp(let packet) = crossing.content {
      let reference = pool.advance()
      pool.slot(reference).copyMemory(from: bytes)
      counters.packetsCrossed += 1
      relay.receiveShared(packet, from: mirror.relayPeer, reference, pool: pool, now: now)
    } else {
      relay.receiveRTCP(
        from: mirror.relayPeer, bytes.bytes, pool: pool, now: now, sink: &path)
    }
    return true
  }

  /// Hands what is for other workers to `body`, with the number of each; what that answers false
  /// to is lost. To be called at the end of each turn.
  public mutating func takeCrossings(
    _ body: (_ worker: Int, Crossing, UnsafeRawBufferPointer) -> Bool
  ) {
    guard !crossings.isEmpty else { return }
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    for waiting in crossings {
      guard let peer = waiting.peer else {
        count(body(waiting.worker, waiting.crossing, none))
        continue
      }
      // Who has gone since is on no other worker any more.
      guard path.peers.contains(peer), pool.isLive(waiting.packet) else { continue }
      let slot = UnsafeRawBufferPointer(pool.slot(waiting.packet))
      for worker in path.peers[peer].sharedWith {
        count(
          body(worker, waiting.crossing, UnsafeRawBufferPointer(rebasing: slot[..<waiting.length])))
      }
    }
    crossings.removeAll(keepingCapacity: true)
  }

  private mutating func count(_ isTaken: Bool) {
    if isTaken { counters.crossings += 1 } else { counters.crossingsLost += 1 }
  }

  /// Lets a packet of a peer go to the other workers that have somebody who may see it.
  mutating func cross(
    _ content: Crossing.Content, of peer: Handle, _ packet: PacketReference, length: Int
  ) {
    let crossing = Crossing(publisher: path.peers[peer].number, content: content)
    crossings.append(
      WaitingCrossing(crossing: crossing, peer: peer, packet: packet, length: length))
  }

  /// Asks the worker of whom a mirror stands for, for a key frame.
  mutating func requestKeyFrame(of relayPeer: Handle, _ source: MediaSource, layer: UInt8) {
    guard let number = mirrorNumbers[relayPeer], let mirror = mirrors[number] else { return }
    let crossing = Crossing(
      publisher: number, content: .keyFrameWanted(source, layer: layer))
    crossings.append(
      WaitingCrossing(
        crossing: crossing, peer: nil, packet: .none, length: 0, worker: mirror.worker))
  }

  // MARK: Mirrors

  /// Has a publisher's packets go to these workers from now on, and to no others.
  mutating func share(_ number: PeerNumber, with workers: [Int]) {
    guard let peer = byNumber[number] else { return }
    path.peers[peer].sharedWith = workers
    relay.setShared(path.peers[peer].relayPeer, !workers.isEmpty)
  }

  /// Takes in a mirror; where there is no room for it, nobody here sees whom it stands for.
  mutating func mirror(
    _ number: PeerNumber, _ room: RoomNumber, on worker: Int, _ media: MediaPlan, now: Instant
  ) {
    precondition(byNumber[number] == nil && mirrors[number] == nil, "a peer number was used twice")
    guard let relayPeer = relay.addPeer(media, isMirror: true, group: room.value, now: now) else {
      return
    }
    mirrors[number] = Mirror(room: room, relayPeer: relayPeer, worker: worker)
    mirrorNumbers[relayPeer] = number
  }

  /// Ends a mirror; false where there is none of that number.
  mutating func forgetMirror(_ number: PeerNumber, now: Instant) -> Bool {
    guard let mirror = mirrors.removeValue(forKey: number) else { return false }
    mirrorNumbers[mirror.relayPeer] = nil
    relay.removePeer(mirror.relayPeer, now: now)
    return true
  }

  /// Who a handle of the relay stands for, and in which room: a peer or a mirror.
  func person(_ relayPeer: Handle) -> (number: PeerNumber, room: RoomNumber)? {
    if let number = mirrorNumbers[relayPeer] { return mirrors[number].map { (number, $0.room) } }
    return path.peer(of: relayPeer).map { (path.peers[$0].number, path.peers[$0].room) }
  }

  /// The relay's handle of a peer or a mirror, and its room.
  func relayPeer(of number: PeerNumber) -> (handle: Handle, room: RoomNumber)? {
    if let peer = byNumber[number] { return (path.peers[peer].relayPeer, path.peers[peer].room) }
    return mirrors[number].map { ($0.relayPeer, $0.room) }
  }
}
