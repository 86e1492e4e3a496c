/// Why a command was refused. A refused command changes nothing.
public struct Refusal: Error, Hashable, Sendable {
  /// The stable word for a refusal, as the wire carries it.
  public enum Reason: String, Sendable, CaseIterable {
    /// Role or relation do not allow it.
    case notPermitted = "not_permitted"
    /// There is no such visit, or none that this session may know of.
    case visitNotFound = "visit_not_found"
    /// There is no such clinic.
    case clinicNotFound = "clinic_not_found"
    /// There is no such participant in this visit any more.
    case participantNotFound = "participant_not_found"
    /// There is no such person in this visit.
    case personNotFound = "person_not_found"
    /// There is no such request, or it rings no more.
    case requestNotFound = "request_not_found"
    /// There is no such invite, or its secret is of an older version.
    case inviteNotFound = "invite_not_found"
    /// The link was taken back.
    case inviteRevoked = "invite_revoked"
    /// The link's time is over.
    case inviteExpired = "invite_expired"
    /// The link's time has not come.
    case inviteNotYetValid = "invite_not_yet_valid"
    /// There is no such unit in the clinic's directory.
    case unitNotFound = "unit_not_found"
    /// The unit still has people or other units in it.
    case unitNotEmpty = "unit_not_empty"
    /// There is no such message, or it has been settled.
    case messageNotFound = "message_not_found"
    /// The identifier is in use: identifiers are drawn fresh.
    case alreadyExists = "already_exists"
    /// The visit is closed.
    case visitClosed = "visit_closed"
    /// The visit is cancelled.
    case visitCancelled = "visit_cancelled"
    /// There is no call in this visit.
    case noCall = "no_call"
    /// The visit has a call already.
    case callExists = "call_exists"
    /// The call must be ended first.
    case callOpen = "call_open"
    /// The call has ended, and staff has not started another one.
    case callEnded = "call_ended"
    /// Whoever asks is not in the call.
    case notInCall = "not_in_call"
    /// Whoever asks is neither in the lobby nor in the call.
    case notJoined = "not_joined"
    /// Whoever asks is here already.
    case alreadyJoined = "already_joined"
    /// The person meant is not in the call.
    case participantNotInCall = "participant_not_in_call"
    /// The person meant is in the call, not in the lobby.
    case participantNotInLobby = "participant_not_in_lobby"
    /// The person meant is staff.
    case participantIsStaff = "participant_is_staff"
    /// One does this to others, not to oneself.
    case participantIsSelf = "participant_is_self"
    /// Denied less than a minute ago.
    case denied
    /// Removed by staff.
    case barred
    /// The clinic does not let this role share a screen.
    case shareNotEnabled = "share_not_enabled"
    /// A screen is shared from a computer.
    case computerRequired = "computer_required"
    /// The patient has to agree to it first, and staff has to say that this was asked.
    case consentRequired = "consent_required"
    /// A child whose profile was made through a proxy is in no call without one.
    case proxyRequired = "proxy_required"
    /// The clinic does not ask this role to rate.
    case ratingNotEnabled = "rating_not_enabled"
    /// Whoever asks was in no call, or it ended too long ago.
    case nothingToRate = "nothing_to_rate"
    /// The rating is in.
    case alreadyRated = "already_rated"
    /// No more people fit.
    case callFull = "call_full"
    /// A limit on what one visit holds is reached.
    case tooMany = "too_many"
    /// What was typed is no phone number that an SMS can go to.
    case badPhoneNumber = "bad_phone_number"
    /// What was typed is no e-mail address.
    case badEmail = "bad_email"
    /// A recipient needs a phone number or an e-mail address.
    case addressRequired = "address_required"
    /// A recipient needs first and last name before the call, and whoever comes by a link that
    /// names nobody a name.
    case nameRequired = "name_required"
    /// A child with an own profile gets no proxy added.
    case childHasOwnProfile = "child_has_own_profile"
    /// A visit is for one patient.
    case severalPatients = "several_patients"
    /// The person is in the lobby or the call.
    case personPresent = "person_present"
    /// The person answers for the visit: somebody else has to take over first.
    case personIsResponsible = "person_is_responsible"
    /// The text does not fit into an SMS: it is to be shorter, or the SMS to have one of its own.
    case textTooLong = "text_too_long"
    /// An argument is empty, too long or does not fit the others.
    case badArgument = "bad_argument"
    /// The name is set by the clinic or the invite, or the person is in the call already.
    case nameFixed = "name_fixed"
  }

  /// The stable word.
  public var reason: Reason
  /// The argument at fault, as the wire names it.
  public var field: String?

  /// Makes a refusal.
  public init(_ reason: Reason, field: String? = nil) {
    self.reason = reason
    self.field = field
  }
}
