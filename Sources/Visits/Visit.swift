import Primitives

/// The container of a call: it exists before, during and after it.
///
/// Invariant: whoever is in the call has an admission on record, and without a call nobody is in
/// one. `problems` checks this and the rest.
public struct Visit: Equatable, Sendable {
  /// How a visit stands.
  public enum State: String, Sendable, CaseIterable {
    /// Its time is to come.
    case booked
    /// It can have calls.
    case ongoing
    /// It is over.
    case closed
    /// It does not take place.
    case cancelled
  }

  /// The visit's identifier.
  public let id: VisitID
  /// The clinic that it belongs to.
  public let clinic: ClinicID
  /// The part of the clinic that it belongs to.
  public internal(set) var unit: UnitID?
  /// The clinic's word for this type of visit.
  public internal(set) var type: String
  /// Who made the visit: entries of booked people rest on this act.
  public let createdBy: Author
  /// When it was made.
  public let createdAt: WallTime
  /// Grows with each change of the booking: of its state, details, time, people and links. From 1.
  public internal(set) var version: Int64 = 1
  /// How it stands.
  public internal(set) var state: State
  /// When it was closed or cancelled; nil: it is open.
  public internal(set) var endedAt: WallTime?
  /// When it is to take place; nil for one that was created as ongoing.
  public internal(set) var scheduled: WallTime?
  /// When it is to be over; nil: not said.
  public internal(set) var ends: WallTime?
  /// The member of staff who answers for it.
  public internal(set) var responsible: PersonID
  /// Who takes part by booking, staff included, and as what.
  public internal(set) var booked: [PersonID: Role]
  /// What the rules about children need to know of the patients among them.
  public internal(set) var patients: [PersonID: Patient]
  /// Heading and description.
  public internal(set) var details: VisitDetails
  /// The personal fields of everybody who is booked, invited or here; at most
  /// `Limits.peoplePerVisit`.
  public internal(set) var people: [PersonID: PersonRecord] = [:]
  /// The links into the visit, oldest first; at most `Limits.invitesPerVisit`.
  public internal(set) var invites: [Invite] = []
  /// The messages about the visit, oldest first; at most `Limits.messagesPerVisit`.
  public internal(set) var messages: [OutgoingMessage] = []
  /// The live call, if there is one.
  public internal(set) var call: Call?
  /// The calls that have ended, oldest first; at most `Limits.callsPerVisit`.
  public internal(set) var pastCalls: [PastCall] = []
  /// Who is in the lobby or in the call, in order of arrival; at most
  /// `Limits.participantsPerCall`.
  public internal(set) var participants: [Participant] = []
  /// To whose presence the patient has agreed, as staff said when admitting them.
  public internal(set) var agreed: Set<PersonID> = []
  /// Whom staff has removed: they cannot knock again.
  public internal(set) var barred: Set<PersonID> = []
  /// Whom staff has denied in this call, and until when they cannot knock again.
  public internal(set) var denied: [PersonID: Instant] = [:]
  /// Whom staff has denied or held and not admitted since, in this call: leaving and knocking
  /// again does not spare them the wait.
  public internal(set) var sentBack: Set<PersonID> = []
  /// The general links by which somebody came whom staff has removed, denied or held: as the same
  /// one may knock again as somebody else, each who comes by them waits, until they are rotated.
  public internal(set) var guardedLinks: Set<InviteID> = []

  /// The visit as it was made by an event.
  init(_ record: VisitRecord, id: VisitID, event: VisitEvent) {
    self.id = id
    clinic = record.clinic
    unit = record.unit
    type = record.type
    createdBy = event.by
    createdAt = event.at.wall
    state = record.scheduled == nil ? .ongoing : .booked
    scheduled = record.scheduled
    ends = record.ends
    responsible = record.responsible
    booked = record.booked
    patients = record.patients
    details = VisitDetails()
  }
}

/// What a visit is about. Personal: kept apart from events, deleted by retention.
public struct VisitDetails: Equatable, Sendable {
  /// The reason for the visit (sökorsak), at most `Limits.headingBytes` bytes.
  public var heading: Redacted<String>?
  /// More about it, at most `Limits.descriptionBytes` bytes.
  public var description: Redacted<String>?

  /// Joins the parts.
  public init(heading: Redacted<String>? = nil, description: Redacted<String>? = nil) {
    self.heading = heading
    self.description = description
  }
}
