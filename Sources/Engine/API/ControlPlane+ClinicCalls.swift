import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Shows or changes the clinic's settings and its directory.
  mutating func carryClinic(_ call: APICall) throws(APIProblem) {
    try call.requireOwnClinic()
    let (settings, directory) = (
      describeSettings(of: call.clinic), describeDirectory(of: call.clinic)
    )
    switch call.operation {
    case .getSettings:
      respond(settings, fields: [HTTPField(etagOf: settings)], to: call.exchange)
    case .updateSettings:
      let body = try call.request.object()
      try call.request.requireMatch(HTTPField(etagOf: settings).value, isNeeded: true)
      let changed = try read(body, changing: journal.decided.clinics[call.clinic]?.settings)
      try request(
        .changeSettings(call.clinic, changed), for: call, answer: .settings(call.clinic))
    case .getDirectory:
      respond(directory, fields: [HTTPField(etagOf: directory)], to: call.exchange)
    default:
      let body = try call.request.object()
      try call.request.requireMatch(HTTPField(etagOf: directory).value, isNeeded: true)
      let changes: [DirectoryChange]
      do {
        changes = try DirectoryChange.list(in: body)
      } catch {
        throw APIProblem(error)
      }
      try request(
        .changeDirectory(call.clinic, changes), for: call, answer: .directory(call.clinic))
    }
  }

  /// The settings as a document changes them. Which images there are is not said in it.
  private func read(
    _ body: JSON, changing settings: ClinicSettings?
  ) throws(APIProblem) -> ClinicSettings {
    guard body["backgrounds"] == nil else {
      throw APIProblem(
        422, "bad_argument", field: "backgrounds",
        detail: "backgrounds are put up and taken down under /backgrounds")
    }
    do {
      return try ClinicSettings(body, changing: settings ?? ClinicSettings())
    } catch {
      throw APIProblem(422, error.reason.rawValue, field: error.field)
    }
  }

  /// The whole settings of a clinic.
  func describeSettings(of clinic: ClinicID) -> JSON {
    journal.decided.clinics[clinic]?.settings.json ?? [:]
  }

  /// The whole directory of a clinic, in the order of identifiers.
  func describeDirectory(of clinic: ClinicID) -> JSON {
    let directory = journal.decided.clinics[clinic]?.directory ?? StaffDirectory()
    let units = directory.units.values.sorted { $0.id < $1.id }.map { unit in
      JSON.compact([
        "id": .string(unit.id.text), "name": .string(unit.name),
        "parent": unit.parent.map { .string($0.text) },
      ])
    }
    let people = directory.people.values.sorted { $0.id < $1.id }.map { person in
      JSON.compact([
        "person": .string(person.id.text),
        "given_name": person.givenName.map { .string($0.value) },
        "family_name": person.familyName.map { .string($0.value) },
        "title": person.title.map { .string($0.value) }, "unit": .string(person.unit.text),
        "role": .string(person.role),
      ])
    }
    return ["units": .array(units), "people": .array(people)]
  }
}
