import Primitives

/// Who works at a clinic, and where: a tree of units with people in them.
///
/// Invariant: each unit's parent and each person's unit is there, and no unit stands below itself.
public struct StaffDirectory: Equatable, Sendable {
  /// The units; at most `Limits.unitsPerDirectory`.
  public private(set) var units: [UnitID: DirectoryUnit] = [:]
  /// The people; at most `Limits.peoplePerDirectory`.
  public private(set) var people: [PersonID: DirectoryPerson] = [:]
  /// The words of each person's name, as they are searched for.
  private(set) var words: [PersonID: Redacted<[String]>] = [:]

  /// Without units and people.
  public init() {}

  /// What is wrong with a change, as a refusal.
  func check(_ change: DirectoryChange) throws(Refusal) {
    switch change {
    case .setUnit(let unit): try check(unit)
    case .setPerson(let person): try check(person)
    case .removeUnit(let id):
      guard units[id] != nil else { throw Refusal(.unitNotFound, field: "unit") }
      let isEmpty =
        !units.values.contains { $0.parent == id } && !people.values.contains { $0.unit == id }
      guard isEmpty else { throw Refusal(.unitNotEmpty, field: "unit") }
    case .removePerson(let id):
      guard people[id] != nil else { throw Refusal(.personNotFound, field: "person") }
    }
  }

  /// Whether a change that has been checked makes a difference.
  func isChanged(by change: DirectoryChange) -> Bool {
    switch change {
    case .setUnit(let unit): units[unit.id] != unit
    case .setPerson(let person): people[person.id] != person
    case .removeUnit, .removePerson: true
    }
  }

  /// Makes a change that has been checked.
  mutating func apply(_ change: DirectoryChange) {
    switch change {
    case .setUnit(let unit): units[unit.id] = unit
    case .setPerson(let person):
      people[person.id] = person
      words[person.id] = Redacted(NameKey.words(of: person.name?.value ?? ""))
    case .removeUnit(let id): units[id] = nil
    case .removePerson(let id): (people[id], words[id]) = (nil, nil)
    }
  }

  /// What a change says that cannot be true; nil where it can be made.
  func contradiction(to change: DirectoryChange) -> String? {
    do {
      try check(change)
      return nil
    } catch {
      return "\(change.subject): \(error.reason.rawValue)"
    }
  }

  private func check(_ unit: DirectoryUnit) throws(Refusal) {
    guard unit.name.fits(Limits.nameBytes) else { throw Refusal(.badArgument, field: "name") }
    guard units[unit.id] != nil || units.count < Limits.unitsPerDirectory else {
      throw Refusal(.tooMany, field: "units")
    }
    var above = unit.parent
    var depth = 1
    while let id = above {
      guard let next = units[id] else { throw Refusal(.unitNotFound, field: "parent") }
      depth += 1
      guard id != unit.id, depth <= Limits.unitDepth else {
        throw Refusal(.badArgument, field: "parent")
      }
      above = next.parent
    }
  }

  private func check(_ person: DirectoryPerson) throws(Refusal) {
    guard units[person.unit] != nil else { throw Refusal(.unitNotFound, field: "unit") }
    guard person.role.fits(Limits.nameBytes) else { throw Refusal(.badArgument, field: "role") }
    for (field, text) in [
      ("given_name", person.givenName), ("family_name", person.familyName),
      ("title", person.title),
    ] {
      guard text?.value.fits(Limits.nameBytes) != false else {
        throw Refusal(.badArgument, field: field)
      }
    }
    guard people[person.id] != nil || people.count < Limits.peoplePerDirectory else {
      throw Refusal(.tooMany, field: "people")
    }
  }
}

/// A part of a clinic, in its directory. Its name is public.
public struct DirectoryUnit: Equatable, Sendable {
  /// The unit's identifier.
  public let id: UnitID
  /// What it is called, at most `Limits.nameBytes` bytes.
  public var name: String
  /// The unit that it is part of; nil: of the clinic itself.
  public var parent: UnitID?

  /// Joins the parts.
  public init(id: UnitID, name: String, parent: UnitID? = nil) {
    self.id = id
    self.name = name
    self.parent = parent
  }
}

/// A member of staff, in the clinic's directory.
public struct DirectoryPerson: Equatable, Sendable {
  /// Who.
  public let id: PersonID
  /// First name; nil once it has been deleted.
  public var givenName: Redacted<String>?
  /// Last name; nil once it has been deleted.
  public var familyName: Redacted<String>?
  /// The title that others are shown.
  public var title: Redacted<String>?
  /// The unit in which the person works.
  public var unit: UnitID
  /// The clinic's word for what the person does, by which the tree groups (`läkare`).
  public var role: String

  /// Joins the parts.
  public init(
    id: PersonID, givenName: Redacted<String>?, familyName: Redacted<String>?,
    title: Redacted<String>? = nil, unit: UnitID, role: String
  ) {
    self.id = id
    self.givenName = givenName
    self.familyName = familyName
    self.title = title
    self.unit = unit
    self.role = role
  }

  /// First and last name; nil where both have been deleted.
  public var name: Redacted<String>? {
    let parts = [givenName, familyName].compactMap { $0?.value }
    return parts.isEmpty ? nil : Redacted(parts.joined(separator: " "))
  }
}

/// One change of a directory.
public enum DirectoryChange: Equatable, Sendable {
  /// A unit is there, or is different.
  case setUnit(DirectoryUnit)
  /// A unit without people and parts is there no more.
  case removeUnit(UnitID)
  /// Somebody works here, or is different.
  case setPerson(DirectoryPerson)
  /// Somebody works here no more.
  case removePerson(PersonID)

  /// What it is about, as a text for records.
  var subject: String {
    switch self {
    case .setUnit(let unit): unit.id.text
    case .removeUnit(let id): id.text
    case .setPerson(let person): person.id.text
    case .removePerson(let id): id.text
    }
  }
}
