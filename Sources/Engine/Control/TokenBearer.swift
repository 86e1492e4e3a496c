import Primitives
import Security
import Visits

/// Whom a verified token is about.
public enum TokenBearer: Equatable, Sendable {
  /// A person, who can open a session; it ends after `sessionLifetime` where that is given.
  case person(Identity, sessionLifetime: Duration?)
  /// A clinic's own back end, for the HTTP API; `key` is the name of the key that signed.
  case backEnd(ClinicID, key: String)

  /// What a token says as its `role` when it is a back end's.
  public static let backEndRole = "backend"
  /// The longest time that a token may give its session.
  public static let longestSession = Duration.hours(24)

  /// Reads the claims under `samtal`; `clinic` is the one that the key belongs to. A claim that is
  /// of another form than it should be makes the whole token worthless: nil.
  public init?(_ token: JWT, clinic: ClinicID) {
    let claims = ClaimReader(token.claims)
    guard claims["clinic"]?.string == clinic.text else { return nil }
    if claims["role"]?.string == Self.backEndRole {
      // A token that is meant to say less than all must not say all.
      guard claims["visit"] == nil, claims["permissions"] == nil else { return nil }
      self = .backEnd(clinic, key: token.issuer)
      return
    }
    guard let lifetime = claims.sessionLifetime, let identity = claims.identity(token, of: clinic)
    else { return nil }
    self = .person(identity, sessionLifetime: lifetime)
  }
}

/// Reads claims. What is not there is `.some(nil)`, what is there in another form is nil.
private struct ClaimReader {
  private let claims: JSON

  init(_ claims: JSON) { self.claims = claims }

  subscript(name: String) -> JSON? {
    guard let value = claims[name], value != .null else { return nil }
    return value
  }

  func identity(_ token: JWT, of clinic: ClinicID) -> Identity? {
    guard let person = PersonID(token.subject),
      let role = self["role"]?.string.flatMap(Role.init(rawValue:)),
      let visit = read("visit", { $0.string.flatMap { VisitID($0) } }),
      let kind = read("kind", { $0.string.flatMap(GuestKind.init(rawValue:)) }),
      let entry = read("admission", { $0.string.flatMap(Identity.Entry.init(rawValue:)) }),
      let identifiedBy = identification(of: role),
      let name = shownText("name"), let title = shownText("title"),
      let unit = read("unit", { $0.string.flatMap { UnitID($0) } }),
      let units = list("units", { $0.string.flatMap { UnitID($0) } }),
      let proxyFor = list("proxy_for", { $0.string.flatMap { PersonID($0) } }),
      let permissions = list("permissions", \.string)
    else { return nil }
    // A guest has no business but one visit.
    guard role != .guest || visit != nil else { return nil }
    return Identity(
      clinic: clinic, visit: visit, role: role, kind: role == .guest ? kind ?? .other : nil,
      person: person, identifiedBy: identifiedBy,
      units: Set((units ?? []) + [unit].compactMap { $0 }), entry: entry ?? .direct,
      name: name.map { Redacted($0) }, title: title.map { Redacted($0) },
      proxyFor: proxyFor.map { Set($0) }, permissions: permissions.map { Set($0) })
  }

  /// The time that the token gives its session, from a second to a day.
  var sessionLifetime: Duration?? {
    read("session_ttl") { value -> Duration? in
      guard let seconds = value.integer,
        (1...Int64(TokenBearer.longestSession.seconds)).contains(seconds)
      else { return nil }
      return .seconds(Int(seconds))
    }
  }

  /// How the clinic has identified the person. Links are the daemon's own to say, and only staff
  /// is shown as staff.
  private func identification(of role: Role) -> Identification? {
    guard let claim = read("identified_by", { $0.string.flatMap(Identification.init(rawValue:)) })
    else { return nil }
    switch claim {
    case nil: return role == .staff ? .staff : .unverified
    case .staff: return role == .staff ? .staff : nil
    case .personalLink, .generalLink: return nil
    case .eID, .unverified: return claim
    }
  }

  private func shownText(_ name: String) -> String?? {
    read(name) { value in
      value.string.flatMap { (1...Limits.nameBytes).contains($0.utf8.count) ? $0 : nil }
    }
  }

  private func list<Element>(_ name: String, _ element: (JSON) -> Element?) -> [Element]?? {
    read(name) { value in
      guard let values = value.array, values.count <= Limits.claimElements else { return nil }
      let elements = values.compactMap(element)
      return elements.count == values.count ? elements : nil
    }
  }

  private func read<Value>(_ name: String, _ value: (JSON) -> Value?) -> Value?? {
    guard let claim = self[name] else { return .some(nil) }
    return value(claim).map { .some($0) }
  }
}
