import Primitives
import Visits

/// What a clinic's back end says of a token that it wants.
public struct TokenParameters: Equatable, Sendable {
  /// Whom the token is for.
  public var person: PersonID
  /// As what: staff, patient or proxy.
  public var role: Role
  /// The one visit that it is for; nil: all that role and relation allow.
  public var visit: VisitID?
  /// How long a session can be opened with it.
  public var lifetime: Duration
  /// The claims under `samtal`, besides clinic, visit and role.
  public var claims: [JSON.Member]

  /// The longest time for which a token is made.
  public static let longestLifetime = Duration.hours(1)

  /// Reads the arguments.
  public init(_ params: JSON) throws(SignalingError) {
    let reader = ParameterReader(params)
    person = try reader.identifier("person", PersonID.self)
    role = try reader.word("role", Role.self)
    guard role != .guest else {
      throw reader.bad("role", "unknown_value", "is one of staff, patient, proxy")
    }
    visit = try reader.optionalIdentifier("visit", VisitID.self)
    let longest = Int(Self.longestLifetime.seconds)
    lifetime = .seconds(try reader.optionalCount("lifetime", 1...longest) ?? 300)
    claims = try Self.readClaims(reader)
  }

  private static func readClaims(_ reader: ParameterReader) throws(SignalingError) -> [JSON.Member]
  {
    var claims: [JSON.Member] = []
    func add(_ name: String, _ value: JSON?) {
      if let value { claims.append(.init(name, value)) }
    }
    for name in ["name", "title"] {
      let text = try reader.optionalName(name, maximumBytes: Limits.nameBytes)
      add(name, text.map { .string($0.value) })
    }
    add("unit", try reader.optionalIdentifier("unit", UnitID.self).map { .string($0.text) })
    let most = Limits.claimElements
    let units = try reader.identifiers("units", UnitID.self, maximum: most)
    add("units", units.map { .array($0.map { .string($0.text) }) })
    let patients = try reader.identifiers("proxy_for", PersonID.self, maximum: most)
    add("proxy_for", patients.map { .array($0.map { .string($0.text) }) })
    let permissions = try reader.optionalWords("permissions", SignalingMethod.self)
    add("permissions", permissions.map { .array($0.map { .string($0.rawValue) }) })
    let identification = try reader.optionalWord("identified_by", Identification.self)
    add("identified_by", identification.map { .string($0.rawValue) })
    let entry = try reader.optionalWord("admission", EntryWord.self)
    add("admission", entry.map { .string($0.rawValue) })
    add(
      "session_ttl", try reader.optionalCount("session_ttl", 1...86_400).map { .integer(Int64($0)) }
    )
    return claims
  }

  private enum EntryWord: String, CaseIterable { case direct, lobby }
}

/// Which rows of the audit log a clinic's back end wants to read: those to which all applies.
public struct AuditQuery: Equatable, Sendable {
  /// Those of the clinic that asks; nothing else is ever read.
  public var clinic: ClinicID
  /// Those about one visit.
  public var visit: VisitID?
  /// Those from then on.
  public var from: WallTime?
  /// Those before then.
  public var to: WallTime?
  /// Those after the row with this number.
  public var after: Int64
  /// How many at most.
  public var limit: Int

  /// Reads the arguments.
  public init(_ params: JSON, clinic: ClinicID) throws(SignalingError) {
    let reader = ParameterReader(params)
    self.clinic = clinic
    visit = try reader.optionalIdentifier("visit", VisitID.self)
    from = try reader.optionalTime("from")
    to = try reader.optionalTime("to")
    after = Int64(try reader.optionalCount("cursor", 0...9_007_199_254_740_991) ?? 0)
    limit = try reader.optionalCount("limit", 1...Limits.auditRowsPerPage) ?? 100
  }
}

extension PersonRecord {
  /// Reads the member of staff who is to answer for a visit: `responsible`, with `person` and, for
  /// those who are shown it, `name` and `title`. Nil where there is no such argument.
  public static func responsible(in params: JSON) throws(SignalingError) -> PersonRecord? {
    guard let reader = try ParameterReader(params).nested("responsible") else { return nil }
    return PersonRecord(
      id: try reader.identifier("person", PersonID.self),
      name: try reader.optionalName("name", maximumBytes: Limits.nameBytes),
      title: try reader.optionalName("title", maximumBytes: Limits.nameBytes))
  }
}

extension DirectoryChange {
  /// Reads changes of a directory, in the order in which they can be made: `units` and `people`
  /// that are there from now on, `removed_people` and `removed_units` that are not.
  public static func list(in params: JSON) throws(SignalingError) -> [DirectoryChange] {
    let reader = ParameterReader(params)
    let most = Limits.directoryChanges
    var changes: [DirectoryChange] = []
    for entry in try reader.optionalList("units", maximum: most) ?? [] {
      changes.append(
        .setUnit(
          DirectoryUnit(
            id: try entry.identifier("id", UnitID.self),
            name: try entry.name("name"),
            parent: try entry.optionalIdentifier("parent", UnitID.self)
          )))
    }
    for entry in try reader.optionalList("people", maximum: most) ?? [] {
      changes.append(
        .setPerson(
          DirectoryPerson(
            id: try entry.identifier("person", PersonID.self),
            givenName: try entry.optionalName("given_name", maximumBytes: Limits.nameBytes),
            familyName: try entry.optionalName("family_name", maximumBytes: Limits.nameBytes),
            title: try entry.optionalName("title", maximumBytes: Limits.nameBytes),
            unit: try entry.identifier("unit", UnitID.self), role: try entry.name("role"))))
    }
    for id in try reader.identifiers("removed_people", PersonID.self, maximum: most) ?? [] {
      changes.append(.removePerson(id))
    }
    for id in try reader.identifiers("removed_units", UnitID.self, maximum: most) ?? [] {
      changes.append(.removeUnit(id))
    }
    return changes
  }
}

extension ParameterReader {
  /// A public text that must be there, in one line.
  fileprivate func name(_ name: String) throws(SignalingError) -> String {
    guard let text = try optionalName(name, maximumBytes: Limits.nameBytes) else {
      throw missing(name)
    }
    return text.value
  }
}
