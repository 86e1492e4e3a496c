import Primitives
import Signaling
import Visits
import Wire

/// One participant's peer connection, as the control plane knows it.
struct Peer: Sendable {
  /// How far it has come.
  enum State: Equatable {
    /// The worker has been told, and has not answered: so neither has the client been.
    case registering
    /// Registered; ICE or DTLS are not up yet.
    case connecting
    /// Media can flow.
    case connected
    /// Nothing has been heard for a while.
    case silent
    /// Over: the client has to make a new one.
    case closed
  }

  let number: PeerNumber
  let participant: ParticipantID
  let visit: VisitID
  /// The worker that has its transport.
  let worker: Int
  /// The other workers, in order, that have a mirror of it.
  var mirrors: [Int] = []
  /// What has been agreed with the client.
  var negotiator: MediaNegotiator
  /// The newest answer; sent when the worker has registered the peer.
  var answer: MediaNegotiator.Answer
  /// Whom the first answer is for, until it is sent.
  var reply: PendingReply?
  var state = State.registering
  /// Who sits where for this viewer.
  var seating: Seating
  /// Whether the worker lets the peer's media through.
  var isAdmitted = false
  /// Which sources the worker forwards.
  var openSources: Set<MediaSource> = []

  /// Whether the worker knows it and its transport can carry media, now or soon.
  var isUsable: Bool { state != .registering && state != .closed }

  /// Whether the client has agreed to send a screen.
  var offersScreen: Bool { answer.media.publish.contains { $0.source == .screen } }
}
