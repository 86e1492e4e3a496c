import Primitives

/// Something that has been decided: applying events in order is the only way that state changes.
public struct VisitEvent: Equatable, Sendable {
  /// What it happened to.
  public enum Subject: Hashable, Sendable {
    /// A clinic as a whole.
    case clinic(ClinicID)
    /// One visit.
    case visit(VisitID)
  }

  /// What it happened to.
  public let subject: Subject
  /// When it was decided. The record keeps civil time only; deadlines count from the instant,
  /// which after a restart is the moment of the restart.
  public let at: Moment
  /// Whose act it was.
  public let by: Author
  /// What happened.
  public let change: Change

  /// Joins the parts.
  public init(_ subject: Subject, at: Moment, by: Author, _ change: Change) {
    self.subject = subject
    self.at = at
    self.by = by
    self.change = change
  }

  /// The visit that it happened to, if to one.
  public var visit: VisitID? { if case .visit(let id) = subject { id } else { nil } }

  /// Whether the event is kept in the log. The others (own devices, connections) are gone with
  /// the process; replaying the log gives the state less these.
  public var isDurable: Bool { change.isDurable }

  /// Whether the event's effect waits until it is on disk. What takes access away does not wait.
  public var givesAccess: Bool { change.givesAccess }
}

/// What an event changes.
public enum Change: Equatable, Sendable {
  // MARK: Clinics
  /// A clinic is set up.
  case clinicCreated(name: String, settings: ClinicSettings)
  /// The clinic has decided otherwise.
  case settingsChanged(ClinicSettings)
  /// Somebody works here, or a unit is there, that was not; or is different, or is no more.
  case directoryChanged(DirectoryChange)

  // MARK: Visits
  /// A visit is booked, or ongoing at once.
  case visitCreated(VisitRecord)
  /// Heading and description: personal, kept beside the log.
  case detailsRecorded(VisitDetails)
  /// A person's name, title and addresses: personal, kept beside the log.
  case personRecorded(PersonRecord)
  /// The visit is of another type, or belongs to another unit.
  case visitReclassified(type: String, unit: UnitID?)
  /// The visit's time is another.
  case visitRescheduled(WallTime?, ends: WallTime?)
  /// Somebody takes part by booking from now on, or is known better; `Patient` of patients only.
  case attendeeBooked(PersonID, Role, Patient?)
  /// Somebody takes part by booking no more.
  case attendeeReleased(PersonID)
  /// A booked visit is ongoing.
  case visitStarted
  /// The visit does not take place.
  case visitCancelled
  /// The visit is over.
  case visitClosed
  /// The clinic's retention time after its end has passed: nothing of the visit is left.
  case visitForgotten
  /// Another member of staff answers for the visit.
  case responsibleChanged(PersonID)
  /// There is a new link.
  case inviteCreated(Invite)
  /// A link was taken back.
  case inviteRevoked(InviteID)
  /// A link works in another time.
  case inviteMoved(InviteID, notBefore: WallTime?, expires: WallTime?)
  /// A link's version has grown by one: only a new secret opens it.
  case inviteRotated(InviteID)
  /// A link was opened for the first time.
  case inviteOpened(InviteID)
  /// A message waits to go out. It may once this is on disk.
  case messageQueued(OutgoingMessage)
  /// A message has gone out, or will not.
  case messageSettled(MessageID, OutgoingMessage.Outcome)

  // MARK: The call
  /// Staff started a call.
  case callStarted(CallID)
  /// The last member of staff is gone; the call ends after the span unless staff comes back.
  case staffLost(waits: Duration)
  /// Staff is back in a call that waited for it.
  case staffReturned
  /// The call is over; everybody has departed before.
  case callEnded(CallEnd)
  /// A person is rung for the given span.
  case requestSent(CallRequestID, PersonID, rings: Duration)
  /// Somebody who was in a call has rated it.
  case feedbackGiven(CallID, PersonID, Feedback)
  /// A request rings no more.
  case requestAnswered(CallRequestID, CallRequest.State)

  // MARK: Participants
  /// Somebody knocked and waits. Entries without waiting are followed by `admitted` at once.
  case arrived(Arrival)
  /// Who waited is in the call, by the given act.
  case admitted(ParticipantID, ground: Admission.Ground, act: Author)
  /// The patient has agreed to this person's presence, as staff says.
  case patientAgreed(to: PersonID)
  /// Back to the lobby.
  case held(ParticipantID, because: HoldReason)
  /// Somebody is neither in the lobby nor in the call any more.
  case departed(ParticipantID, Departure)
  /// Staff muted the microphone.
  case muted(ParticipantID)
  /// Staff's mute is lifted, by staff or by the person's own switch.
  case unmuted(ParticipantID)
  /// What a person has switched on; not kept.
  case devicesChanged(ParticipantID, Devices)
  /// A screen is shared; not kept.
  case sharingStarted(ParticipantID, Sharing)
  /// The screen is shared no more; not kept.
  case sharingStopped(ParticipantID)
  /// Something was said in the chat; never kept.
  case chatSent(ChatMessage)
  /// The session is lost; the place is kept for `Limits.resumeWindow`. Not kept.
  case disconnected(ParticipantID)
  /// The session is back; not kept.
  case reconnected(ParticipantID)
}

/// A visit as it was made.
public struct VisitRecord: Equatable, Sendable {
  /// The clinic that it belongs to.
  public var clinic: ClinicID
  /// The part of the clinic.
  public var unit: UnitID?
  /// The clinic's word for the type.
  public var type: String
  /// When it is to take place; nil: ongoing at once.
  public var scheduled: WallTime?
  /// When it is to be over; nil: not said.
  public var ends: WallTime?
  /// The responsible member of staff.
  public var responsible: PersonID
  /// Who takes part by booking, and as what.
  public var booked: [PersonID: Role]
  /// What the rules about children need to know of the patients among them.
  public var patients: [PersonID: Patient] = [:]
}

/// Somebody who knocked.
public struct Arrival: Equatable, Sendable {
  /// The participant, drawn fresh.
  public var participant: ParticipantID
  /// Who it is.
  public var person: PersonID
  /// What the person is in the visit.
  public var role: Role
  /// What a guest is there for.
  public var kind: GuestKind?
  /// How we know who it is.
  public var identifiedBy: Identification
  /// The link by which the person came.
  public var invite: InviteID?
  /// Whether only an admit by staff lets this one in, whatever the policy.
  public var mustWait: Bool
}
