import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// A visit as a session's person may see it; nil where that is nothing.
  func describe(_ visit: Visit, for session: ControlSession) -> JSON? {
    viewer(session, of: visit).flatMap { describe(visit, for: $0) }
  }

  /// A visit with the fields that the table gives a viewer; nil where it gives none.
  func describe(_ visit: Visit, for viewer: Viewer) -> JSON? {
    let visible = viewer.visibleFields
    guard visible.contains(.id) else { return nil }
    func field(_ field: VisitField, _ value: @autoclosure () -> JSON?) -> JSON? {
      visible.contains(field) ? value() : nil
    }
    let patients = Self.describe(.patient, in: visit)
    let call = journal.scene(of: visit.id)?.call
    return .compact([
      "id": .string(visit.id.text),
      "state": .string(visit.state.rawValue),
      "type": field(.type, .string(visit.type)),
      "unit": field(.unit, visit.unit.map { .string($0.text) }),
      "heading": field(.heading, visit.details.heading.map { .string($0.value) }),
      "description": field(.description, visit.details.description.map { .string($0.value) }),
      "scheduled": field(.scheduled, visit.scheduled.map { .integer($0.milliseconds) }),
      "ends": field(.scheduled, visit.ends.map { .integer($0.milliseconds) }),
      "responsible": field(.responsible, Self.describe(visit.responsible, in: visit)),
      "staff": field(.staff, .array(Self.describe(.staff, in: visit))),
      "patient": field(.patient, patients.first),
      "patients": field(.patient, patients.count > 1 ? .array(patients) : nil),
      "proxies": field(.patient, .array(Self.describe(.proxy, in: visit))),
      "relation": viewer.relation.map { .string($0.rawValue) },
      "call": field(
        .call, call.map { ["id": .string($0.id.text), "state": .string($0.stateName)] }),
    ])
  }

  /// Name and title of somebody whom the visit knows.
  static func describe(_ person: PersonID, in visit: Visit) -> JSON {
    let known = visit.people[person]
    return .compact([
      "person": .string(person.text), "name": known?.name.map { .string($0.value) },
      "title": known?.title.map { .string($0.value) },
    ])
  }

  /// Everybody of one role who takes part by booking; whom staff are known by, or what the rules
  /// about children go by.
  private static func describe(_ role: Role, in visit: Visit) -> [JSON] {
    visit.booked.filter { $0.value == role }.keys.sorted().map { person in
      let known = visit.people[person]
      let patient = visit.patients[person]
      return .compact([
        "person": .string(person.text), "name": known?.name.map { .string($0.value) },
        "title": known?.title.map { .string($0.value) },
        "profile": patient.map { .string($0.profile.rawValue) },
        "age_band": patient.map { .string($0.ageBand.rawValue) },
      ])
    }
  }
}
