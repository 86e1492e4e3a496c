import Primitives
import Relay
import Transport

/// One peer on a worker: its transport, and its place in the relay.
struct WorkerPeer: ~Copyable {
  let number: PeerNumber
  let room: RoomNumber
  let relayPeer: Handle
  var transport: PeerTransport
  /// The local username fragments that its checks may carry: two during an ICE restart.
  var fragments: [String]
  /// Remote addresses that are bound to it in the worker's table.
  var addresses: [NetworkAddress] = []
}

/// The way out of a worker: the relay's clear packets are protected in place by the receiver's
/// transport and gathered in the batch.
struct WorkerSendPath: PacketSink, ~Copyable {
  var peers: SlotTable<WorkerPeer>
  var batch = OutgoingBatch()
  /// Relay handle's index → worker handle.
  var peerOfRelay: [Handle?]
  /// Packets that the relay gave and that went into the batch.
  var sent: UInt64 = 0
  /// Packets that the relay gave and that a transport could not protect.
  var unprotected: UInt64 = 0

  init(capacity: Int) {
    peers = SlotTable(capacity: capacity)
    peerOfRelay = Array(repeating: nil, count: capacity)
  }

  /// Room for a packet to the peer, or nil where its transport is not up or not admitted.
  mutating func openSlot(for peer: Handle) -> UnsafeMutableRawBufferPointer? {
    guard let handle = peerOfRelay[Int(peer.index)], peers[handle].transport.isMediaAdmitted,
      peers[handle].transport.remoteAddress != nil
    else { return nil }
    return batch.open()
  }

  /// Protects the packet in the slot that was just opened and makes it part of the batch.
  mutating func sendRTP(to peer: Handle, length: Int, headerLength: Int, index: UInt64) {
    guard let handle = peerOfRelay[Int(peer.index)], let slot = batch.open(),
      let address = peers[handle].transport.remoteAddress,
      let total = peers[handle].transport.protectRTP(
        slot, length: length, headerLength: headerLength, index: index)
    else {
      unprotected += 1
      return
    }
    batch.commit(length: total, to: address)
    sent += 1
  }

  /// Protects a compound and makes it part of the batch; a transport that is not up gets none.
  mutating func sendRTCP(to peer: Handle, _ packet: [UInt8]) {
    guard let handle = peerOfRelay[Int(peer.index)],
      let address = peers[handle].transport.remoteAddress
    else { return }
    var bytes = packet
    guard peers[handle].transport.protectRTCP(&bytes) else {
      unprotected += 1
      return
    }
    batch.append(bytes, to: address)
  }
}
