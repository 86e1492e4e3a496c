import Primitives

/// A visit to be made.
public struct VisitDraft: Equatable, Sendable {
  /// One person who takes part by booking.
  public struct Attendee: Equatable, Sendable {
    /// Who.
    public var person: PersonRecord
    /// As what: staff, patient or proxy. Guests come by invites.
    public var role: Role
    /// What the rules about children need to know; only of a patient.
    public var patient: Patient?

    /// Joins the parts. A patient of whom nothing is said is an adult with an own profile.
    public init(_ person: PersonRecord, role: Role, patient: Patient? = nil) {
      self.person = person
      self.role = role
      self.patient = patient ?? (role == .patient ? Patient() : nil)
    }
  }

  /// A fresh identifier.
  public var id: VisitID
  /// The clinic.
  public var clinic: ClinicID
  /// The part of the clinic.
  public var unit: UnitID?
  /// One of the clinic's types.
  public var type: String
  /// Heading and description.
  public var details: VisitDetails
  /// When it is to take place; nil: it is ongoing at once.
  public var scheduled: WallTime?
  /// When it is to be over; nil: not said.
  public var ends: WallTime?
  /// The responsible member of staff; only where no member of staff makes the visit.
  public var responsible: PersonRecord?
  /// Who takes part by booking; at most `Limits.peopleBooked`. A child may come with
  /// several profiles; any other visit has one patient.
  public var attendees: [Attendee]
  /// The first links: one for each guest, and one for each patient and proxy who is to have one.
  public var invites: [InviteDraft]

  /// Joins the parts.
  public init(
    id: VisitID, clinic: ClinicID, unit: UnitID? = nil, type: String,
    details: VisitDetails = VisitDetails(), scheduled: WallTime? = nil, ends: WallTime? = nil,
    responsible: PersonRecord? = nil, attendees: [Attendee] = [], invites: [InviteDraft] = []
  ) {
    self.id = id
    self.clinic = clinic
    self.unit = unit
    self.type = type
    self.details = details
    self.scheduled = scheduled
    self.ends = ends
    self.responsible = responsible
    self.attendees = attendees
    self.invites = invites
  }

  /// Adds a link for each patient and proxy who has none yet, and the general link.
  public mutating func addCustomaryLinks(random: inout RandomSource) {
    invites += InviteDraft.links(for: attendees, beside: invites, random: &random)
    if !invites.contains(where: { $0.recipient == .anybody }) {
      invites.append(InviteDraft(id: InviteID(random: &random), recipient: .anybody))
    }
  }
}

/// What is to be different about a visit; what is nil stays as it is.
public struct VisitChanges: Equatable, Sendable {
  /// One of the clinic's types.
  public var type: String?
  /// The part of the clinic.
  public var unit: UnitID?
  /// The heading; an empty one takes it away.
  public var heading: Redacted<String>?
  /// The description; an empty one takes it away.
  public var description: Redacted<String>?
  /// When it is to take place; only of a booked visit.
  public var scheduled: WallTime?
  /// When it is to be over. A visit that is moved without saying it keeps its length.
  public var ends: WallTime?
  /// The patient from now on, or a child's profiles.
  public var patients: [VisitDraft.Attendee]?
  /// The proxies from now on.
  public var proxies: [VisitDraft.Attendee]?
  /// The staff from now on, besides the responsible.
  public var staff: [VisitDraft.Attendee]?
  /// New links.
  public var invites: [InviteDraft] = []

  /// Changes nothing yet.
  public init() {}

  /// Adds a link for each patient and proxy who is named here and has none in the visit.
  public mutating func addCustomaryLinks(in visit: Visit, random: inout RandomSource) {
    let linked = Set(visit.invites.filter { !$0.isRevoked }.compactMap(\.person))
    let named = ((patients ?? []) + (proxies ?? [])).filter { !linked.contains($0.person.id) }
    invites += InviteDraft.links(for: named, beside: invites, random: &random)
  }
}

extension InviteDraft {
  /// A link for each patient and proxy who is not among the recipients of `others`.
  fileprivate static func links(
    for attendees: [VisitDraft.Attendee], beside others: [InviteDraft],
    random: inout RandomSource
  ) -> [InviteDraft] {
    let linked = Set(
      others.compactMap {
        if case .person(let person, _, _) = $0.recipient { person.id } else { nil }
      })
    var links: [InviteDraft] = []
    for attendee in attendees where !linked.contains(attendee.person.id) {
      guard attendee.role == .patient || attendee.role == .proxy else { continue }
      links.append(
        InviteDraft(
          id: InviteID(random: &random),
          recipient: .person(attendee.person, role: attendee.role, kind: nil)))
    }
    return links
  }
}
