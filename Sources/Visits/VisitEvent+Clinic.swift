import Primitives

// How events of clinics as a whole are written and read.

extension ClinicSettings {
  /// From an event with the member `settings`.
  init(stored event: EventReader) throws(EventError) {
    let settings = try event.object("settings").payload
    do {
      try self.init(settings.namingSeconds)
    } catch {
      throw EventError(reason: "the settings' `\(error.field ?? "form")` is wrong")
    }
  }
}

extension JSON {
  /// Settings as they were written at first, with two spans in milliseconds, as they are now.
  fileprivate var namingSeconds: JSON {
    .object(
      (members ?? []).map { member in
        switch (member.name, member.value) {
        case ("waits_for_staff_ms", .integer(let span)):
          Member("waits_for_staff", .integer(span / 1_000))
        case ("rings_ms", .integer(let span)): Member("rings", .integer(span / 1_000))
        default: member
        }
      })
  }
}

extension DirectoryChange {
  /// The stable name in the log.
  var name: String {
    switch self {
    case .setUnit: "directory.unit_set"
    case .removeUnit: "directory.unit_removed"
    case .setPerson: "directory.person_set"
    case .removePerson: "directory.person_removed"
    }
  }

  /// The members of the payload beside those that every event has; names of people stand apart.
  var parts: KeyValuePairs<String, JSON?> {
    switch self {
    case .setUnit(let unit):
      [
        "unit": .string(unit.id.text), "name": .string(unit.name),
        "parent": unit.parent.map { .string($0.text) },
      ]
    case .removeUnit(let id): ["unit": .string(id.text)]
    case .setPerson(let person):
      [
        "person": .string(person.id.text), "unit": .string(person.unit.text),
        "role": .string(person.role),
      ]
    case .removePerson(let id): ["person": .string(id.text)]
    }
  }
}

extension Change {
  static func ofDirectory(
    _ type: String, _ reader: EventReader, _ personal: PersonalRecord?
  ) throws(EventError) -> Change? {
    func field(_ name: String) -> Redacted<String>? {
      personal?.fields.value[name]?.string.map { Redacted($0) }
    }
    let change: DirectoryChange? =
      switch type {
      case "directory.unit_set":
        .setUnit(
          DirectoryUnit(
            id: try reader.identifier("unit"), name: try reader.text("name"),
            parent: try reader.optional("parent", reader.identifier)))
      case "directory.unit_removed": .removeUnit(try reader.identifier("unit"))
      case "directory.person_set":
        .setPerson(
          DirectoryPerson(
            id: try reader.identifier("person"), givenName: field("given_name"),
            familyName: field("family_name"), title: field("title"),
            unit: try reader.identifier("unit"), role: try reader.text("role")))
      case "directory.person_removed": .removePerson(try reader.identifier("person"))
      default: nil
      }
    return change.map(Change.directoryChanged)
  }
}
