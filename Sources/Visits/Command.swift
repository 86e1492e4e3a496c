import Primitives

/// What somebody wants to happen. Fresh identifiers are drawn by the caller.
public enum Command: Equatable, Sendable {
  /// Set-up of a clinic; its name is public.
  case createClinic(ClinicID, name: String, settings: ClinicSettings)
  /// Other settings for a clinic; they count from the next command on.
  case changeSettings(ClinicID, ClinicSettings)
  /// Changes of who works at a clinic, and where; at most `Limits.directoryChanges` at a time.
  case changeDirectory(ClinicID, [DirectoryChange])
  /// A visit; a member of staff who makes it becomes responsible.
  case createVisit(VisitDraft)
  /// Deletes what is over for longer than its clinic's retention time, at most
  /// `Limits.visitsForgottenAtOnce` visits; given by the daemon itself.
  case forgetVisits
  /// Something about one visit.
  case visit(VisitID, VisitCommand)
}

/// What somebody wants to happen in one visit.
public enum VisitCommand: Equatable, Sendable {
  /// Something about the visit is to be different.
  case update(VisitChanges)
  /// A booked visit is ongoing from now on; a member of staff who starts it becomes responsible.
  case start
  /// The visit does not take place.
  case cancel
  /// The visit is over.
  case close
  /// A member of staff takes part from now on.
  case addStaff(PersonID)
  /// A member of staff takes part no more.
  case removeStaff(PersonID)
  /// The one who asks becomes responsible.
  case takeOver
  /// A new link.
  case createInvite(InviteDraft)
  /// New links; `VisitLedger.refusals(of:in:by:at:)` tells which of them cannot be made.
  case createInvites([InviteDraft])
  /// A link works under a new secret only.
  case rotateInvite(InviteID)
  /// Sends a link again, by each channel that there is an address for.
  case resendInvite(InviteID)
  /// The link has been opened.
  case noteInvite(InviteID)
  /// Takes a link back; who came by it leaves.
  case revokeInvite(InviteID)
  /// Staff starts a call, comes in as the given participant, and becomes responsible.
  case startCall(CallID, as: ParticipantID)
  /// Rings a patient or proxy.
  case requestCall(CallRequestID, PersonID)
  /// Stops ringing.
  case withdrawRequest(CallRequestID)
  /// The one who is rung says yes or no.
  case answerRequest(CallRequestID, accepted: Bool)
  /// Staff comes in; everybody else knocks.
  case join(as: ParticipantID)
  /// Goes away.
  case leave
  /// Ends the call for all.
  case endCall
  /// Lets one person in, with the patient's consent where it has been given.
  case admit(ParticipantID, agreedWithPatient: Bool = false)
  /// Lets everybody in who waits and can be let in.
  case admitAll(agreedWithPatient: Bool = false)
  /// Does not let one person in; after a minute they can knock again.
  case deny(ParticipantID)
  /// Sends one person back to the lobby.
  case hold(ParticipantID)
  /// Removes one person for good: they cannot knock again.
  case remove(ParticipantID)
  /// Mutes another one's microphone, or lifts that; switches nothing on.
  case mute(ParticipantID, Bool)
  /// Changes about oneself.
  case updateSelf(SelfUpdate)
  /// Shares a screen from what the client says that it runs on, with sound or without.
  case startSharing(Device, audio: Bool)
  /// Shares no more.
  case stopSharing
  /// Says something to everybody who is in the call now.
  case chat(ChatMessageID, Redacted<String>)
  /// Rates the call that the person was in last.
  case submitFeedback(Feedback)
  /// The participant's session is lost.
  case disconnect(ParticipantID)
  /// The participant's session is back.
  case reconnect(ParticipantID)
  /// A message has gone out, or will not.
  case settleMessage(MessageID, OutgoingMessage.Outcome)
  /// Does what is due: `Visit.nextDeadline` has come.
  case expire
}

/// What a participant changes about themselves; nil leaves as it is.
public struct SelfUpdate: Equatable, Sendable {
  /// Switches the own microphone; on also lifts staff's mute.
  public var microphone: Bool?
  /// Switches the own camera.
  public var camera: Bool?
  /// Raises or lowers the hand.
  public var handRaised: Bool?
  /// The name, only for guests whom nobody has named, and only before admission.
  public var name: Redacted<String>?

  /// Joins the changes.
  public init(
    microphone: Bool? = nil, camera: Bool? = nil, handRaised: Bool? = nil,
    name: Redacted<String>? = nil
  ) {
    self.microphone = microphone
    self.camera = camera
    self.handRaised = handRaised
    self.name = name
  }
}
