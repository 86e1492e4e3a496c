import Visits

/// For whom a visit is described.
enum Viewer {
  /// The back end of the visit's clinic.
  case backEnd
  /// A session's person, as the session says who that is.
  case person(Identity)
}

extension ControlPlane {
  /// What a viewer may be told of a visit, as the table of visibility says.
  func visibleFields(of visit: Visit, for viewer: Viewer) -> Set<VisitField> {
    switch viewer {
    case .backEnd: return journal.decided.visibleFields(of: visit.id, toBackEndOf: visit.clinic)
    case .person(var identity):
      // Somebody whose admission is not on disk yet counts as waiting.
      let place = journal.scene(of: visit.id)?.place(of: identity.participant)
      if place == .out { identity.participant = nil }
      let fields = journal.decided.visibleFields(of: visit.id, to: identity)
      guard place == .lobby, identity.role != .staff else { return fields }
      return fields.filter {
        $0.visibility.holds(
          for: identity.role, relation: .none, at: .lobby, settings: ClinicSettings())
      }
    }
  }
}
