import Primitives
import Relay
import Transport
import Wire

extension Worker {
  /// A slot to receive the next datagram into, and its name for `receive`.
  public mutating func nextSlot() -> (packet: PacketReference, bytes: UnsafeMutableRawBufferPointer)
  {
    let packet = pool.advance()
    return (packet, pool.slot(packet))
  }

  /// Takes in the datagram of `length` bytes that was received into a slot.
  public mutating func receive(
    _ packet: PacketReference, length: Int, from address: NetworkAddress, now: Instant
  ) {
    counters.received += 1
    guard length > 0, length <= Limits.datagramBytes else {
      counters.drop(.badLength)
      return
    }
    let slot = pool.slot(packet)
    guard let peer = peer(for: slot, length: length, from: address) else {
      counters.drop(.unknownSender)
      return
    }
    counters.accepted += 1
    let received = path.peers[peer].transport.receive(slot, length: length, from: address, now: now)
    switch received {
    case .nothing: counters.handled += 1
    case .rtp(let clearLength):
      counters.packets += 1
      relay.receiveRTP(
        from: path.peers[peer].relayPeer, packet, length: clearLength, pool: pool, now: now,
        sink: &path)
    case .rtcp(let clearLength):
      let bytes = UnsafeRawBufferPointer(rebasing: slot[..<clearLength])
      receiveReport(bytes, from: peer, now: now)
    case .dropped(let reason): counters.drop(reason)
    }
    drain(peer, now: now)
    if received == .nothing { claim(address, for: peer) }
  }

  /// Ends a turn: what is due by `now` is done, and what the relay has noticed is told. Where that
  /// would overflow the batch, the rest stays due.
  public mutating func endTurn(now: Instant) {
    while !batch.wantsFlush, let (holder, deadline) = deadlines.earliest, deadline <= now {
      guard let peer = path.peers.handle(at: holder) else {
        deadlines.set(holder, to: nil)
        continue
      }
      path.peers[peer].transport.handleDeadline(now: now)
      deadlines.set(holder, to: nil)
      drain(peer, now: now)
    }
    if !batch.wantsFlush, let due = relay.nextDeadline, due <= now {
      relay.handleDeadline(now: now, pool: pool, sink: &path)
    }
    while let event = relay.poll() {
      switch event {
      case .speakers(let peers): tellSpeakers(peers)
      }
    }
  }

  /// When `endTurn` must be called at the latest.
  public var nextDeadline: Instant? { earliest(deadlines.earliest?.deadline, relay.nextDeadline) }

  /// Somebody who waits in the lobby, or is on hold, has nothing to ask of anybody's media.
  private mutating func receiveReport(
    _ bytes: UnsafeRawBufferPointer, from peer: Handle, now: Instant
  ) {
    guard path.peers[peer].transport.isMediaAdmitted else {
      counters.reportsNotAdmitted += 1
      return
    }
    counters.reports += 1
    relay.receiveRTCP(
      from: path.peers[peer].relayPeer, bytes.bytes, pool: pool, now: now, sink: &path)
  }

  /// The relay listens to all peers at once; each room hears of its own speakers.
  private mutating func tellSpeakers(_ relayPeers: [Handle]) {
    var byRoom: [RoomNumber: [PeerNumber]] = [:]
    for relayPeer in relayPeers {
      guard let peer = path.peer(of: relayPeer) else { continue }
      byRoom[path.peers[peer].room, default: []].append(path.peers[peer].number)
    }
    let rooms = Set(speakers.keys).union(byRoom.keys).sorted()
    for room in rooms where speakers[room] != byRoom[room] {
      emit(.speakers(room, byRoom[room] ?? []))
    }
    speakers = byRoom
  }

  /// The peer that a datagram is for: a connectivity check by the username fragment that it
  /// names, since an address may have been another peer's before; all else by its address, which
  /// must have proved itself. Nothing else gets an answer.
  private func peer(
    for slot: UnsafeMutableRawBufferPointer, length: Int, from address: NetworkAddress
  ) -> Handle? {
    let bytes = UnsafeRawBufferPointer(rebasing: slot[..<length])
    if DatagramKind(bytes.bytes) == .stun,
      let fragment = PeerTransport.usernameFragment(ofBindingRequest: bytes.bytes)
    {
      return byFragment[fragment]
    }
    return byAddress[address]
  }

  /// Routes an address to a peer that has just proved itself there.
  ///
  /// A check proves who made it, but not where: its source address may be forged. So the address
  /// where another peer gets its media stays with that one for as long as it is heard.
  private mutating func claim(_ address: NetworkAddress, for peer: Handle) {
    let holder = byAddress[address]
    guard holder != peer, path.peers.contains(peer), path.peers[peer].addresses.contains(address)
    else { return }
    if let holder, !path.peers[holder].isSilent,
      path.peers[holder].transport.remoteAddress == address
    {
      return
    }
    byAddress[address] = peer
  }

  private mutating func unbind(_ address: NetworkAddress, from peer: Handle) {
    path.peers[peer].addresses.removeAll { $0 == address }
    if byAddress[address] == peer { byAddress[address] = nil }
  }

  /// Carries out what the peer's transport wants, and files its deadline.
  mutating func drain(_ peer: Handle, now: Instant) {
    let number = path.peers[peer].number
    while let output = path.peers[peer].transport.poll() {
      switch output {
      case .transmit(let datagram, let address):
        counters.transmitted += 1
        path.batch.append(datagram, to: address)
      case .bound(let address): path.peers[peer].addresses.append(address)
      case .unbound(let address): unbind(address, from: peer)
      case .connected: emit(.peerConnected(number))
      case .silent:
        path.peers[peer].isSilent = true
        emit(.peerSilent(number))
      case .heard:
        path.peers[peer].isSilent = false
        emit(.peerHeard(number))
      case .movedTo: counters.moves += 1
      case .closed(let reason):
        emit(.peerClosed(number, reason: reason.rawValue))
        forget(peer, now: now)
        return
      }
    }
    deadlines.lower(Int(peer.index), to: path.peers[peer].transport.nextDeadline)
  }
}
