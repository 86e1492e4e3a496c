import Engine
import PeerClient
import Primitives
import Transport
import Wire

/// A picture or a sound that came out at a client.
struct Sighting {
  var at: Instant
  var kind: MediaKind
  var seat: Int
  var timestamp: UInt32
  /// Whose it is, by its mark.
  var publisher: UInt32
}

/// A client, its address on the network, and what it has seen.
final class BenchClient {
  let number: PeerNumber
  let room: RoomNumber
  var address: NetworkAddress
  var peer: PeerClient
  /// What the client was made with.
  let random: RandomSource
  /// The share of the media to it that gets lost, beside what all lose.
  var loss = 0.0
  /// What it agreed on.
  var media: MediaPlan?
  var isConnected = false
  var isConnectedAtWorker = false
  var closeReason: TransportCloseReason?
  var sightings: [Sighting] = []
  /// RTP datagrams that the worker sent to it, lost ones included.
  var packetsSentTo = 0

  init(
    number: PeerNumber, room: RoomNumber, address: NetworkAddress, peer: consuming PeerClient,
    random: RandomSource
  ) {
    self.number = number
    self.room = room
    self.address = address
    self.peer = peer
    self.random = random
  }

  /// The publisher in the marks of its media.
  var publisher: UInt32 { UInt32(number.value) }

  /// How much of a kind has come from somebody.
  func count(_ kind: MediaKind, from other: BenchClient) -> Int {
    sightings.count { $0.kind == kind && $0.publisher == other.publisher }
  }

  /// Whether it has both sound and pictures of somebody.
  func perceives(_ other: BenchClient) -> Bool {
    count(.audio, from: other) > 0 && count(.video, from: other) > 0
  }
}
