import Primitives
import Security
import Visits

extension Identity {
  /// Who a verified token is about. Its claims must be well-formed, and for the clinic that its
  /// key belongs to; nil otherwise.
  init?(_ token: JWT, clinic: ClinicID) {
    let claims = token.claims
    guard let person = PersonID(token.subject), claims["clinic"]?.string == clinic.text,
      let role = claims["role"]?.string.flatMap(Role.init(rawValue:))
    else { return nil }
    func text(_ name: String) -> String? {
      guard let text = claims[name]?.string, (1...Limits.nameBytes).contains(text.utf8.count)
      else { return nil }
      return text
    }
    var visit: VisitID?
    if let claim = claims["visit"] {
      guard let id = claim.string.flatMap({ VisitID($0) }) else { return nil }
      visit = id
    }
    // Only staff has business with a whole clinic.
    guard role == .staff || visit != nil else { return nil }
    let entry = claims["admission"]?.string.flatMap(Entry.init(rawValue:)) ?? .direct
    let units = (claims["units"]?.array ?? []).prefix(Limits.participantsPerCall)
    self.init(
      clinic: clinic, visit: visit, role: role,
      kind: role == .guest ? text("kind").flatMap(GuestKind.init(rawValue:)) ?? .other : nil,
      person: person,
      identifiedBy: Self.identification(claims["identified_by"]?.string, role: role),
      units: Set(units.compactMap { $0.string.flatMap { UnitID($0) } }),
      entry: entry, name: text("name").map { Redacted($0) },
      title: text("title").map { Redacted($0) })
  }

  private static func identification(_ claim: String?, role: Role) -> Identification {
    claim.flatMap(Identification.init(rawValue:)) ?? (role == .staff ? .staff : .unverified)
  }
}
