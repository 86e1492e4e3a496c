import Primitives
import Signaling
import Visits

/// Which sessions are for no visit in particular, by person and by unit: staff of the whole clinic,
/// and apps of patients and proxies. They are told about visits that they take no part in.
struct Listening: Sendable {
  private var people: [PersonID: Set<SessionID>] = [:]
  private var units: [UnitID: Set<SessionID>] = [:]

  /// Adds a session.
  mutating func insert(_ session: SessionID, _ identity: Identity) {
    people[identity.person, default: []].insert(session)
    for unit in identity.units { units[unit, default: []].insert(session) }
  }

  /// Takes a session out.
  mutating func remove(_ session: SessionID, _ identity: Identity) {
    people[identity.person]?.remove(session)
    if people[identity.person]?.isEmpty == true { people[identity.person] = nil }
    for unit in identity.units {
      units[unit]?.remove(session)
      if units[unit]?.isEmpty == true { units[unit] = nil }
    }
  }

  /// The sessions of these people.
  func sessions(of people: some Sequence<PersonID>) -> Set<SessionID> {
    people.reduce(into: []) { $0.formUnion(self.people[$1] ?? []) }
  }

  /// The sessions of those who work in a unit.
  func sessions(in unit: UnitID?) -> Set<SessionID> { unit.flatMap { units[$0] } ?? [] }
}
