import Primitives

extension StaffDirectory {
  /// The people whose names have, for each word of the query, a word that begins with it: in any
  /// order, in capitals or not, å, ä and ö as letters of their own, accents aside. By last name
  /// and first name, at most `limit` and `Limits.directoryMatches`; nobody for an empty query.
  public func people(matching query: String, limit: Int = Limits.directoryMatches)
    -> [DirectoryPerson]
  {
    guard query.utf8.count <= Limits.queryBytes else { return [] }
    let wanted = NameKey.words(of: query)
    guard !wanted.isEmpty, limit > 0 else { return [] }
    let found = people.values.filter { person in
      wanted.allSatisfy { word in
        words[person.id]?.value.contains { $0.hasPrefix(word) } == true
      }
    }
    return Array(Self.sorted(found).prefix(min(limit, Limits.directoryMatches)))
  }

  /// By last name, first name and, for those of the same name, identifier.
  static func sorted(_ people: [DirectoryPerson]) -> [DirectoryPerson] {
    let keyed = people.map { person in
      (
        person: person, family: NameKey.order(of: person.familyName?.value ?? ""),
        given: NameKey.order(of: person.givenName?.value ?? "")
      )
    }
    let ordered = keyed.sorted { left, right in
      if left.family != right.family { return left.family.lexicographicallyPrecedes(right.family) }
      if left.given != right.given { return left.given.lexicographicallyPrecedes(right.given) }
      return left.person.id < right.person.id
    }
    return ordered.map(\.person)
  }
}
