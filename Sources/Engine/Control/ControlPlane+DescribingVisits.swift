import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// A visit as a session's person may see it; nil where that is nothing.
  func describe(_ visit: Visit, for session: ControlSession) -> JSON? {
    describe(visit, for: .person(session.identity))
  }

  /// A visit with the fields that the table gives a viewer; nil where it gives none.
  func describe(_ visit: Visit, for viewer: Viewer) -> JSON? {
    let visible = visibleFields(of: visit, for: viewer)
    guard visible.contains(.state) else { return nil }
    func field(_ field: VisitField, _ value: @autoclosure () -> JSON?) -> JSON? {
      visible.contains(field) ? value() : nil
    }
    let patients = Self.describe(.patient, in: visit, visible)
    return .compact([
      "id": .string(visit.id.text),
      "state": .string(visit.state.rawValue),
      "type": field(.type, .string(visit.type)),
      "unit": field(.unit, visit.unit.map { .string($0.text) }),
      "heading": field(.heading, visit.details.heading.map { .string($0.value) }),
      "description": field(.description, visit.details.description.map { .string($0.value) }),
      "scheduled": field(.time, visit.scheduled.map { .integer($0.milliseconds) }),
      "ends": field(.time, visit.ends.map { .integer($0.milliseconds) }),
      "responsible": field(.responsible, Self.describe(visit.responsible, in: visit)),
      "staff": field(.staff, .array(Self.describe(.staff, in: visit, visible))),
      "patient": field(.patient, patients.first),
      "patients": field(.patient, patients.count > 1 ? .array(patients) : nil),
      "proxies": field(.proxies, .array(Self.describe(.proxy, in: visit, visible))),
      "relation": field(.relation, relation(of: viewer, to: visit)),
      "version": visible.contains(.type) ? .some(.integer(visit.version)) : .none,
      "call": field(.state, describeCall(of: visit, for: viewer)),
    ])
  }

  /// That there is a call; in the lobby one is told of one's own waiting alone.
  private func describeCall(of visit: Visit, for viewer: Viewer) -> JSON? {
    guard let scene = journal.scene(of: visit.id), let call = scene.call else { return nil }
    if case .person(let identity) = viewer, scene.place(of: identity.participant) == .lobby {
      return nil
    }
    return ["id": .string(call.id.text), "state": .string(call.stateName)]
  }

  private func relation(of viewer: Viewer, to visit: Visit) -> JSON? {
    guard case .person(let identity) = viewer else { return nil }
    return .string(journal.decided.relation(of: identity, to: visit).rawValue)
  }

  /// Name and title of somebody whom the visit knows.
  static func describe(_ person: PersonID, in visit: Visit) -> JSON {
    let known = visit.people[person]
    return .compact([
      "person": .string(person.text), "name": known?.name.map { .string($0.value) },
      "title": known?.title.map { .string($0.value) },
    ])
  }

  /// Everybody of one role who takes part by booking, with what may be seen of them.
  private static func describe(
    _ role: Role, in visit: Visit, _ visible: Set<VisitField>
  ) -> [JSON] {
    let hasContact = visible.contains(role == .patient ? .patientContact : .proxyContact)
    return visit.booked.filter { $0.value == role }.keys.sorted().map { person in
      let known = visit.people[person]
      let patient = visible.contains(.patientAge) ? visit.patients[person] : nil
      let contact = hasContact && role != .staff ? known : nil
      return .compact([
        "person": .string(person.text), "name": known?.name.map { .string($0.value) },
        "title": known?.title.map { .string($0.value) },
        "profile": patient.map { .string($0.profile.rawValue) },
        "age_band": patient.map { .string($0.ageBand.rawValue) },
        "phone": contact?.phone.map { .string($0.value) },
        "email": contact?.email.map { .string($0.value) },
      ])
    }
  }
}
