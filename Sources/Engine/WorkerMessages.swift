import Primitives
import Wire

/// Names a peer (one participant's transport and media) between the control plane and a worker.
///
/// The control plane counts them up from 1 and never uses one again, so that a late message about
/// a peer that is gone finds nothing.
public struct PeerNumber: Hashable, Comparable, BitwiseCopyable, Sendable {
  /// The number.
  public let value: UInt64

  /// Wraps a number.
  public init(_ value: UInt64) { self.value = value }

  /// Whether `left` was made first.
  public static func < (left: PeerNumber, right: PeerNumber) -> Bool { left.value < right.value }
}

/// Names the peers that are in one call, for what concerns them together: who is speaking.
public struct RoomNumber: Hashable, Comparable, Sendable {
  /// The number; the control plane never uses one again.
  public let value: UInt64

  /// Wraps a number.
  public init(_ value: UInt64) { self.value = value }

  /// Whether `left` was made first.
  public static func < (left: RoomNumber, right: RoomNumber) -> Bool { left.value < right.value }
}

/// Who sits on a seat, as the control plane decided.
public struct SeatAssignment: Hashable, Sendable {
  /// The seat's index in the viewer's media plan.
  public var seat: Int
  /// The viewer's count of changes of this seat; grows with each.
  public var epoch: UInt64
  /// The publisher whose sources of the seat's kind are sent here, or nil to leave it empty.
  public var occupant: PeerNumber?

  /// Joins the parts.
  public init(seat: Int, epoch: UInt64, occupant: PeerNumber?) {
    self.seat = seat
    self.epoch = epoch
    self.occupant = occupant
  }
}

/// What the control plane tells a worker.
public enum WorkerCommand: Equatable, Sendable {
  /// A peer may connect: answered by `peerRegistered`. Its media stays closed until admitted.
  case register(PeerNumber, room: RoomNumber, transport: TransportPlan, media: MediaPlan)
  /// The peer's media plan after a later offer: seats and sections are only added.
  case updateMedia(PeerNumber, MediaPlan)
  /// ICE restart: new credentials, the old ones good until the first check with the new.
  case restart(PeerNumber, TransportPlan)
  /// Opens or closes the peer's media: a peer that is not admitted has its RTP dropped before
  /// decryption, and gets none.
  case admit(PeerNumber, Bool)
  /// Which of the peer's sources are forwarded; the others are dropped in the relay.
  case openSources(PeerNumber, Set<MediaSource>)
  /// Puts a publisher of the same room on a viewer's seat, or empties it: answered by `seated`.
  case seat(PeerNumber, SeatAssignment)
  /// No higher simulcast layer is sent on a viewer's seat than this, 0 the lowest.
  case limitLayers(PeerNumber, seat: Int, most: UInt8)
  /// The peer's packets are handed to these other workers from now on, and to no others.
  case share(PeerNumber, with: [Int])
  /// A publisher of the room has its transport on another worker, which hands over its packets:
  /// it can be seated here. It has no source open yet.
  case mirror(PeerNumber, room: RoomNumber, on: Int, media: MediaPlan)
  /// Forgets the peer and all routes to and from it, with a close_notify; or the mirror.
  case remove(PeerNumber)
}

/// What a worker tells the control plane.
public enum WorkerEvent: Equatable, Sendable {
  /// The peer's transport exists: its first check will be answered.
  case peerRegistered(PeerNumber)
  /// The worker is full; the peer does not exist.
  case peerRefused(PeerNumber)
  /// ICE and DTLS are up.
  case peerConnected(PeerNumber)
  /// Nothing authenticated has come for 5 s; media may come back by itself.
  case peerSilent(PeerNumber)
  /// A silent peer was heard again.
  case peerHeard(PeerNumber)
  /// The transport is over: consent expired, or closed by the other side.
  case peerClosed(PeerNumber, reason: String)
  /// The seat has changed: frames of the new occupant have at least these output RTP timestamps
  /// (modulo 2^32); nothing of the old one is sent any more.
  case seated(PeerNumber, SeatAssignment, audioFrom: UInt32, videoFrom: UInt32)
  /// Who in the room has been speaking in the last moments, loudest first; sent when it changes.
  case speakers(RoomNumber, [PeerNumber])
  /// The worker takes no further peers for now, or takes them again.
  case loadChanged(isFull: Bool)
}

extension WorkerCommand: CustomStringConvertible {
  /// The command on one line, without credentials: for traces.
  public var description: String {
    switch self {
    case .register(let peer, let room, _, let media):
      "register \(peer.value) in room \(room.value), \(media.seats.count) seats"
    case .updateMedia(let peer, let media): "update \(peer.value), \(media.seats.count) seats"
    case .restart(let peer, _): "restart \(peer.value)"
    case .admit(let peer, let isAdmitted): "admit \(peer.value) \(isAdmitted)"
    case .openSources(let peer, let sources):
      "open \(peer.value) \(sources.map(\.rawValue).sorted().joined(separator: " "))"
    case .seat(let peer, let seat): "seat \(peer.value) \(seat)"
    case .limitLayers(let peer, let seat, let most):
      "limit \(peer.value) seat \(seat) to layer \(most)"
    case .share(let peer, let workers): "share \(peer.value) with \(workers)"
    case .mirror(let peer, let room, let worker, _):
      "mirror \(peer.value) on \(worker) in room \(room.value)"
    case .remove(let peer): "remove \(peer.value)"
    }
  }
}

extension SeatAssignment: CustomStringConvertible {
  /// Seat, epoch and occupant.
  public var description: String {
    "\(seat) epoch \(epoch) occupant \(occupant.map { String($0.value) } ?? "none")"
  }
}
