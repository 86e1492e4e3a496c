import Primitives
import Visits

/// What is asked for about visits.
public enum VisitAction: Equatable, Sendable {
  case list(VisitQuery)
  case get(VisitID?)
  case create(VisitParameters)
  case update(VisitID?, VisitParameters)
  case start(VisitID?)
  case cancel(VisitID?)
  case close(VisitID?)
  case addStaff(VisitID?, PersonID)
  case removeStaff(VisitID?, PersonID)
  case takeOver(VisitID?)
}

/// Which visits are to be listed: those to which all of it applies.
public struct VisitQuery: Equatable, Sendable {
  /// Those from then on.
  public var from: WallTime?
  /// Those before then.
  public var to: WallTime?
  /// Those in one of these states; empty: in any.
  public var states: Set<Visit.State> = []
  /// Those of one unit.
  public var unit: UnitID?
  /// Those to which the asker has this relation.
  public var relation: Relation?
  /// Those after the ones that an earlier answer ended with: its `next`.
  public var cursor: String?
  /// How many at most.
  public var limit = Limits.visitsPerPage

  /// All visits.
  public init() {}
}

/// What a client says about a visit that it makes or changes; nil: nothing.
public struct VisitParameters: Equatable, Sendable {
  /// The clinic's word for the type.
  public var type: String?
  /// The reason for the visit; empty: none.
  public var heading: Redacted<String>?
  /// More about it; empty: nothing.
  public var description: Redacted<String>?
  /// When it is to take place.
  public var scheduled: WallTime?
  /// Until when it is booked.
  public var ends: WallTime?
  /// The part of the clinic.
  public var unit: UnitID?
  /// Whom it is for: one patient, or the profiles of one child.
  public var patients: [PatientParameters]?
  /// Who acts for the patient; those who are there stay.
  public var proxies: [PersonParameters]?
  /// Who of the staff takes part.
  public var staff: [PersonID]?
  /// Who else gets a link.
  public var guests: [InviteAction.Recipient]?
  /// Whether the patient has agreed to others taking part.
  public var agreedWithPatient: Bool?

  /// Nothing.
  public init() {}
}

/// A person as a client names one: by an identifier of the clinic's, or anew.
public struct PersonParameters: Equatable, Sendable {
  /// Where it stands among the arguments, as `proxies[0]`.
  public var path: String
  /// The clinic's identifier; nil: one is drawn.
  public var person: PersonID?
  /// First and last name.
  public var name: Redacted<String>?
  /// Mobile number as typed.
  public var phone: Redacted<String>?
  /// E-mail address as typed.
  public var email: Redacted<String>?
}

/// Whom a visit is for.
public struct PatientParameters: Equatable, Sendable {
  /// Who.
  public var person: PersonParameters
  /// What the rules about children need to know.
  public var patient: Patient
}
