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
  /// The visit that it is about: from the token or the link, or chosen by entering its call.
  var visit: VisitID?
  /// What the client says about itself.
  var client: ClientDescription
  /// How long it lasts while the person is neither in a lobby nor in a call, where its token says
  /// so.
  let lifetime: Duration?
  /// When it was opened.
  let openedAt: Instant
  /// When its client last asked for something.
  var usedAt: Instant
  /// Until when it is for a rating and nothing else; nil: it is not.
  var ratingUntil: Instant?
  /// How many requests may still be sent; goes with the session from connection to connection.
  var bucket: TokenBucket
  /// How many requests wait for the disk.
  var waiting = 0

  /// What the client was told last; what differs from it becomes notifications.
  var shown = CallView()
  /// The visit as the client was told it last, where the session is about one.
  var shownVisit: JSON?
  /// What the viewer wants to see first.
  var pins: [Pin] = []
  /// How large the viewer shows its seats.
  var seatViews: [SeatView] = []
  /// The test of its connection that it runs.
  var probe: PeerNumber?
  /// The visit in which the person was rung last, where the session is for none.
  var rungIn: VisitID?
  /// What the client has measured in the call.
  var measured = MeasuredCall()

  init(
    _ id: SessionID, on connection: ConnectionID, bucket: TokenBucket, identity: Identity,
    lifetime: Duration?, client: ClientDescription, at now: Instant
  ) {
    signaling = SignalingSession(id: id, connection: connection)
    self.identity = identity
    self.lifetime = lifetime
    self.client = client
    self.bucket = bucket
    openedAt = now
    usedAt = now
    visit = identity.visit
  }

  /// Whether the session is over with the call: it came by a link, or by a token that gives it no
  /// time of its own.
  var endsWithCall: Bool {
    identity.role != .staff && lifetime == nil
  }
}

/// An answer that waits until something is on disk.
enum PendingAnswer: Sendable {
  /// To a session's request.
  case session(PendingReply)
  /// To a request of the HTTP API.
  case exchange(PendingExchange)

  /// What came with the request's idempotency key.
  var mark: RequestMark? { if case .exchange(let reply) = self { reply.mark } else { nil } }
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
    /// Who answers for the visit now.
    case responsible(VisitID)
    /// The visit as it is then.
    case visit(VisitID)
    /// The same, with what does not fit, and the links into it.
    case booked(VisitID)
    case invites([InviteOutcome], VisitID)
    case generalLink(VisitID)
    case chat(ChatMessageID)
    /// A rating is in: a session that was for it alone is over.
    case rated
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
  /// The worker that the visit's media is on as long as that has room, and the room's number on all
  /// workers, from the first transport on.
  var place: (worker: Int, room: RoomNumber)?
  /// Who is speaking, loudest first.
  var speakers: [PeerNumber] = []
  /// How good the connections of those in the call are, as far as they have reported it.
  var qualities: [ParticipantID: ConnectionQuality] = [:]
  /// Who is in the call, as those of each role see them, when that was last looked at.
  var rosters: [Role: Roster] = [:]
}
