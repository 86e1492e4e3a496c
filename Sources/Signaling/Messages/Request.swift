import Primitives
import Visits
import Wire

/// What a client asks for, with its arguments read and checked for form. Who asks is not part of
/// it: that comes from the session.
public enum Request: Equatable, Sendable {
  case openSession(SessionOpening)
  /// Staff starts the call of a visit; nil: of the visit that the session is for.
  case startCall(VisitID?)
  /// Into the call or its lobby; nil: of the visit that the session is for.
  case joinCall(VisitID?)
  case leaveCall
  case endCall
  case acceptCall
  case declineCall
  case admit(ParticipantID)
  case admitAll
  case deny(ParticipantID)
  case hold(ParticipantID)
  case remove(ParticipantID)
  case mute(ParticipantID, Bool)
  case updateSelf(SelfUpdate)
  case setPins([Pin])
  case negotiate(MediaOffer)
  case acknowledgeSeats([SeatAcknowledgement])
}

/// How a session is to be opened.
public struct SessionOpening: Equatable, Sendable {
  /// What proves who it is.
  public enum Credential: Equatable, Sendable {
    /// A token from the clinic's back end.
    case token(Redacted<String>)
    /// The secret of a link, and the name that a guest gives at the door.
    case invite(Redacted<String>, name: Redacted<String>?)
    /// An earlier session is continued; `sequence` is the last notification that arrived.
    case resume(session: SessionID, secret: Redacted<String>, sequence: UInt64)
  }

  /// What proves who it is.
  public var credential: Credential
  /// What the client says about itself.
  public var client: ClientDescription
}

/// What a client says about itself: for logs and for choosing words, never for permissions alone.
public struct ClientDescription: Equatable, Sendable {
  /// What it runs on.
  public enum Device: String, Sendable, CaseIterable {
    case computer
    case phone
    case tablet
  }

  /// The client's name, at most 64 bytes.
  public var name: String?
  /// Its version, at most 64 bytes.
  public var version: String?
  /// What it runs on.
  public var device: Device = .computer
  /// The language tag of its pages (BCP 47), at most 35 bytes.
  public var language: String?

  /// A client that says nothing.
  public init() {}
}

/// One thing that a viewer wants to see before all others.
public struct Pin: Hashable, Sendable {
  /// Whom.
  public var participant: ParticipantID
  /// Their camera or their screen.
  public var source: MediaSource

  /// Joins the two.
  public init(participant: ParticipantID, source: MediaSource) {
    self.participant = participant
    self.source = source
  }
}

/// An offer, and what its media sections are for.
public struct MediaOffer: Equatable, Sendable {
  /// The session description.
  public var offer: String
  /// What the client sends.
  public var tracks: [MediaNegotiator.TrackRequest]
  /// Where it receives, in the order in which seats are numbered.
  public var seats: [MediaNegotiator.SeatRequest]
}

/// The client has blanked the seat: nothing that was shown there before is shown any more.
public struct SeatAcknowledgement: Hashable, Sendable {
  /// The seat.
  public var seat: Int
  /// The change that is acknowledged.
  public var epoch: UInt64

  /// Joins the two.
  public init(seat: Int, epoch: UInt64) {
    self.seat = seat
    self.epoch = epoch
  }
}
