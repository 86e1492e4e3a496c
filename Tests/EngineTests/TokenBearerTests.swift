import Engine
import Primitives
import Security
import Signaling
import Testing
import Visits

@Suite struct TokenBearerTests {
  private let key = JWTKey(id: "north-1", sharedSecret: Array(repeating: 7, count: 32))
  private let now = WallTime(milliseconds: 1_800_000_000_000)

  /// What a token with these claims makes of its holder.
  private func bearer(_ claims: JSON, subject: String = "per_1") throws -> TokenBearer? {
    let key = try #require(key)
    let clinic = try #require(ClinicID("cli_north"))
    let text = JWT.sign(
      subject: subject, claims: claims, from: now, for: .minutes(5), key: key)
    return TokenBearer(try JWT(verifying: text, keys: [key], now: now), clinic: clinic)
  }

  private func identity(_ claims: JSON) throws -> Identity? {
    guard case .person(let identity, _) = try bearer(claims) else { return nil }
    return identity
  }

  @Test func everyClaimIsRead() throws {
    let bearer = try bearer([
      "clinic": "cli_north", "visit": "vis_1", "role": "staff", "name": "Dr. Ek",
      "title": "Läkare", "unit": "uni_a", "units": ["uni_b"], "identified_by": "e_id",
      "admission": "lobby", "session_ttl": 3_600, "permissions": ["call.join", "chat.send"],
    ])
    let visit = try #require(VisitID("vis_1"))
    let units = ["uni_a", "uni_b"].compactMap { UnitID($0) }
    let expected = Identity(
      clinic: try #require(ClinicID("cli_north")), visit: visit, role: .staff,
      person: try #require(PersonID("per_1")), identifiedBy: .eID, units: Set(units),
      entry: .lobby, name: Redacted("Dr. Ek"), title: Redacted("Läkare"),
      permissions: ["call.join", "chat.send"])
    #expect(units.count == 2)
    #expect(bearer == .person(expected, sessionLifetime: .hours(1)))
  }

  @Test func aProxysPatientsAreRead() throws {
    let claims: JSON = ["clinic": "cli_north", "role": "proxy", "proxy_for": ["per_a", "per_b"]]
    #expect(try identity(claims)?.proxyFor?.map(\.text).sorted() == ["per_a", "per_b"])
    #expect(try identity(["clinic": "cli_north", "role": "proxy"])?.proxyFor == nil)
  }

  @Test func aBackEndsTokenIsForTheClinicAndNobody() throws {
    let clinic = try #require(ClinicID("cli_north"))
    let token: JSON = ["clinic": "cli_north", "role": "backend"]
    #expect(try bearer(token) == .backEnd(clinic, key: "north-1"))
    for more in [JSON.Member("visit", "vis_1"), JSON.Member("permissions", ["visit.list"])] {
      #expect(try bearer(.object((token.members ?? []) + [more])) == nil)
    }
  }

  @Test func whatIsNotSaidIsTheLeast() throws {
    let staff = try identity(["clinic": "cli_north", "role": "staff"])
    #expect(staff?.identifiedBy == .staff)
    #expect(staff?.units == [])
    let patient = try identity(["clinic": "cli_north", "role": "patient"])
    #expect(patient?.identifiedBy == .unverified)
    #expect(patient?.entry == .direct)
    #expect(patient?.permissions == nil)
  }

  @Test(
    arguments: [
      ("clinic", "cli_south"), ("clinic", nil), ("clinic", 1), ("role", "king"), ("role", nil),
      ("role", "guest"), ("visit", 7), ("visit", "inv_1"), ("kind", "friend"),
      ("admission", "always"), ("admission", true), ("identified_by", "staff"),
      ("identified_by", "personal_link"), ("identified_by", "general_link"), ("name", ""),
      ("name", 1), ("title", []), ("unit", "north"), ("units", "uni_a"), ("units", ["north"]),
      ("units", JSON.array(Array(repeating: "uni_a", count: Limits.claimElements + 1))),
      ("proxy_for", "per_a"), ("proxy_for", [1]), ("permissions", "all"), ("permissions", [1]),
      ("session_ttl", 0), ("session_ttl", 86_401), ("session_ttl", "60"),
      ("session_ttl", .number(1.5)),
    ] as [(String, JSON?)])
  func aClaimOfAnotherFormMakesTheTokenWorthless(name: String, value: JSON?) throws {
    let good: JSON = ["clinic": "cli_north", "role": "patient"]
    #expect(try bearer(good) != nil)
    let others = (good.members ?? []).filter { $0.name != name }
    let changed = value.map { [JSON.Member(name, $0)] } ?? []
    #expect(try bearer(.object(others + changed)) == nil)
  }

  @Test func anOddSubjectIsNobody() throws {
    let claims: JSON = ["clinic": "cli_north", "role": "patient"]
    for subject in ["19121212-1212", "vis_1", "per_", "per_ä", "per_a b"] {
      #expect(try bearer(claims, subject: subject) == nil)
    }
  }
}

@Suite struct ControlTokenTests {
  private func reason(_ answer: JSON) -> String { answer["data"]?["reason"]?.string ?? "done" }

  private func open(
    _ bench: inout ControlBench, _ claims: [JSON.Member], subject: String = "per_somebody"
  ) -> (ConnectionID, JSON) {
    let all: [JSON.Member] = [
      .init("clinic", .string(bench.demo.clinic.text)),
      .init("visit", .string(bench.demo.visit.text)),
    ]
    let token = JWT.sign(
      subject: subject, claims: .object(all + claims), from: bench.now.wall, for: .minutes(5),
      key: bench.key)
    let connection = bench.connect()
    return (connection, bench.call(connection, "session.open", ["token": .string(token)]))
  }

  @Test func aTokenCanAllowLessThanTheRoleAndNeverWithholdsTheWayOut() throws {
    var bench = try ControlBench()
    let permissions = JSON.Member("permissions", ["call.start", "participant.mute"])
    let (connection, _) = open(
      &bench, [.init("role", "staff"), permissions], subject: bench.demo.staff.text)
    #expect(reason(bench.call(connection, "call.start")) == "done")
    #expect(reason(bench.call(connection, "lobby.admit_all")) == "not_permitted")
    #expect(reason(bench.call(connection, "self.update", ["camera": true])) == "not_permitted")
    #expect(reason(bench.call(connection, "call.leave")) == "done")
  }

  @Test func aTokenNeverAllowsMoreThanTheRole() throws {
    var bench = try ControlBench()
    let permissions = JSON.Member("permissions", ["call.start", "call.join", "lobby.admit_all"])
    let (connection, _) = open(
      &bench, [.init("role", "patient"), permissions], subject: bench.demo.patient.text)
    #expect(reason(bench.call(connection, "call.start")) == "not_permitted")
    #expect(reason(bench.call(connection, "lobby.admit_all")) == "not_permitted")
  }

  @Test func theClinicsPolicyCapsWhatATokenClaims() throws {
    for policy in LobbyPolicy.allCases {
      var settings = ClinicSettings()
      settings.lobby = policy
      for admission in ["direct", "lobby"] {
        var bench = try ControlBench(settings: settings)
        bench.call(bench.staff(), "call.start")
        let (connection, _) = open(
          &bench, [.init("role", "patient"), .init("admission", .string(admission))],
          subject: bench.demo.patient.text)
        let place = bench.call(connection, "call.join")["place"]?.string
        let isFree = admission == "direct" && (policy == .off || policy == .generalLink)
        #expect(place == (isFree ? "call" : "lobby"), "\(policy) \(admission)")
      }
    }
  }

  /// S25: a bad token for somebody does nothing to the one who is there.
  @Test func aBadTokenForSomebodyElseChangesNothingForThem() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    _ = bench.take(staff)
    let other = try #require(
      JWTKey(id: DemoClinic.keyID, sharedSecret: Array(repeating: 8, count: 32)))
    let forged = bench.demo.staffToken(key: other, at: bench.now.wall)
    let connection = bench.connect()
    let answer = bench.call(connection, "session.open", ["token": .string(forged)])
    #expect(reason(answer) == "token_refused")
    #expect(bench.methods(staff) == [])
    #expect(bench.closed[staff] == nil)
    #expect(reason(bench.call(staff, "lobby.admit_all")) == "done")
  }
}
