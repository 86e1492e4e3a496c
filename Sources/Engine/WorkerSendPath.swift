import Primitives
import Relay
import Transport

/// One peer on a worker: its transport, and its place in the relay.
///
/// What each packet to it needs stands first, so that little has to be brought near for it.
struct WorkerPeer: ~Copyable {
  private let place = InPlace()
  /// Up to where that is.
  static let bytesForPacket =
    MemoryLayout<OutgoingBatch.MessageReference>.stride + PeerTransport.bytesForPacket

  /// What of the batch goes to it, as far as more can join.
  var message = OutgoingBatch.MessageReference()
  var transport: PeerTransport
  let number: PeerNumber
  let room: RoomNumber
  let relayPeer: Handle
  /// The local username fragment that its checks carry.
  var fragment: String
  /// The one before an ICE restart, good until a check with the new one has come.
  var previousFragment: String?
  /// Remote addresses that its transport has bound.
  var addresses: [NetworkAddress] = []
  /// The other workers that have a mirror of it.
  var sharedWith: [Int] = []
  /// Whether its transport is not up yet.
  var isConnecting = true
  /// Whether nothing authenticated has come for some seconds.
  var isSilent = false

  /// Whether another worker has a mirror of it.
  var isShared: Bool { !sharedWith.isEmpty }

  /// Where the relay's packets go; nil while the peer is not connected or not admitted.
  var mediaAddress: NetworkAddress? {
    transport.isMediaAdmitted ? transport.remoteAddress : nil
  }
}

/// The way out of a worker: the relay's clear packets are protected in place by the receiver's
/// transport and gathered in the batch.
struct WorkerSendPath: PacketSink, ~Copyable {
  private let place = InPlace()
  var peers: SlotTable<WorkerPeer>
  var batch: OutgoingBatch
  /// What became of the relay's packets.
  private(set) var counters = SendCounters()
  /// Relay handle's index → worker handle.
  private var peerOfRelay: [Handle?]
  /// The peer that the relay has turned to, and where its packets go.
  private var receiver: (peer: Handle, address: NetworkAddress)?

  /// Reserves room for `capacity` peers; the relay has `relayPeers`.
  init(capacity: Int, relayPeers: Int) {
    peers = SlotTable(capacity: capacity)
    batch = OutgoingBatch()
    peerOfRelay = Array(repeating: nil, count: relayPeers)
  }

  /// Sends what the relay has for `relayPeer` to a peer from now on; nil where it is gone.
  mutating func route(_ relayPeer: Handle, to peer: Handle?) {
    peerOfRelay[Int(relayPeer.index)] = peer
  }

  var wantsFlush: Bool { batch.wantsFlush }

  /// False where the peer's transport is not up or not admitted.
  mutating func turn(to relayPeer: Handle) -> Bool {
    guard let peer = peer(of: relayPeer), let address = peers[peer].mediaAddress else {
      receiver = nil
      return false
    }
    receiver = (peer, address)
    return true
  }

  /// First the peer itself, then what its transport keeps elsewhere.
  func prefetch(_ relayPeer: Handle, _ step: PrefetchStep) {
    guard let peer = peer(of: relayPeer) else { return }
    switch step {
    case .itself: peers.prefetch(peer, bytes: WorkerPeer.bytesForPacket)
    case .whatItNames: if peers.contains(peer) { peers[peer].transport.prefetchKeys() }
    }
  }

  /// Room for a packet to the peer that was turned to.
  mutating func openSlot() -> UnsafeMutableRawBufferPointer? { batch.open() }

  /// Protects the packet in the slot that was just opened and makes it part of the batch.
  mutating func sendRTP(_ packet: ClearPacket) {
    guard let (peer, address) = receiver,
      let total = peers[peer].transport.protectRTP(
        batch.opened, length: packet.length, headerLength: packet.headerLength,
        index: packet.index, rest: packet.rest)
    else {
      counters.unprotectedPackets += 1
      return
    }
    batch.commit(length: total, to: address, joining: &peers[peer].message)
    counters.packets += 1
  }

  /// Protects a compound and makes it part of the batch; a peer that is not admitted gets none.
  mutating func sendRTCP(to relayPeer: Handle, _ packet: [UInt8]) {
    var bytes = packet
    guard let peer = peer(of: relayPeer), let address = peers[peer].mediaAddress,
      peers[peer].transport.protectRTCP(&bytes)
    else {
      counters.unsentReports += 1
      return
    }
    batch.append(bytes, to: address)
    counters.reports += 1
  }

  /// The peer that a handle of the relay stands for.
  func peer(of relayPeer: Handle) -> Handle? { peerOfRelay[Int(relayPeer.index)] }
}
