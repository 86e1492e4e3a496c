import Visits

/// For whom something is described: what a person may see follows from this and the table of
/// visibility alone.
enum Viewer: Equatable, Sendable {
  /// A clinic's back end: all of its own clinic.
  case backEnd
  /// A session's person, in the role that they have in the visit, at a place there.
  case person(Role, Relation, Place)

  /// What a member of staff is to the visit; nil for others.
  var relation: Relation? {
    if case .person(.staff, let relation, _) = self { relation } else { nil }
  }

  /// What may be seen of a visit.
  var visibleFields: Set<VisitField> {
    switch self {
    case .backEnd: return Set(VisitField.allCases)
    case .person(.guest, _, _): return []
    case .person(.patient, _, let place), .person(.proxy, _, let place):
      let always: Set = [VisitField.id, .heading, .scheduled, .responsible]
      return place == .lobby ? always : always.union([.call])
    case .person(.staff, let relation, let place):
      let always: Set = [
        VisitField.id, .type, .unit, .scheduled, .responsible, .staff, .call,
      ]
      switch relation {
      case .responsible: return Set(VisitField.allCases)
      case .added: return always.union([.heading, .description])
      case .sameUnit: return place == .call ? always.union([.heading, .description]) : always
      case .none: return []
      }
    }
  }
}

/// A part of what is known of a visit.
enum VisitField: CaseIterable {
  case id, type, unit, heading, description, scheduled, responsible, staff, patient, call
}

extension ControlPlane {
  /// What a session's person is to a visit; nil where they may not even know of it.
  func viewer(_ session: ControlSession, of visit: Visit) -> Viewer? {
    let identity = session.identity
    guard identity.clinic == visit.clinic, identity.visit == nil || identity.visit == visit.id
    else { return nil }
    let scene = journal.scene(of: visit.id)
    let me = visit.id == session.visit ? scene?.participant(identity.participant) : nil
    // The second opening of somebody's personal link is a stranger's.
    if let scene, isStranger(session, in: scene) { return nil }
    if let me, me.role != identity.role { return nil }
    let relation = journal.decided.effectiveRelation(of: identity, to: visit)
    return .person(identity.role, relation, me?.place ?? .out)
  }
}
