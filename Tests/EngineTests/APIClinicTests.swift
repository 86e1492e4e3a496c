import Engine
import Primitives
import Security
import Testing
import Visits

@Suite struct APIClinicTests {
  @Test func settingsAreShownAndChangedInPart() throws {
    var bench = try ControlBench()
    let path = "/v1/clinics/\(bench.demo.clinic)/settings"
    let shown = try bench.answer("GET", path)
    #expect(shown.json["lobby"] == "everyone")
    let tag = try #require(shown["etag"])
    #expect(bench.ask("PATCH", path, ["lobby": "off"])?.status == 428)
    let changed = try bench.answer("PATCH", path, ["lobby": "off"], match: tag)
    #expect(changed.status == 200 && changed.json["lobby"] == "off")
    #expect(changed.json["rings"] == shown.json["rings"])
    #expect(bench.ask("PATCH", path, ["lobby": "links"], match: tag)?.status == 412)
    let wrong = try bench.answer("PATCH", path, ["rings": "long"], match: changed["etag"])
    #expect(wrong.status == 422 && wrong.json["field"] == "rings")
  }

  @Test func theDirectoryIsChangedAsAWhole() throws {
    var bench = try ControlBench()
    let path = "/v1/clinics/\(bench.demo.clinic)/directory"
    let tag = try require(bench.answer("GET", path)["etag"])
    let changes: JSON = [
      "units": [["id": "uni_a", "name": "Mottagningen"]],
      "people": [
        ["person": "per_a", "given_name": "Åsa", "unit": "uni_a", "role": "läkare"],
        ["person": "per_b", "unit": "uni_nowhere", "role": "läkare"],
      ],
    ]
    #expect(bench.ask("PATCH", path, changes, match: tag)?.status == 422)
    #expect(bench.ask("GET", path)?.json["units"] == [])
    let good: JSON = .object([
      .init("units", changes["units"] ?? []),
      .init("people", .array([changes["people"]?.array?.first ?? .null])),
    ])
    let changed = try bench.answer("PATCH", path, good, match: tag)
    #expect(changed.status == 200 && changed.json["people"]?.array?.first?["given_name"] == "Åsa")
    let removed = bench.ask(
      "PATCH", path, ["removed_people": ["per_a"], "removed_units": ["uni_a"]],
      match: changed["etag"])
    #expect(removed?.json == ["units": [], "people": []])
  }

  @Test func anotherClinicIsNotThere() throws {
    var bench = try ControlBench()
    let (path, booked) = try bench.bookOverHTTP()
    let other = try #require(ClinicID("cli_other"))
    let invite = try #require(booked["invites"]?.array?.first?["id"]?.string)
    bench.give(.administer(.createClinic(other, name: "En annan", settings: ClinicSettings())))
    for (method, place) in [
      ("GET", "settings"), ("PATCH", "settings"), ("GET", "directory"), ("GET", "backgrounds"),
      ("PUT", "backgrounds/bac_a"), ("DELETE", "backgrounds/bac_a"),
    ] {
      #expect(bench.ask(method, "/v1/clinics/cli_other/\(place)", [:])?.status == 404)
    }
    let id = try #require(VisitID("vis_other"))
    let doctor = PersonRecord(id: try #require(PersonID("per_x")))
    bench.give(
      .administer(
        .createVisit(VisitDraft(id: id, clinic: other, type: "videobesök", responsible: doctor))))
    #expect(bench.plane.visits.visits[id] != nil)
    for (method, place) in [
      ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/start"), ("POST", "/close"),
      ("GET", "/invites"), ("POST", "/invites"), ("DELETE", "/invites/" + invite),
      ("POST", "/invites/\(invite)/resend"), ("GET", "/general-link"), ("POST", "/general-link"),
      ("DELETE", "/general-link"), ("GET", "/call"), ("DELETE", "/call"),
    ] {
      #expect(bench.ask(method, "/v1/visits/vis_other" + place, [:])?.status == 404)
    }
    #expect(bench.ask("GET", path)?.status == 200)
    #expect(bench.ask("GET", "/v1/visits")?.json["visits"]?.array?.count == 2)
  }

  @Test func aTokenOpensASession() throws {
    var bench = try ControlBench()
    let answer = try bench.answer(
      "POST", "/v1/tokens",
      ["person": "per_eva", "role": "staff", "name": "Eva Ek", "lifetime": 60])
    #expect(answer.status == 201)
    #expect(answer.json["expires"] == .integer(bench.now.wall.milliseconds + 60_000))
    let connection = bench.connect()
    let opened = bench.call(connection, "session.open", ["token": answer.json["token"] ?? .null])
    #expect(opened["you"]?["name"] == "Eva Ek")
    let guest: JSON = ["person": "per_eva", "role": "guest"]
    #expect(bench.ask("POST", "/v1/tokens", guest)?.json["field"] == "role")
    let elsewhere: JSON = ["person": "per_eva", "role": "staff", "visit": "vis_nowhere"]
    #expect(bench.ask("POST", "/v1/tokens", elsewhere)?.json["field"] == "visit")
  }

  @Test func theCallIsShownAndEnded() throws {
    var bench = try ControlBench()
    #expect(bench.ask("GET", "/v1/visits/vis_demo/call")?.json["call"] == .some(.null))
    #expect(bench.ask("DELETE", "/v1/visits/vis_demo/call")?.reason == "no_call")
    let staff = bench.staff()
    bench.call(staff, "call.start")
    #expect(bench.ask("GET", "/v1/visits/vis_demo/call")?.json["call"]?["state"] == "open")
    #expect(bench.ask("DELETE", "/v1/visits/vis_demo")?.reason == "call_open")
    #expect(bench.ask("DELETE", "/v1/visits/vis_demo/call")?.json["call"] == .some(.null))
  }

  @Test func theGeneralLinkIsMadeRotatedAndSwitchedOff() throws {
    var bench = try ControlBench()
    let path = "/v1/visits/vis_demo/general-link"
    let first = try require(bench.answer("GET", path).json["link"]?.string)
    let second = try require(bench.answer("POST", path).json["link"]?.string)
    #expect(first != second)
    #expect(bench.ask("DELETE", path)?.json["link"] == .some(.null))
    #expect(bench.ask("GET", path)?.json["link"] == .some(.null))
    #expect(bench.ask("POST", path)?.json["link"]?.string != nil)
  }
}

@Suite struct APIBackgroundTests {
  private static let png: [UInt8] = [0x89] + Array("PNG\r\n\u{1A}\n".utf8) + [1, 2, 3]

  private func put(
    _ bench: inout ControlBench, _ id: String, _ bytes: [UInt8], type: String = "image/png"
  ) -> HTTPResponse? {
    bench.send(
      HTTPRequest(
        method: "PUT", path: "/v1/clinics/\(bench.demo.clinic)/backgrounds/\(id)",
        authorization: Redacted("Bearer " + bench.backEndToken), contentType: type,
        body: Redacted(bytes)))
  }

  @Test func anImageIsPutUpShownToAnybodyAndTakenDown() throws {
    var bench = try ControlBench()
    let folder = "/v1/clinics/\(bench.demo.clinic)/backgrounds"
    #expect(put(&bench, "bac_a", Self.png)?.status == 200)
    #expect(bench.ask("GET", folder)?.json["backgrounds"]?.array?.first?["id"] == "bac_a")
    let image = try bench.answerTo(HTTPRequest(method: "GET", path: folder + "/bac_a"))
    #expect(image.body == Self.png && image.contentType == "image/png")
    #expect(image["x-content-type-options"] == "nosniff")
    #expect(bench.ask("DELETE", folder + "/bac_a")?.status == 200)
    #expect(bench.images.isEmpty)
    #expect(bench.send(HTTPRequest(method: "GET", path: folder + "/bac_a"))?.status == 404)
    #expect(bench.ask("DELETE", folder + "/bac_a")?.status == 404)
  }

  @Test func whatIsNoImageIsRefused() throws {
    var bench = try ControlBench()
    let large = Self.png + [UInt8](repeating: 0, count: Limits.backgroundBytes)
    #expect(put(&bench, "bac_a", Array("<svg/>".utf8))?.status == 415)
    #expect(put(&bench, "bac_a", Array("<svg/>".utf8), type: "image/svg+xml")?.status == 415)
    #expect(put(&bench, "bac_a", large)?.status == 413)
    #expect(put(&bench, "vis_a", Self.png)?.status == 404)
    #expect(bench.images.isEmpty)
  }

  @Test func anImageThatIsNotKeptIsNotPutUp() throws {
    var bench = try ControlBench()
    bench.imagesAnswer = false
    #expect(put(&bench, "bac_a", Self.png)?.status == 503)
    let list = bench.ask("GET", "/v1/clinics/\(bench.demo.clinic)/backgrounds")
    #expect(list?.json["backgrounds"] == [])
  }
}

@Suite struct APIAuditTests {
  @Test func theAuditLogIsReadAPageAtATimeAndSaysSo() throws {
    var bench = try ControlBench()
    for _ in 0..<3 { #expect(bench.ask("GET", "/v1/audit")?.status == 200) }
    let first = try bench.answer("GET", "/v1/audit", query: [HTTPField("limit", "2")])
    let entries = try #require(first.json["entries"]?.array)
    #expect(entries.count == 2 && entries.allSatisfy { $0["action"] == "audit.read" })
    #expect(entries.first?["author"] == "key:demo")
    let next = try #require(first.json["next"]?.integer)
    let second = bench.ask(
      "GET", "/v1/audit", query: [HTTPField("limit", "50"), HTTPField("cursor", "\(next)")])
    #expect(second?.json["entries"]?.array?.count == 3)
    #expect(second?.json["next"] == nil)
    #expect(bench.ask("GET", "/v1/audit", query: [HTTPField("limit", "0")])?.status == 400)
  }
}
