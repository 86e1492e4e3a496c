import Engine
import Primitives
import Security
import Testing
import Visits

@Suite struct APIDoorTests {
  @Test(arguments: [nil, "", "Bearer", "Basic abc", "Bearer a.b.c"])
  func withoutAGoodTokenNobodyIsLetIn(authorization: String?) throws {
    var bench = try ControlBench()
    let answer = try bench.answerTo(
      HTTPRequest(
        method: "GET", path: "/v1/visits", authorization: authorization.map { Redacted($0) }))
    #expect(answer.status == 401)
    #expect(answer["www-authenticate"]?.hasPrefix("Bearer") == true)
    #expect(answer.contentType == "application/problem+json")
    #expect(answer.json["field"] == "Authorization")
  }

  @Test func aPersonsTokenIsNotABackEnds() throws {
    var bench = try ControlBench()
    let token = bench.token(["role": "staff"], of: "per_doctor")
    #expect(bench.ask("GET", "/v1/visits", token: token)?.status == 403)
  }

  @Test func aRefusedTokenIsOnRecord() throws {
    var bench = try ControlBench()
    _ = bench.ask("GET", "/v1/visits", token: "a.b.c")
    #expect(bench.audited.last?.action == AuditEntry.Deed.sessionRefused.rawValue)
  }

  @Test func aPathThatTakesOtherMethodsSaysWhich() throws {
    var bench = try ControlBench()
    let answer = try bench.answer("PUT", "/v1/visits/vis_demo")
    #expect(answer.status == 405 && answer["allow"] == "GET, HEAD, PATCH, DELETE")
    #expect(bench.ask("GET", "/v1/nothing")?.status == 404)
    #expect(bench.ask("POST", "/v1/visits/")?.status == 404)
    #expect(bench.ask("HEAD", "/v1/visits")?.status == 200)
  }

  @Test func moreThanTheLimitInASecondIsRefused() throws {
    var bench = try ControlBench()
    for _ in 0..<Limits.callsPerSecond {
      #expect(bench.ask("GET", "/v1/visits/vis_demo/call")?.status == 200)
    }
    let answer = try bench.answer("GET", "/v1/visits/vis_demo/call")
    #expect(answer.status == 429 && answer["retry-after"] == "1")
    bench.pass(.seconds(1))
    #expect(bench.ask("GET", "/v1/visits/vis_demo/call")?.status == 200)
  }

  @Test func theOperatorsRoutesAreOnTheirOwnPortAlone() throws {
    var bench = try ControlBench()
    #expect(bench.ask("GET", "/v1/admin/sessions")?.status == 404)
    #expect(bench.ask("GET", "/v1/visits", port: .admin)?.status == 404)
    _ = bench.staff()
    let sessions = try bench.answer("GET", "/v1/admin/sessions", port: .admin)
    #expect(sessions.json["sessions"]?.array?.count == 1)
    #expect(sessions.json["sessions"]?.array?.first?["role"] == "staff")
    #expect(bench.audited.last?.action == AuditEntry.Deed.clinicRead.rawValue)
    #expect(
      bench.ask("PUT", "/v1/admin/log-level", ["level": "debug"], port: .admin)?.status == 200)
    #expect(bench.operations == [.setLogLevel(.debug)])
    #expect(bench.ask("PUT", "/v1/admin/log-level", ["level": "loud"], port: .admin)?.status == 400)
    #expect(bench.ask("POST", "/v1/admin/drain", port: .admin)?.status == 200)
    #expect(bench.operations.last == .drain)
  }
}

@Suite struct APIVisitTests {
  @Test func aVisitIsBookedShownChangedStartedAndClosed() throws {
    var bench = try ControlBench()
    let (path, booked) = try bench.bookOverHTTP()
    #expect(booked["visit"]?["responsible"]?["person"] == "per_doctor")
    #expect(booked["invites"]?.array?.count == 1)
    let shown = try bench.answer("GET", path)
    #expect(shown.json["visit"] == booked["visit"])
    let tag = try #require(shown["etag"])
    let changed = try bench.answer("PATCH", path, ["heading": "Feber"], match: tag)
    #expect(changed.status == 200 && changed.json["visit"]?["heading"] == "Feber")
    #expect(changed["etag"] != tag)
    #expect(bench.ask("POST", path + "/start")?.json["visit"]?["state"] == "ongoing")
    let closed = try bench.answer("POST", path + "/close")
    #expect(closed.status == 202 && closed.json["visit"]?["state"] == "closed")
    #expect(bench.ask("POST", path + "/start")?.status == 409)
  }

  @Test func aChangeNamesTheVersionThatItChanges() throws {
    var bench = try ControlBench()
    let (path, _) = try bench.bookOverHTTP()
    let tag = try require(bench.answer("GET", path)["etag"])
    #expect(bench.ask("PATCH", path, ["heading": "A"])?.status == 428)
    #expect(bench.ask("PATCH", path, ["heading": "A"], match: "\"0\"")?.status == 412)
    #expect(bench.ask("PATCH", path, ["heading": "A"], match: tag)?.status == 200)
    #expect(bench.ask("PATCH", path, ["heading": "B"], match: tag)?.reason == "version_mismatch")
    #expect(bench.ask("DELETE", path, match: tag)?.status == 412)
    #expect(bench.ask("DELETE", path)?.json["visit"]?["state"] == "cancelled")
  }

  @Test func aVersionThatTheDiskDidNotTakeNamesNoOther() throws {
    var bench = try ControlBench()
    let (path, _) = try bench.bookOverHTTP()
    let written = try require(bench.answer("GET", path)["etag"])
    bench.storeAnswers = false
    _ = bench.ask("PATCH", path, ["heading": "A"], match: written)
    let unwritten = try require(bench.answer("GET", path)["etag"])
    #expect(unwritten != written)
    bench.unstored = []
    bench.give(.storeFailed)
    #expect(try bench.answer("GET", path)["etag"] == written)
    bench.storeAnswers = true
    bench.pass(.seconds(1))
    #expect(bench.ask("PATCH", path, ["heading": "B"], match: unwritten)?.status == 412)
    let changed = try bench.answer("PATCH", path, ["heading": "B"], match: written)
    #expect(changed.status == 200 && changed["etag"] != unwritten)
    #expect(try bench.answer("GET", path)["etag"] == changed["etag"])
  }

  @Test func aRefusalNamesFieldAndReason() throws {
    var bench = try ControlBench()
    let missing = try bench.answer("POST", "/v1/visits", ["responsible": ["person": "per_a"]])
    #expect(missing.status == 400 && missing.json["field"] == "type")
    let wrong = try bench.answer(
      "POST", "/v1/visits",
      [
        "type": "videobesök", "responsible": ["person": "per_a"],
        "patient": ["name": "Kim", "phone": "12"],
      ])
    #expect(wrong.status == 422 && wrong.reason == "bad_phone_number")
    #expect(wrong.json["field"] == "patient.phone")
    #expect(bench.ask("POST", "/v1/visits", ["a": 1], query: [])?.status == 400)
    #expect(
      bench.ask("GET", "/v1/visits", query: [HTTPField("limit", "x")])?.json["field"] == "limit")
    #expect(bench.ask("GET", "/v1/visits", query: [HTTPField("colour", "x")])?.status == 400)
  }

  @Test func anotherFormThanJSONIsNotTaken() throws {
    var bench = try ControlBench()
    func request(_ type: String?, _ body: String) -> HTTPRequest {
      HTTPRequest(
        method: "POST", path: "/v1/visits", authorization: Redacted("Bearer " + bench.backEndToken),
        contentType: type, body: Redacted(Array(body.utf8)))
    }
    let requests = [
      (request("text/plain", "{}"), 415), (request(nil, "{}"), 415),
      (request("application/json; charset=utf-8", "{"), 400),
      (request("application/json", "[]"), 400),
      (request("application/json", "\"" + String(repeating: "x", count: 70_000) + "\""), 413),
    ]
    for (request, status) in requests { #expect(bench.send(request)?.status == status) }
  }

  @Test func thePortalSeesAPersonsVisitsWithTheirOwnLink() throws {
    var bench = try ControlBench()
    let (_, booked) = try bench.bookOverHTTP(["unit": "uni_a"])
    _ = try bench.bookOverHTTP()
    let patient = try #require(booked["visit"]?["patient"]?["person"]?.string)
    let list = try bench.answer("GET", "/v1/visits", query: [HTTPField("person", patient)])
    let visits = try #require(list.json["visits"]?.array)
    #expect(visits.count == 1 && visits.first?["id"] == booked["visit"]?["id"])
    let link = try #require(visits.first?["link"]?.string)
    let secret = try #require(link.split(separator: "#invite=").last)
    let connection = bench.connect()
    let opened = bench.call(connection, "session.open", ["invite": .string(String(secret))])
    #expect(opened["you"]?["role"] == "patient")
  }

  @Test func aListComesPageByPage() throws {
    var bench = try ControlBench()
    for _ in 0..<4 { _ = try bench.bookOverHTTP() }
    var seen: [JSON] = []
    var query = [HTTPField("limit", "2"), HTTPField("states", "booked,ongoing")]
    for _ in 0..<3 {
      let page = try bench.answer("GET", "/v1/visits", query: query).json
      seen += (page["visits"]?.array ?? []).compactMap { $0["id"] }
      guard let next = page["next"]?.string else { break }
      query = [HTTPField("limit", "2"), HTTPField("cursor", next)]
    }
    #expect(seen.count == 5 && Set(seen.map(\.description)).count == 5)
  }
}

@Suite struct APIDurabilityTests {
  @Test func whatGivesAccessIsAnsweredWhenItIsOnDisk() throws {
    var bench = try ControlBench()
    bench.storeAnswers = false
    let body: JSON = ["type": "videobesök", "responsible": ["person": "per_doctor"]]
    #expect(bench.ask("POST", "/v1/visits", body) == nil)
    #expect(bench.ask("GET", "/v1/visits")?.json["visits"]?.array?.count == 1)
    bench.give(.storeFailed)
    let refused = try #require(bench.responses.values.first { $0.status == 503 })
    #expect(refused.reason == "storage_unavailable")
  }

  @Test func whatTakesAwayIsAnsweredAtOnce() throws {
    var bench = try ControlBench()
    let (path, booked) = try bench.bookOverHTTP()
    let invite = try #require(booked["invites"]?.array?.first?["id"]?.string)
    bench.storeAnswers = false
    bench.give(.storeFailed)
    #expect(bench.ask("DELETE", path + "/invites/" + invite)?.status == 202)
    #expect(bench.ask("POST", path + "/invites", ["recipients": []])?.status == 400)
    #expect(bench.ask("DELETE", path)?.status == 202)
  }

  @Test func aRequestThatIsSentAgainUnderItsKeyMakesNothingNew() throws {
    var bench = try ControlBench()
    let body: JSON = [
      "type": "videobesök", "responsible": ["person": "per_doctor"],
      "guests": [["given_name": "Ali", "family_name": "Ek", "phone": "0701740605"]],
    ]
    let first = try bench.answer("POST", "/v1/visits", body, idempotencyKey: "k1")
    let again = try bench.answer("POST", "/v1/visits", body, idempotencyKey: "k1")
    #expect(first.status == 201 && again.status == 201 && first.json == again.json)
    let other = try bench.answer("POST", "/v1/visits", body, idempotencyKey: "k2")
    #expect(other.json["visit"]?["id"] != first.json["visit"]?["id"])
    let changed = body.members.map { JSON.object($0 + [.init("heading", "X")]) }
    let reused = try bench.answer("POST", "/v1/visits", changed, idempotencyKey: "k1")
    #expect(reused.status == 422 && reused.reason == "idempotency_key_reused")
    // Also after the daemon has ended and begun again.
    var restarted = try ControlBench(seed: 2, restoring: bench.stored)
    let afterwards = try restarted.answer("POST", "/v1/visits", body, idempotencyKey: "k1")
    #expect(afterwards.json["visit"]?["id"] == first.json["visit"]?["id"])
    #expect(restarted.plane.visits.visits.count == bench.plane.visits.visits.count)
    let path = try #require(first["location"])
    let recipients: JSON = [
      "recipients": [["given_name": "Bo", "family_name": "Ek", "phone": "0701740605"]]
    ]
    let invited = bench.ask("POST", path + "/invites", recipients, idempotencyKey: "k1")
    let twice = bench.ask("POST", path + "/invites", recipients, idempotencyKey: "k1")
    #expect(invited?.status == 201 && invited?.json == twice?.json)
    #expect(bench.ask("GET", path + "/invites")?.json["invites"]?.array?.count == 2)
  }
}
