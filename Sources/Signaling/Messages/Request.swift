import Primitives
import Visits
import Wire

/// What a client asks for, with its arguments read and checked for form. Who asks is not part of
/// it: that comes from the session.
///
/// Where a method is about a visit and does not name it, it means the one that the session is for.
public enum Request: Equatable, Sendable {
  case openSession(SessionOpening)
  case visit(VisitAction)
  case directory(DirectoryAction)
  case invite(InviteAction)
  case call(CallAction)
  case participant(ParticipantAction)
  case own(OwnAction)
  case media(MediaAction)
}

/// What is asked for about calls.
public enum CallAction: Equatable, Sendable {
  /// Staff starts the call of a visit.
  case start(VisitID?)
  /// Into the call or its lobby.
  case join(VisitID?, name: Redacted<String>?)
  case leave
  case end
  /// Rings a patient or proxy.
  case request(PersonID)
  /// Stops ringing them.
  case withdraw(PersonID)
  /// Comes, to the visit where the person is being rung.
  case accept(VisitID?)
  case decline(VisitID?)
}

/// What staff in the call does with somebody else.
public enum ParticipantAction: Equatable, Sendable {
  /// Lets one in; with the patient's agreement where that has been given.
  case admit(ParticipantID, agreedWithPatient: Bool)
  /// Lets all in who wait.
  case admitAll(agreedWithPatient: Bool)
  case deny(ParticipantID)
  case hold(ParticipantID)
  case remove(ParticipantID)
  case mute(ParticipantID, Bool)
}

/// What somebody does for themselves.
public enum OwnAction: Equatable, Sendable {
  case update(SelfUpdate)
  /// Shares a screen, with or without its sound.
  case startSharing(audio: Bool)
  case stopSharing
  case setPins([Pin])
  case setView([SeatView])
  case chat(Redacted<String>)
  case rate(Feedback)
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

/// How large a viewer shows one of its seats.
public struct SeatView: Hashable, Sendable {
  /// The seat.
  public var seat: Int
  /// Pixels; 0 by 0 for a seat that is not to be seen.
  public var maximumWidth: Int
  /// See `maximumWidth`.
  public var maximumHeight: Int
  /// Which seat suffers last where there is too little for all: the highest.
  public var priority: Int

  /// Joins the parts.
  public init(seat: Int, maximumWidth: Int, maximumHeight: Int, priority: Int) {
    self.seat = seat
    self.maximumWidth = maximumWidth
    self.maximumHeight = maximumHeight
    self.priority = priority
  }
}
