import Engine
import Primitives
import Security
import Signaling
import Testing
import Visits

@Suite struct ControlSessionEndTests {
  @Test func idleStaffIsLoggedOut() throws {
    var settings = ClinicSettings()
    settings.idleStaffSession = .minutes(5)
    var bench = try ControlBench(settings: settings)
    let idle = bench.clinicStaff()
    let busy = bench.clinicColleague()
    let inVisit = bench.staff()
    bench.pass(.minutes(3))
    bench.call(busy, "visit.list")
    bench.pass(.minutes(3))
    #expect(bench.closed[idle] == "idle")
    #expect(bench.take(idle).last?.params["action"] == "leave")
    #expect(bench.closed[busy] == nil)
    bench.pass(.minutes(3))
    #expect(bench.closed[busy] == "idle")
    #expect(bench.closed[inVisit] == nil)
  }

  @Test func staffInACallIsNotIdle() throws {
    var bench = try ControlBench()
    let staff = bench.clinicStaff()
    bench.call(staff, "call.start", ["visit": .string(bench.demo.visit.text)])
    bench.pass(.hours(2))
    #expect(bench.closed[staff] == nil)
    bench.call(staff, "call.end")
    bench.pass(.minutes(31))
    #expect(bench.closed[staff] == "idle")
  }

  @Test func afterTheCallAPatientRatesAndDoesNothingElse() throws {
    var settings = ClinicSettings(lobby: .off)
    settings.patientsRate = true
    settings.ratingScale = .fiveGrades
    var bench = try ControlBench(settings: settings)
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let patient = bench.patient()
    #expect(bench.call(patient, "call.join")["place"] == "call")
    bench.call(patient, "media.report", ["round_trip_ms": 40])
    bench.call(staff, "call.end")
    let ended = bench.take(patient).last { $0.method == "call.ended" }
    #expect(ended?.params["rating"]?["scale"] == "five_grades")
    #expect(bench.closed[patient] == nil)
    #expect(bench.reason(bench.call(patient, "call.join")) == "call_ended")
    let wrong = bench.call(
      patient, "feedback.submit", ["scale": "yes_no", "had_problems": true])
    #expect(wrong["data"]?["field"] == "scale")
    let rated = bench.call(patient, "feedback.submit", ["scale": "five_grades", "grade": 5])
    #expect(bench.reason(rated) == "done")
    #expect(bench.closed[patient] == "after_call_over")
    let kept = bench.stored.last { $0.payload["type"] == "call.rated" }
    #expect(kept?.payload.description.contains("40") == true, "with what was measured")
    #expect(
      bench.call(staff, "feedback.submit", ["scale": "five_grades", "grade": 2])["data"] == nil)
    #expect(bench.closed[staff] == nil)
  }

  @Test func theTimeForARatingEnds() throws {
    var settings = ClinicSettings(lobby: .off)
    settings.patientsRate = true
    var bench = try ControlBench(settings: settings)
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let patient = bench.patient()
    bench.call(patient, "call.join")
    bench.call(staff, "call.end")
    bench.pass(.minutes(14))
    #expect(bench.closed[patient] == nil)
    bench.pass(.minutes(2))
    #expect(bench.closed[patient] == "after_call_over")
  }

  @Test func anAppThatWaitsForRequestsOutlivesTheCallAndNotItsTime() throws {
    var bench = try ControlBench(settings: ClinicSettings(lobby: .off))
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let app = bench.open(
      bench.demo.patient.text,
      ["visit": .string(bench.demo.visit.text), "role": "patient", "session_ttl": 3_600])
    bench.call(app, "call.join")
    bench.call(staff, "call.end")
    #expect(bench.closed[app] == nil)
    _ = bench.take(app)
    bench.call(staff, "call.start")
    #expect(bench.methods(app).contains("call.requested"))
    bench.pass(.minutes(61))
    #expect(bench.closed[app] == "expired")
  }

  @Test func whoIsTurnedAwayIsToldWhy() throws {
    for (method, reason) in [("lobby.deny", "denied"), ("participant.remove", "removed")] {
      var bench = try ControlBench()
      let staff = bench.staff()
      bench.call(staff, "call.start")
      let guest = bench.guest()
      let other = bench.call(guest, "call.join")["participant"] ?? .null
      bench.call(staff, method, ["participant": other])
      let told = bench.take(guest)
      #expect(told.map(\.method) == ["lobby.status", "session.closing"])
      #expect(
        told.map { $0.params["status"] ?? $0.params["reason"] } == [
          .string(reason), .string(reason),
        ])
      #expect(bench.closed[guest] == reason)
    }
  }

  @Test func theSessionsOfAVisitEndWithIt() throws {
    var bench = try ControlBench()
    let (staff, guest, patient) = (bench.staff(), bench.guest(), bench.patient())
    let clinic = bench.clinicStaff()
    bench.call(guest, "call.join")
    bench.call(staff, "visit.close")
    for connection in [staff, guest, patient] {
      #expect(bench.closed[connection] == "visit_closed")
      #expect(bench.take(connection).last?.method == "session.closing")
    }
    #expect(bench.closed[clinic] == nil)
    let told = bench.take(clinic).last { $0.method == "visit.changed" }
    #expect(told?.params["visit"]?["state"] == "closed")
    #expect(bench.plane.sessionCount == 1)
  }

  @Test func aClinicTakesASessionBack() throws {
    var bench = try ControlBench()
    let (staff, guest, _) = bench.callWithGuest()
    let person = [HTTPField("person", bench.demo.staff.text)]
    #expect(bench.ask("DELETE", "/v1/sessions", query: person)?.json == ["ended": 1])
    #expect(bench.closed[staff] == "revoked")
    #expect(bench.methods(guest).contains("call.waiting_for_staff"))
    let row = bench.audited.last
    #expect(row?.action == "sessions.revoked" && row?.subject == bench.demo.staff.text)
    #expect(bench.ask("DELETE", "/v1/sessions", query: person)?.json == ["ended": 0])
    #expect(bench.ask("DELETE", "/v1/sessions")?.reason == "missing")
    let nobody = [HTTPField("person", "vis_1")]
    #expect(bench.ask("DELETE", "/v1/sessions", query: nobody)?.reason == "bad_identifier")
  }

  @Test func aSessionIsTakenBackAlsoWhereThatCannotBePutOnRecord() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.recordsAnswer = false
    let person = [HTTPField("person", bench.demo.staff.text)]
    #expect(bench.ask("DELETE", "/v1/sessions", query: person)?.status == 202)
    #expect(bench.closed[staff] == "revoked")
    #expect(bench.ask("GET", "/v1/audit")?.status == 503)
  }

  @Test func overLinesAConnectionEndsWithItsReason() throws {
    var bench = try ControlBench()
    let silent = bench.connect(.lines)
    bench.pass(.seconds(10))
    #expect(bench.closed[silent] == "open_timeout")
    let late = bench.take(silent).last
    #expect(late?.method == "session.closing")
    #expect(late?.params == ["seq": 0, "reason": "open_timeout", "action": "reconnect"])

    let flooding = bench.connect(.lines)
    for _ in 0...60 { bench.give(.received(flooding, Array("x".utf8))) }
    let told = bench.take(flooding).filter { $0.method == "session.closing" }
    #expect(told.count == 1)
    #expect(told.first?.params["reason"]?.string == bench.closed[flooding])
    #expect(told.first?.params["action"] == "resume")
  }

  @Test func overLinesWhoseSessionEndsIsToldOnce() throws {
    var bench = try ControlBench()
    let staff = bench.connect(.lines)
    let token = JSON.string(bench.demo.staffToken(key: bench.key, at: bench.now.wall))
    bench.call(staff, "session.open", ["token": token])
    bench.call(staff, "visit.close")
    #expect(bench.methods(staff).filter { $0 == "session.closing" }.count == 1)
    #expect(bench.closed[staff] == "visit_closed")
  }

  @Test func aNewConnectionBringsNoNewAllowance() throws {
    var bench = try ControlBench()
    let staff = bench.connect()
    let opened = bench.call(
      staff, "session.open",
      ["token": .string(bench.demo.staffToken(key: bench.key, at: bench.now.wall))])
    for _ in 0..<60 { bench.call(staff, "call.leave") }
    let again = bench.connect()
    bench.call(
      again, "session.open",
      [
        "resume": [
          "session": opened["session"] ?? .null, "secret": opened["resume_secret"] ?? .null,
          "seq": 0,
        ]
      ])
    #expect(bench.reason(bench.call(again, "call.leave")) == "rate_limited")
  }

  @Test func requestsThatWaitForTheDiskAreCounted() throws {
    var bench = try ControlBench()
    let staff = bench.clinicStaff()
    bench.storeAnswers = false
    var refused = 0
    for _ in 0..<(Limits.waitingRequests + 10) {
      let id = bench.send(staff, "visit.create", bench.booking(in: 2))
      if let answer = bench.response(staff, id) {
        #expect(bench.reason(answer) == "overloaded")
        refused += 1
      }
      bench.pass(.milliseconds(50))
    }
    #expect(refused == 10)
    bench.storeAnswers = true
    bench.give(.committed(bench.unstored.last?.position ?? 0))
    #expect(bench.call(staff, "visit.create", bench.booking(in: 2))["visit"] != nil)
  }

  @Test func whoLeftByALinkBeforeTheEndIsThereForTheRatingAloneOnceTheCallIsOver() throws {
    var settings = ClinicSettings(lobby: .off)
    settings.patientsRate = true
    var bench = try ControlBench(settings: settings)
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let patient = bench.patient()
    bench.call(patient, "call.join")
    bench.call(patient, "call.leave")
    bench.call(staff, "call.end")
    bench.call(staff, "call.start")
    #expect(bench.reason(bench.call(patient, "call.join")) == "call_ended")
    let rated = bench.call(
      patient, "feedback.submit", ["scale": "yes_no", "had_problems": false])
    #expect(bench.reason(rated) == "done")
    #expect(bench.closed[patient] == "after_call_over")
  }
}
