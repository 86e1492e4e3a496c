import Primitives

/// All clinics and visits, and the rules: a pure reducer.
///
/// `decide` answers a command with events or a refusal and changes nothing; `apply` changes the
/// state and cannot fail. Between the two the caller writes durable events to disk.
///
/// The events of one command belong together: where one of them gives access, the effects of all
/// wait for the disk. Events are applied in the order in which they were decided, and a command is
/// decided on a ledger that has all events before it; effects may follow a second ledger that has
/// only what is on disk.
public struct VisitLedger: Equatable, Sendable {
  /// All clinics.
  public internal(set) var clinics: [ClinicID: Clinic] = [:]
  /// All visits that have not been deleted.
  public internal(set) var visits: [VisitID: Visit] = [:]
  /// Which visit an invite leads to.
  var inviteVisits: [InviteID: VisitID] = [:]
  /// The visits in which somebody takes part by booking, for each clinic's people.
  var bookings: [ClinicID: [PersonID: Set<VisitID>]] = [:]
  /// The visits in which a deadline can come: those with somebody in them, or with a call.
  var lively: Set<VisitID> = []

  /// Without clinics and visits.
  public init() {}
}
