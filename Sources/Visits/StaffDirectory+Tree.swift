import Primitives

/// A place in the tree unit → role → person.
public enum DirectoryNode: Hashable, Sendable {
  /// A unit.
  case unit(UnitID)
  /// Those of one role in a unit.
  case role(UnitID, String)
  /// A person.
  case person(PersonID)

  /// The text by which a client names the node: an identifier, or a unit's with the role after a
  /// slash.
  public var text: String {
    switch self {
    case .unit(let id): id.text
    case .role(let unit, let role): "\(unit)/\(role)"
    case .person(let id): id.text
    }
  }

  /// Reads the text that a client sends.
  public init?(_ text: String) {
    if let id = UnitID(text) {
      self = .unit(id)
    } else if let id = PersonID(text) {
      self = .person(id)
    } else if let slash = text.firstIndex(of: "/"), let unit = UnitID(String(text[..<slash])) {
      self = .role(unit, String(text[text.index(after: slash)...]))
    } else {
      return nil
    }
  }

  /// The word for its kind on the wire.
  public var kind: String {
    switch self {
    case .unit: "unit"
    case .role: "role"
    case .person: "person"
    }
  }
}

extension StaffDirectory {
  /// What stands directly below a node, or on top where none is named: units by name, then roles
  /// by name, or people by last name. Nothing below a person or a node that is not there.
  public func nodes(below node: DirectoryNode?) -> [DirectoryNode] {
    switch node {
    case nil: return units(below: nil)
    case .unit(let id):
      let roles = Set(people.values.filter { $0.unit == id }.map(\.role))
      return units(below: id) + Self.byName(roles.map { ($0, $0) }).map { .role(id, $0) }
    case .role(let unit, let role):
      let those = people.values.filter { $0.unit == unit && $0.role == role }
      return Self.sorted(those).map { .person($0.id) }
    case .person: return []
    }
  }

  /// What a node is called; nil where it is not there, or its name has been deleted.
  public func name(of node: DirectoryNode) -> Redacted<String>? {
    switch node {
    case .unit(let id): units[id].map { Redacted($0.name) }
    case .role(_, let role): Redacted(role)
    case .person(let id): people[id]?.name
    }
  }

  private func units(below parent: UnitID?) -> [DirectoryNode] {
    Self.byName(units.values.filter { $0.parent == parent }.map { ($0.name, $0.id) })
      .map { .unit($0) }
  }

  private static func byName<Value: Comparable>(_ named: [(String, Value)]) -> [Value] {
    let keyed = named.map { (key: NameKey.order(of: $0), value: $1) }
    let ordered = keyed.sorted { left, right in
      left.key == right.key
        ? left.value < right.value : left.key.lexicographicallyPrecedes(right.key)
    }
    return ordered.map(\.value)
  }
}
