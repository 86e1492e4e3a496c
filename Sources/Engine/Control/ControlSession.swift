import Primitives
import Signaling
import Visits

/// A connection, before and after a session was opened on it.
struct ControlConnection: Sendable {
  let origin: ConnectionOrigin
  var session: SessionID?
  var bucket: TokenBucket
}

/// One person's session: who it is, its line of notifications, and what its client was told.
struct ControlSession: Sendable {
  /// The numbered notifications.
  var signaling: SignalingSession
  /// Who it is. The participant is set as soon as a join has been decided.
  var identity: Identity
  /// The visit that it is about: from the token or the link, or chosen by starting its call.
  var visit: VisitID?
  /// What the client was told last; what differs from it becomes notifications.
  var shown = CallView()
  /// What the viewer wants to see first.
  var pins: [Pin] = []
  /// What the client says about itself.
  var client: ClientDescription
  /// When it ends at the latest, where its token says so.
  var ends: Instant?

  init(
    _ id: SessionID, on connection: ConnectionID, identity: Identity, client: ClientDescription
  ) {
    signaling = SignalingSession(id: id, connection: connection)
    self.identity = identity
    self.client = client
    visit = identity.visit
  }
}

/// An answer that waits until something is on disk.
enum PendingAnswer: Sendable {
  /// To a session's request.
  case session(PendingReply)
  /// To a request of the HTTP API.
  case exchange(PendingExchange)
}

/// A request whose answer has to wait.
struct PendingReply: Sendable {
  /// What the answer will say; its content is read when it is given.
  enum Answer: Sendable {
    case done
    /// Where the person is now, with a snapshot.
    case joined
    case admitted([ParticipantID])
    case muted(ParticipantID)
  }

  let connection: ConnectionID
  let session: SessionID
  /// What the answer names; nil: a notification, which gets none.
  let request: RequestID?
  var answer: Answer
}

/// What the control plane keeps about a visit that somebody has a session for.
struct Attendance: Sendable {
  /// The sessions, in the order in which they were opened.
  var sessions: [SessionID] = []
  /// The peer connections, oldest first.
  var peers: [PeerNumber] = []
  /// The worker that the visit's media is on, and the room there, from the first transport on.
  var place: (worker: Int, room: RoomNumber)?
  /// Who is speaking, loudest first.
  var speakers: [PeerNumber] = []
}
