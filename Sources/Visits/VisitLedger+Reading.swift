import Primitives

extension VisitLedger {
  /// When the first deadline of all visits comes.
  public var nextDeadline: Instant? {
    lively.reduce(nil) { earliest($0, visits[$1]?.nextDeadline) }
  }

  /// The visits in which something is due, in the order of their identifiers.
  public func dueVisits(at now: Instant) -> [VisitID] {
    lively.filter { id in visits[id]?.nextDeadline.map { $0 <= now } ?? false }.sorted()
  }

  /// The visits that are over for longer than their clinics' retention time, those first that
  /// ended first, at most `Limits.visitsForgottenAtOnce`.
  public func visitsToForget(at time: WallTime) -> [VisitID] {
    let due = visits.values.compactMap { visit -> (end: WallTime, id: VisitID)? in
      guard let end = visit.endedAt, let clinic = clinics[visit.clinic],
        end + clinic.settings.retention <= time
      else { return nil }
      return (end, visit.id)
    }
    return due.sorted { ($0.end, $0.id) < ($1.end, $1.id) }
      .prefix(Limits.visitsForgottenAtOnce).map(\.id)
  }

  /// The visit that an invite leads to, whatever the invite's state.
  public func visit(ofInvite invite: InviteID) -> Visit? {
    inviteVisits[invite].flatMap { visits[$0] }
  }

  /// The visits of a clinic in which somebody takes part by booking, in the order of their times
  /// and identifiers: all, or those that are meant.
  public func visits(
    of person: PersonID, in clinic: ClinicID, where isMeant: (Visit) -> Bool = { _ in true }
  ) -> [Visit] {
    let found = (bookings[clinic]?[person] ?? []).compactMap { visits[$0] }.filter(isMeant)
    return found.sorted { left, right in
      let (first, second) = (left.scheduled ?? left.createdAt, right.scheduled ?? right.createdAt)
      return first == second ? left.id < right.id : first < second
    }
  }

  /// What a member of staff is to a visit. Others have no relation.
  public func relation(of identity: Identity, to visit: Visit) -> Relation {
    guard identity.role == .staff else { return .none }
    if visit.responsible == identity.person { return .responsible }
    if visit.booked[identity.person] == .staff { return .added }
    if let unit = visit.unit, identity.units.contains(unit) { return .sameUnit }
    return .none
  }

  /// What a member of staff may act as: where the clinic does not let the unit in, its staff is
  /// like any other.
  public func effectiveRelation(of identity: Identity, to visit: Visit) -> Relation {
    let relation = relation(of: identity, to: visit)
    let unitMay = clinics[visit.clinic]?.settings.sameUnitMayJoin ?? false
    return relation == .sameUnit && !unitMay ? .none : relation
  }

  /// The name that a viewer of the given role is shown for a participant; nil: the word for the
  /// role stands in its place.
  public func name(of participant: Participant, in visit: Visit, for viewer: Role)
    -> Redacted<String>?
  {
    let isHidden =
      viewer == .guest && (participant.role == .patient || participant.role == .proxy)
      && clinics[visit.clinic]?.settings.guestsSeePatientName != true
    return isHidden ? nil : visit.people[participant.person]?.name
  }
}
