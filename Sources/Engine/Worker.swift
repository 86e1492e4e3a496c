import Primitives
import Relay
import Security
import Transport
import Wire

/// The media plane of one core: peers' transports around one relay, without I/O and without a
/// clock.
///
/// The driver hands what it receives to `receive(_:segmentBytes:from:now:)`, and calls
/// `endTurn(now:)` when it has no more; then it sends the batch, and takes the events and what is
/// for other workers. It sends the batch earlier whenever one of the two says that there is more to
/// do. Nothing here is shared with another thread: a call with more people than one worker carries
/// is on several, and what they owe each other is handed over (`Crossing`).
public struct Worker: ~Copyable {
  private let place = InPlace()
  /// Datagrams that wait to be sent.
  public var batch: OutgoingBatch {
    _read { yield path.batch }
    _modify { yield &path.batch }
  }
  /// What happened to every datagram that came in.
  public internal(set) var counters = WorkerCounters()
  /// What happened to all that the relay sent.
  public var sendCounters: SendCounters { path.counters }
  /// What happened to every packet in the relay.
  public var relayCounters: RelayCounters { relay.counters }

  /// Whether it works to capacity: no further peer is taken, so that those it has keep their
  /// quality.
  public private(set) var isFull = false

  var pool: PacketPool
  var relay: Relay
  var path: WorkerSendPath
  var byNumber: [PeerNumber: Handle] = [:]
  var mirrors: [PeerNumber: Mirror] = [:]
  /// Whom the relay's handles of mirrors stand for.
  var mirrorNumbers: [Handle: PeerNumber] = [:]
  /// What other workers are to be given at the end of the turn.
  var crossings: [WaitingCrossing] = []
  var byAddress: [NetworkAddress: Handle] = [:]
  var byFragment: [String: Handle] = [:]
  var deadlines: DeadlineQueue
  var speakers: [RoomNumber: [PeerNumber]] = [:]
  private var events: [WorkerEvent] = []
  private var nextEvent = 0
  private var random: RandomSource
  private let certificate: Certificate
  private let profiles: [SRTPProfile]

  /// How large a worker is made.
  public struct Sizes: Sendable {
    /// Peers that fit.
    public var peers = Limits.peersPerWorker
    /// Publishers on other workers that fit beside them.
    public var mirrors = Limits.peersPerWorker
    /// Datagrams kept for retransmission: a power of two.
    public var packets = 8_192

    /// The sizes for a daemon.
    public init() {}
  }

  /// Makes a worker without peers; `profiles` are in the order of preference.
  public init(
    certificate: Certificate, profiles: [SRTPProfile],
    random: consuming RandomSource, sizes: Sizes = Sizes()
  ) {
    self.certificate = certificate
    self.profiles = profiles
    pool = PacketPool(capacity: sizes.packets)
    relay = Relay(random: random.fork(), peers: sizes.peers, mirrors: sizes.mirrors)
    path = WorkerSendPath(capacity: sizes.peers, relayPeers: sizes.peers + sizes.mirrors)
    deadlines = DeadlineQueue(capacity: sizes.peers)
    self.random = random
  }

  /// Carries out one command of the control plane. A command about a peer that is gone does
  /// nothing: the two planes learn of an end at different times.
  public mutating func receive(_ command: WorkerCommand, now: Instant) {
    switch command {
    case .register(let number, let room, let transport, let media):
      register(number, room, transport, media, now: now)
    case .updateMedia(let number, let media):
      guard let (peer, _) = relayPeer(of: number) else { return }
      relay.updatePeer(peer, plan: media)
    case .restart(let number, let plan):
      guard let peer = byNumber[number] else { return }
      restart(peer, plan, now: now)
    case .admit(let number, let isAdmitted):
      guard let peer = byNumber[number] else { return }
      path.peers[peer].transport.isMediaAdmitted = isAdmitted
      noteReach(of: peer, now: now)
    case .openSources(let number, let sources):
      guard let (peer, _) = relayPeer(of: number) else { return }
      relay.openSources(peer, sources)
    case .seat(let number, let assignment):
      seat(number, assignment, now: now)
    case .limitLayers(let number, let seat, let most):
      guard let peer = byNumber[number] else { return }
      relay.limitLayers(path.peers[peer].relayPeer, seat: seat, to: most, now: now)
    case .share(let number, let workers): share(number, with: workers)
    case .mirror(let number, let room, let worker, let media):
      mirror(number, room, on: worker, media, now: now)
    case .remove(let number):
      guard !forgetMirror(number, now: now), let peer = byNumber[number] else { return }
      path.peers[peer].transport.close(now: now)
      drain(peer, now: now)
      forget(peer, now: now)
    }
  }

  /// The next thing to tell the control plane.
  public mutating func pollEvent() -> WorkerEvent? {
    guard nextEvent < events.count else {
      events.removeAll(keepingCapacity: true)
      nextEvent = 0
      return nil
    }
    defer { nextEvent += 1 }
    return events[nextEvent]
  }

  /// Takes in how much of its thread's time the worker uses, 0...100.
  public mutating func noteLoad(percent: Int) {
    let wasFull = isFull
    isFull =
      percent >= (isFull ? Limits.relievedWorkerPercent : Limits.fullWorkerPercent)
    if isFull != wasFull { emit(.loadChanged(isFull: isFull)) }
  }

  /// When packets that wait for the rest of their frame go out at the latest; nil where none do.
  public var gatheringUntil: Instant? { relay.gatheringUntil }

  /// How many peers are connecting: each waits for an answer, several times.
  public internal(set) var connectingCount = 0

  /// How many peers there are.
  public var peerCount: Int { path.peers.count }

  mutating func emit(_ event: WorkerEvent) { events.append(event) }

  // MARK: Peers

  private mutating func register(
    _ number: PeerNumber, _ room: RoomNumber, _ plan: TransportPlan, _ media: MediaPlan,
    now: Instant
  ) {
    precondition(byNumber[number] == nil, "a peer number was used twice")
    guard !isFull, let relayPeer = relay.addPeer(media, group: room.value, now: now)
    else {
      emit(.peerRefused(number))
      return
    }
    let transport = PeerTransport(
      plan: plan, certificate: certificate, profiles: profiles, now: now)
    let peer = WorkerPeer(
      transport: transport, number: number, room: room, relayPeer: relayPeer,
      fragment: plan.local.usernameFragment)
    guard let handle = path.peers.insert(peer) else {
      relay.removePeer(relayPeer, now: now)
      emit(.peerRefused(number))
      return
    }
    connectingCount += 1
    byNumber[number] = handle
    byFragment[plan.local.usernameFragment] = handle
    path.route(relayPeer, to: handle)
    emit(.peerRegistered(number))
    drain(handle, now: now)
  }

  /// Checks with the new username fragment find the peer, and for now those with the old one.
  private mutating func restart(_ peer: Handle, _ plan: TransportPlan, now: Instant) {
    if let outdated = path.peers[peer].previousFragment { release(outdated, of: peer) }
    path.peers[peer].previousFragment = path.peers[peer].fragment
    path.peers[peer].fragment = plan.local.usernameFragment
    byFragment[plan.local.usernameFragment] = peer
    path.peers[peer].transport.restart(plan, now: now)
    drain(peer, now: now)
  }

  private mutating func seat(_ viewer: PeerNumber, _ assignment: SeatAssignment, now: Instant) {
    guard let handle = byNumber[viewer] else { return }
    let (audioFrom, videoFrom) = relay.seat(
      path.peers[handle].relayPeer, seat: assignment.seat,
      occupant: assignment.occupant.flatMap { occupant($0, besides: handle) }, now: now)
    emit(.seated(viewer, assignment, audioFrom: audioFrom, videoFrom: videoFrom))
  }

  /// The relay's handle of somebody to be seated; nil where that one has just gone, of which the
  /// control plane will hear, or is in another room: nothing crosses from one call to another,
  /// whatever the control plane says.
  private func occupant(_ number: PeerNumber, besides viewer: Handle) -> Handle? {
    guard let (peer, room) = relayPeer(of: number), room == path.peers[viewer].room else {
      return nil
    }
    return peer
  }

  /// Ends a peer: its transport's last words must have been taken.
  mutating func forget(_ peer: Handle, now: Instant) {
    guard path.peers.contains(peer) else { return }
    let relayPeer = path.peers[peer].relayPeer
    if path.peers[peer].isConnecting { connectingCount -= 1 }
    relay.removePeer(relayPeer, now: now)
    path.route(relayPeer, to: nil)
    byNumber[path.peers[peer].number] = nil
    release(path.peers[peer].fragment, of: peer)
    if let previous = path.peers[peer].previousFragment { release(previous, of: peer) }
    for address in path.peers[peer].addresses where byAddress[address] == peer {
      byAddress[address] = nil
    }
    counters.keep(path.peers[peer].transport.counters)
    deadlines.set(Int(peer.index), to: nil)
    path.peers.remove(peer)
  }

  private mutating func release(_ fragment: String, of peer: Handle) {
    if byFragment[fragment] == peer { byFragment[fragment] = nil }
  }
}
