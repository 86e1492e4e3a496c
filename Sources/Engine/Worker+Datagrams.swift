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
    switch path.peers[peer].transport.receive(slot, length: length, from: address, now: now) {
    case .rtp(let clearLength):
      relay.receiveRTP(
        from: path.peers[peer].relayPeer, packet, length: clearLength, pool: pool, now: now,
        sink: &path)
    case .rtcp(let clearLength):
      let bytes = UnsafeRawBufferPointer(rebasing: slot[..<clearLength])
      relay.receiveRTCP(
        from: path.peers[peer].relayPeer, bytes.bytes, pool: pool, now: now, sink: &path)
    case .nothing, .dropped: break
    }
    drain(peer, now: now)
  }

  /// Ends a turn: what is due by `now` is done, and what the relay has noticed is told.
  public mutating func endTurn(now: Instant) {
    while let (holder, deadline) = deadlines.earliest, deadline <= now {
      guard let peer = path.peers.handle(at: holder) else {
        deadlines.set(holder, to: nil)
        continue
      }
      path.peers[peer].transport.handleDeadline(now: now)
      deadlines.set(holder, to: nil)
      drain(peer, now: now)
    }
    if let due = relay.nextDeadline, due <= now {
      relay.handleDeadline(now: now, pool: pool, sink: &path)
    }
    while let event = relay.poll() {
      switch event {
      case .speakers(let peers): tellSpeakers(peers)
      }
    }
  }

  /// The relay listens to all peers at once; each room hears of its own speakers.
  private mutating func tellSpeakers(_ relayPeers: [Handle]) {
    var byRoom: [RoomNumber: [PeerNumber]] = [:]
    for relayPeer in relayPeers {
      guard let peer = path.peerOfRelay[Int(relayPeer.index)] else { continue }
      byRoom[path.peers[peer].room, default: []].append(path.peers[peer].number)
    }
    for room in Set(speakers.keys).union(byRoom.keys).sorted() where speakers[room] != byRoom[room]
    {
      emit(.speakers(room, byRoom[room] ?? []))
    }
    speakers = byRoom
  }

  /// When `endTurn` must be called at the latest.
  public var nextDeadline: Instant? { earliest(deadlines.earliest?.deadline, relay.nextDeadline) }

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

  private mutating func bind(_ address: NetworkAddress, to peer: Handle) {
    if let former = byAddress[address], former != peer { unbind(address, from: former) }
    byAddress[address] = peer
    path.peers[peer].addresses.append(address)
  }

  private mutating func unbind(_ address: NetworkAddress, from peer: Handle) {
    guard byAddress[address] == peer else { return }
    byAddress[address] = nil
    path.peers[peer].addresses.removeAll { $0 == address }
  }

  /// Carries out what the peer's transport wants, and files its deadline.
  mutating func drain(_ peer: Handle, now: Instant) {
    let number = path.peers[peer].number
    while let output = path.peers[peer].transport.poll() {
      switch output {
      case .transmit(let datagram, let address): path.batch.append(datagram, to: address)
      case .bound(let address): bind(address, to: peer)
      case .unbound(let address): unbind(address, from: peer)
      case .connected: emit(.peerConnected(number))
      case .silent: emit(.peerSilent(number))
      case .heard: emit(.peerHeard(number))
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
