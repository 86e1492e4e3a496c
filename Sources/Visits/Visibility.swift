/// What can be told of a visit, by its name on the wire.
public enum VisitField: String, Sendable, CaseIterable {
  /// Whether it is booked, ongoing, closed or cancelled, and whether there is a call.
  case state
  /// The clinic's word for its type.
  case type
  /// The unit that it belongs to.
  case unit
  /// When it begins and ends.
  case time
  /// The heading.
  case heading
  /// The description.
  case description
  /// The responsible's name and title.
  case responsible
  /// The names and titles of the other staff.
  case staff
  /// The viewer's own relation to it.
  case relation
  /// Who the patient is: identifier and name.
  case patient
  /// The patient's age band and kind of profile.
  case patientAge = "patient.age"
  /// The patient's phone number and e-mail address.
  case patientContact = "patient.contact"
  /// Who the proxies are: identifiers and names.
  case proxies
  /// The proxies' phone numbers and e-mail addresses.
  case proxyContact = "proxies.contact"
  /// Who else is invited, with the addresses that they were invited by and how that stands.
  case invites
  /// Who is in the call: role, how identified, devices.
  case roster
  /// The names in the roster, those of patient and proxies aside.
  case rosterNames = "roster.names"
  /// The names of patient and proxies in the roster.
  case rosterPatientName = "roster.patient_name"
  /// Who waits in the lobby, by which link, how identified, since when.
  case lobby
}

/// Who may see one field: one row of the table. There is nobody of another clinic in it: to them,
/// the visit is not there.
public struct Visibility: Equatable, Sendable {
  /// The members of staff who may, by their relation to the visit, wherever they are.
  public let staff: Set<Relation>
  /// The members of staff who may while they are in the call, whatever their relation.
  public let staffInCall: Bool
  /// Whether a clinic's back end may.
  public let backEnd: Bool
  /// From where patient and proxies may.
  public let patients: Set<Place>
  /// From where guests may.
  public let guests: Set<Place>
  /// Whether guests may only where the clinic lets them see the patient's name.
  public let asksClinic: Bool

  init(
    staff: Set<Relation> = [], staffInCall: Bool = false, backEnd: Bool = false,
    patients: Set<Place> = [], guests: Set<Place> = [], asksClinic: Bool = false
  ) {
    self.staff = staff
    self.staffInCall = staffInCall
    self.backEnd = backEnd
    self.patients = patients
    self.guests = guests
    self.asksClinic = asksClinic
  }

  /// Whether somebody may see the field.
  public func holds(
    for role: Role, relation: Relation, at place: Place, settings: ClinicSettings
  ) -> Bool {
    switch role {
    case .staff: staff.contains(relation) || staffInCall && place == .call
    case .patient, .proxy: patients.contains(place)
    case .guest: guests.contains(place) && (!asksClinic || settings.guestsSeePatientName)
    }
  }
}

extension VisitField {
  /// The table: who may see the field, and from where.
  ///
  /// In the lobby a guest sees nothing of the visit; patient and proxy see what it is about, when,
  /// and with whom. Staff that was added sees heading and description and nothing more about the
  /// patient; the rest is the responsible's. In the call everybody sees who is there.
  public var visibility: Visibility {
    switch self {
    case .state:
      Visibility(staff: .everybody, backEnd: true, patients: .anywhere, guests: [.call])
    case .type: Visibility(staff: .everybody, backEnd: true, patients: [.call])
    case .unit, .staff: Visibility(staff: .everybody, backEnd: true)
    case .time: Visibility(staff: .everybody, backEnd: true, patients: .anywhere)
    case .heading: Visibility(staff: .related, backEnd: true, patients: .anywhere)
    case .description: Visibility(staff: .related, backEnd: true)
    case .responsible:
      Visibility(staff: .everybody, backEnd: true, patients: .anywhere, guests: [.call])
    case .relation: Visibility(staff: .everybody)
    case .patient, .proxies:
      Visibility(staff: [.responsible], backEnd: true, patients: [.call])
    case .patientAge: Visibility(staff: [.responsible], backEnd: true)
    case .patientContact, .proxyContact: Visibility(staff: [.responsible], backEnd: true)
    case .invites: Visibility(staff: .related, staffInCall: true, backEnd: true)
    case .roster:
      Visibility(staff: .related, staffInCall: true, patients: [.call], guests: [.call])
    case .rosterNames:
      Visibility(staff: .related, staffInCall: true, patients: [.call], guests: [.call])
    case .rosterPatientName:
      Visibility(staffInCall: true, patients: [.call], guests: [.call], asksClinic: true)
    case .lobby: Visibility(staffInCall: true)
    }
  }
}

extension VisitLedger {
  /// What a session may be told of a visit; nothing of one that it may not know of.
  public func visibleFields(of id: VisitID, to identity: Identity) -> Set<VisitField> {
    guard let visit = visits[id], visit.isKnown(to: identity),
      let settings = clinics[visit.clinic]?.settings
    else { return [] }
    let relation = effectiveRelation(of: identity, to: visit)
    let place = visit.participant(of: identity)?.place ?? .out
    let role = visit.role(of: identity)
    return Set(
      VisitField.allCases.filter {
        $0.visibility.holds(for: role, relation: relation, at: place, settings: settings)
      })
  }

  /// What a clinic's back end may be told of a visit; nothing of another clinic's.
  public func visibleFields(of id: VisitID, toBackEndOf clinic: ClinicID) -> Set<VisitField> {
    guard visits[id]?.clinic == clinic else { return [] }
    return Set(VisitField.allCases.filter(\.visibility.backEnd))
  }
}

extension Set<Relation> {
  /// All staff of the clinic.
  fileprivate static let everybody = Set(Relation.allCases)
  /// Staff with a right to the visit.
  fileprivate static let related: Set = [Relation.responsible, .added, .sameUnit]
}

extension Set<Place> {
  fileprivate static let anywhere = Set(Place.allCases)
}
