import Primitives
import Relay
import Transport
import Wire

extension Worker {
  /// Takes in datagrams that came together from one sender: all have `segmentBytes` but the last,
  /// which may have fewer. They are copied.
  ///
  /// Returns how many bytes it has taken. Where that is not all, the batch is to be flushed before
  /// the rest is handed over again.
  public mutating func receive(
    _ message: UnsafeRawBufferPointer, segmentBytes: Int, from address: NetworkAddress,
    now: Instant
  ) -> Int {
    precondition(segmentBytes > 0 || message.isEmpty)
    guard !message.isEmpty else {
      counters.received += 1
      counters.drop(.badLength)
      return 0
    }
    var taken = 0
    // What the datagrams of one address change is only where later ones of it go.
    var holder = byAddress[address]
    while taken < message.count {
      if relay.mustForward, !relay.forward(now: now, pool: pool, sink: &path) { return taken }
      if batch.wantsFlush { return taken }
      let end = min(taken + segmentBytes, message.count)
      let datagram = UnsafeRawBufferPointer(rebasing: message[taken..<end])
      let hasChanged = receive(datagram, from: address, of: holder, now: now)
      if hasChanged { holder = byAddress[address] }
      taken = end
    }
    return taken
  }

  /// Takes in one datagram; `holder` is the peer that its address belongs to. Whether more may have
  /// come of it than a packet for the relay: the address may have another holder now.
  private mutating func receive(
    _ datagram: UnsafeRawBufferPointer, from address: NetworkAddress, of holder: Handle?,
    now: Instant
  ) -> Bool {
    counters.received += 1
    guard datagram.count <= Limits.datagramBytes else {
      counters.drop(.badLength)
      return false
    }
    guard let peer = peer(for: datagram, holder: holder) else {
      counters.drop(.unknownSender)
      return false
    }
    counters.accepted += 1
    let packet = pool.advance()
    let slot = pool.slot(packet)
    slot.copyMemory(from: datagram)
    let received = path.peers[peer].transport.receive(
      slot, length: datagram.count, from: address, now: now)
    switch received {
    case .nothing: counters.handled += 1
    case .rtp(let clearLength):
      counters.packets += 1
      let accepted = relay.receiveRTP(
        from: path.peers[peer].relayPeer, packet, length: clearLength, pool: pool, now: now)
      if let accepted, path.peers[peer].isShared {
        cross(.rtp(accepted), of: peer, packet, length: accepted.length)
      }
      // A packet alone moves no deadline closer.
      guard path.peers[peer].transport.hasOutput else { return false }
    case .rtcp(let clearLength):
      receiveReport(
        UnsafeRawBufferPointer(rebasing: slot[..<clearLength]), from: peer, now: now)
      if path.peers[peer].isShared, path.peers[peer].transport.isMediaAdmitted {
        cross(.rtcp, of: peer, packet, length: clearLength)
      }
    case .dropped(let reason): counters.drop(reason)
    }
    drain(peer, now: now)
    if received == .nothing { claim(address, for: peer) }
    return true
  }

  /// Ends a turn: packets that are due go out, what else is due by `now` is done, and what the
  /// relay has noticed is told. False where the batch has to be flushed before all is done: then
  /// call again.
  public mutating func endTurn(now: Instant) -> Bool {
    guard relay.forward(now: now, pool: pool, sink: &path) else { return false }
    while let (holder, deadline) = deadlines.earliest, deadline <= now {
      if batch.wantsFlush { return false }
      guard let peer = path.peers.handle(at: holder) else {
        deadlines.set(holder, to: nil)
        continue
      }
      path.peers[peer].transport.handleDeadline(now: now)
      deadlines.set(holder, to: nil)
      drain(peer, now: now)
    }
    if let due = relay.nextDeadline, due <= now {
      if batch.wantsFlush { return false }
      guard relay.handleDeadline(now: now, sink: &path) else { return false }
    }
    while let event = relay.poll() {
      switch event {
      case .speakers(let peers): tellSpeakers(peers)
      case .keyFrameWanted(let mirror, let source, let layer):
        requestKeyFrame(of: mirror, source, layer: layer)
      }
    }
    return true
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
      guard let (number, room) = person(relayPeer) else { continue }
      byRoom[room, default: []].append(number)
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
  private func peer(for datagram: UnsafeRawBufferPointer, holder: Handle?) -> Handle? {
    if DatagramKind(datagram.bytes) == .stun,
      let fragment = PeerTransport.usernameFragment(ofBindingRequest: datagram.bytes)
    {
      return byFragment[fragment]
    }
    return holder
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

  /// Tells the relay whether its packets can go to a peer.
  mutating func noteReach(of peer: Handle, now: Instant) {
    relay.setReachable(
      path.peers[peer].relayPeer, path.peers[peer].mediaAddress != nil, now: now)
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
      case .connected:
        if path.peers[peer].isConnecting { connectingCount -= 1 }
        path.peers[peer].isConnecting = false
        noteReach(of: peer, now: now)
        emit(.peerConnected(number))
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
