import Engine
import Primitives
import Security
import Signaling
import Testing
import Visits

@Suite struct ControlVisitTests {
  @Test func aVisitIsBookedMovedAndCancelled() throws {
    var bench = try ControlBench()
    let staff = bench.clinicStaff()
    let booked = bench.call(staff, "visit.create", bench.booking(in: 24))
    let visit = booked["visit"] ?? .null
    let id = visit["id"] ?? .null
    #expect(visit["state"] == "booked")
    #expect(visit["heading"] == "Utslag")
    #expect(visit["relation"] == "responsible")
    #expect(visit["patient"]?["name"] == "Kim Berg")
    #expect(visit["patient"]?["phone"] == "+46701740605")
    #expect(booked["warnings"] == [])
    #expect(booked["invites"]?.array?.map { $0["role"] } == ["patient"])

    let moved = bench.call(staff, "visit.update", ["visit": id, "heading": "", "ends": .null])
    #expect(moved["visit"]?["heading"] == nil)
    #expect(moved["visit"]?["scheduled"] == visit["scheduled"], "\(moved)")
    #expect(bench.call(staff, "visit.cancel", ["visit": id])["visit"]?["state"] == "cancelled")
    let late = bench.call(staff, "visit.update", ["visit": id, "heading": "x"])
    #expect(bench.reason(late) == "visit_cancelled")
  }

  @Test func aBadNumberNamesWhoseItIs() throws {
    var bench = try ControlBench()
    let staff = bench.clinicStaff()
    let refused = bench.call(
      staff, "visit.create",
      bench.booking(
        in: 24, ["proxies": [["name": "Eva", "phone": "0701234567"], ["phone": "12"]]]))
    #expect(bench.reason(refused) == "bad_phone_number")
    #expect(refused["data"]?["field"]?.string?.hasPrefix("proxies[1]") == true)
  }

  @Test func overlapsAreWarnedOf() throws {
    var bench = try ControlBench()
    let staff = bench.clinicStaff()
    bench.call(staff, "visit.create", bench.booking(in: 24))
    let second = bench.call(staff, "visit.create", bench.booking(in: 24))
    #expect(second["warnings"]?.array?.map { $0["code"] } == ["staff_overlap"])
    #expect(second["visit"]?["state"] == "booked")
  }

  @Test func aListComesInPagesInTheOrderOfTime() throws {
    var bench = try ControlBench()
    let staff = bench.clinicStaff()
    for hours in [3, 1, 2] { bench.call(staff, "visit.create", bench.booking(in: hours)) }
    let query: JSON = ["states": ["booked"], "limit": 2]
    let first = bench.call(staff, "visit.list", query)
    let next = first["next"] ?? .null
    let second = bench.call(
      staff, "visit.list", ["states": ["booked"], "limit": 2, "cursor": next])
    let times = [first, second].flatMap { $0["visits"]?.array ?? [] }.compactMap {
      $0["scheduled"]?.integer
    }
    #expect(times == (1...3).map { (bench.now.wall + .hours($0)).milliseconds })
    #expect(second["next"] == nil)
    let odd = bench.call(staff, "visit.list", ["cursor": "x"])
    #expect(odd["data"]?["field"] == "cursor")
  }

  @Test func addedStaffIsToldOfTheVisitUntilTheyAreReleased() throws {
    var bench = try ControlBench()
    let colleague = bench.clinicColleague()
    let staff = bench.clinicStaff()
    let id = bench.call(staff, "visit.create", bench.booking(in: 2))["visit"]?["id"] ?? .null
    #expect(bench.take(colleague).isEmpty, "not their visit")

    let person = JSON.string(ControlBench.colleague)
    let added = bench.call(staff, "visit.add_staff", ["visit": id, "person": person])
    #expect(added["visit"]?["staff"]?.array?.count == 2)
    let told = bench.take(colleague)
    #expect(told.map(\.method) == ["visit.changed"])
    #expect(told.first?.params["visit"]?["relation"] == "added")
    #expect(told.first?.params["visit"]?["heading"] == "Utslag")
    #expect(told.first?.params["visit"]?["patient"] == nil)

    bench.call(staff, "visit.remove_staff", ["visit": id, "person": person])
    #expect(bench.take(colleague).last?.params["visit"] == ["id": id, "relation": "none"])
    bench.call(staff, "visit.update", ["visit": id, "heading": "Annat"])
    #expect(bench.take(colleague).isEmpty)
  }

  @Test func whatIsNotOnDiskIsToldToNobody() throws {
    var bench = try ControlBench()
    let colleague = bench.clinicColleague()
    let staff = bench.clinicStaff()
    let id = bench.call(staff, "visit.create", bench.booking(in: 2))["visit"]?["id"] ?? .null
    bench.storeAnswers = false
    let person = JSON.string(ControlBench.colleague)
    let request = bench.send(staff, "visit.add_staff", ["visit": id, "person": person])
    #expect(bench.take(colleague).isEmpty)
    bench.give(.storeFailed)
    #expect(bench.reason(bench.response(staff, request) ?? .null) == "storage_unavailable")
    #expect(bench.take(colleague).isEmpty)
  }

  @Test func whoTakesOverIsToldToAllWhomItConcerns() throws {
    var bench = try ControlBench()
    let colleague = bench.clinicColleague()
    let staff = bench.staff()
    let visit = JSON.string(bench.demo.visit.text)
    bench.call(staff, "call.start")
    bench.call(
      staff, "visit.add_staff", ["person": .string(ControlBench.colleague)])
    bench.call(colleague, "call.join", ["visit": visit])
    _ = bench.take(staff)
    let taken = bench.call(colleague, "visit.takeover")
    #expect(taken["responsible"]?["person"] == .string(ControlBench.colleague))
    let told = bench.take(staff).first { $0.method == "visit.changed" }
    #expect(told?.params["visit"]?["responsible"]?["name"] == "Bo Öst")
    #expect(told?.params["visit"]?["relation"] == "added")
  }

  @Test func aPatientsAppIsRungInWhicheverVisit() throws {
    var bench = try ControlBench()
    let app = bench.open(bench.demo.patient.text, ["role": "patient", "identified_by": "e_id"])
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let visit = JSON.string(bench.demo.visit.text)
    let told = bench.take(app)
    #expect(told.contains { $0.method == "call.requested" && $0.params["visit"] == visit })
    bench.call(app, "call.accept")
    let answered = bench.take(staff).last { $0.method == "call.answered" }
    #expect(answered?.params["outcome"] == "accepted")
    #expect(bench.call(app, "call.join", ["visit": visit])["place"] == "lobby")
  }

  @Test func anAppThatIsOpenedWhileItRingsLearnsOfIt() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let token = JWT.sign(
      subject: bench.demo.patient.text,
      claims: ["clinic": .string(bench.demo.clinic.text), "role": "patient"], from: bench.now.wall,
      for: .minutes(5), key: bench.key)
    let app = bench.connect()
    let opened = bench.call(app, "session.open", ["token": .string(token)])
    #expect(opened["snapshot"]?["request"]?["visit"] == .string(bench.demo.visit.text))
    let colleague = bench.connect()
    let other = bench.call(
      colleague, "session.open",
      ["token": .string(bench.demo.staffToken(key: bench.key, at: bench.now.wall))])
    #expect(other["snapshot"]?["request"] == nil, "rings for the patient alone")
    #expect(bench.reason(bench.call(app, "call.decline")) == "done")
  }

  @Test func aReleasedColleaguesSessionForTheVisitEnds() throws {
    var bench = try ControlBench()
    bench.addColleague()
    let staff = bench.staff()
    let person = JSON.string(ControlBench.colleague)
    bench.call(staff, "visit.add_staff", ["person": person])
    let colleague = bench.open(
      ControlBench.colleague,
      ["role": "staff", "visit": .string(bench.demo.visit.text), "name": "Bo Öst"])
    bench.call(staff, "visit.remove_staff", ["person": person])
    #expect(bench.closed[colleague] == "revoked")
  }

  @Test func staffWithdrawsAndRingsAgain() throws {
    var bench = try ControlBench()
    let patient = bench.patient()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    _ = bench.take(patient)
    let person: JSON = ["person": .string(bench.demo.patient.text)]
    #expect(bench.call(staff, "call.withdraw", person) == ["durable": false])
    #expect(bench.take(patient).last?.params["outcome"] == "withdrawn")
    #expect(bench.reason(bench.call(staff, "call.withdraw", person)) == "request_not_found")
    #expect(bench.call(staff, "call.request", person) == [:])
    #expect(bench.methods(patient) == ["call.requested"])
  }

  @Test func theDirectoryIsSearchedAndWalked() throws {
    var bench = try ControlBench()
    let staff = bench.clinicColleague()
    let found = bench.call(staff, "directory.search", ["query": "öst b"])
    #expect(found["people"]?.array?.map { $0["name"] } == ["Bo Öst"])
    #expect(bench.call(staff, "directory.search", ["query": "ost"])["people"] == [])
    var node: JSON = .null
    var kinds: [JSON] = []
    for _ in 0..<3 {
      let nodes = bench.call(staff, "directory.tree", ["node": node])["nodes"]?.array ?? []
      kinds += nodes.compactMap { $0["kind"] }
      node = nodes.first?["id"] ?? .null
    }
    #expect(kinds == ["unit", "role", "person"], "\(bench.call(staff, "directory.tree"))")
    let patient = bench.patient()
    let refused = bench.call(patient, "directory.search", ["query": "bo"])
    #expect(bench.reason(refused) == "not_permitted")
  }

  @Test func addedStaffLearnsFromAnAnswerNothingThatTheVisitHides() throws {
    var bench = try ControlBench()
    let colleague = bench.clinicColleague()
    let staff = bench.clinicStaff()
    let patient: JSON = ["person": "per_kim", "name": "Kim Berg", "phone": "070-174 06 05"]
    let proxies: JSON = [["name": "Eva Berg", "phone": "070-174 06 06"]]
    let other = bench.open("per_third", ["role": "staff", "name": "Cilla Dahl"])
    let first = bench.call(
      other, "visit.create", bench.booking(in: 24, patient: patient))
    let booking = bench.booking(in: 24, ["proxies": proxies], patient: patient)
    let id = bench.call(staff, "visit.create", booking)["visit"]?["id"] ?? .null
    bench.call(
      staff, "visit.add_staff", ["visit": id, "person": .string(ControlBench.colleague)])
    let mine = bench.call(staff, "visit.update", ["visit": id, "heading": "Sår"]).description
    let answer = bench.call(colleague, "visit.update", ["visit": id, "heading": "Utslag"])
    #expect(answer["invites"]?.array?.count == 2)
    let theirs = answer.description
    let elsewhere = first["visit"]?["id"]?.string ?? "none"
    for hidden in ["Kim Berg", "Eva Berg", "+46701740605", "+46701740606", "per_kim", elsewhere] {
      #expect(!theirs.contains(hidden), "\(hidden)")
    }
    #expect(
      mine.contains("patient_overlap") && mine.contains("per_kim") && mine.contains(elsewhere))
    #expect(theirs.contains("patient_overlap"))
  }
}
