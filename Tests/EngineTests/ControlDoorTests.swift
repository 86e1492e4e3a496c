import Engine
import Primitives
import Security
import Signaling
import Testing
import Visits
import Wire

@Suite struct ControlDoorTests {
  private func reason(_ answer: JSON) -> String { answer["data"]?["reason"]?.string ?? "done" }

  @Test func malformedJSONClosesOnlyItsSender() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    let depth = String(repeating: "[", count: 5_000)
    for text in ["{", "\u{0}", depth, #"{"a":1,"a":1}"#] {
      let other = bench.connect()
      bench.give(.received(other, Array(text.utf8)))
      #expect(bench.closed[other] == "malformed_json")
    }
    #expect(bench.closed[staff] == nil)
    #expect(bench.call(staff, "call.start")["place"] == "call")
  }

  @Test func anOversizeMessageClosesOnlyItsSender() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    let other = bench.connect()
    bench.give(.received(other, Array(repeating: 0x20, count: Limits.messageBytes + 1)))
    #expect(bench.closed[other] == "message_too_large")
    let name = JSON.string(String(repeating: "a", count: Limits.messageBytes))
    #expect(reason(bench.call(staff, "self.update", ["name": name])) == "message_too_large")
    #expect(bench.closed[staff] == nil)
  }

  @Test func tooManyRequestsASecondAreRefused() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    let answers = (0..<80).map { _ in reason(bench.call(staff, "call.leave")) }
    #expect(answers.count { $0 == "rate_limited" } == 31)
    bench.pass(.seconds(1))
    #expect(reason(bench.call(staff, "call.leave")) == "not_joined")
  }

  @Test func nothingIsDoneBeforeTheSessionIsOpen() throws {
    var bench = try ControlBench()
    for method in SignalingMethod.allCases where method != .sessionOpen {
      let connection = bench.connect()
      let answer = bench.call(connection, method.rawValue)
      #expect(reason(answer) == "session_not_open", "\(method)")
    }
    let connection = bench.connect()
    #expect(reason(bench.call(connection, "visit.fly")) == "unknown_method")
  }

  @Test func aTokenIsGoodForItsOwnClinicAndVisitAlone() throws {
    var bench = try ControlBench()
    let visit = JSON.string(bench.demo.visit.text)
    let clinic = JSON.string(bench.demo.clinic.text)
    let cases: [(JSON, String)] = [
      (["clinic": "cli_other", "role": "staff"], "token_refused"),
      (["role": "staff"], "token_refused"),
      (["clinic": clinic, "role": "king"], "token_refused"),
      (["clinic": clinic, "role": "guest"], "token_refused"),
      (["clinic": clinic, "role": "patient"], "done"),
      (["clinic": clinic, "role": "backend"], "token_refused"),
      (["clinic": clinic, "role": "patient", "visit": "vis_other"], "token_refused"),
      (["clinic": clinic, "role": "staff", "visit": 7], "token_refused"),
      (["clinic": clinic, "role": "staff", "visit": "vis_other"], "token_refused"),
      (["clinic": clinic, "role": "patient", "visit": visit], "token_refused"),
      (["clinic": clinic, "role": "staff"], "done"),
      (["clinic": clinic, "role": "staff", "visit": visit], "done"),
    ]
    for (claims, expected) in cases {
      let token = JWT.sign(
        subject: "per_somebody", claims: claims, from: bench.now.wall, for: .minutes(5),
        key: bench.key)
      let connection = bench.connect()
      let answer = bench.call(connection, "session.open", ["token": .string(token)])
      #expect(reason(answer) == expected, "\(claims)")
    }
  }

  @Test func staffWithoutARelationCannotStartOrJoin() throws {
    var bench = try ControlBench()
    let token = JWT.sign(
      subject: "per_stranger",
      claims: ["clinic": .string(bench.demo.clinic.text), "role": "staff", "name": "X"],
      from: bench.now.wall, for: .minutes(5), key: bench.key)
    let stranger = bench.connect()
    let opened = bench.call(stranger, "session.open", ["token": .string(token)])
    #expect(opened["visit"] == nil)
    let visit: JSON = ["visit": .string(bench.demo.visit.text)]
    #expect(reason(bench.call(stranger, "call.start", visit)) == "not_permitted")
    #expect(reason(bench.call(stranger, "call.join", visit)) == "not_permitted")
    #expect(reason(bench.call(stranger, "call.join")) == "missing")
  }

  /// Every method for every role and place: what happened, as one table.
  @Test func theDoorIsTheSameForAllWithARole() throws {
    let methods = SignalingMethod.allCases.filter { $0 != .sessionOpen }
    var table: [String] = []
    for role in ["staff", "patient", "guest"] {
      for place in ["out", "lobby", "call"] where !(role == "staff" && place == "lobby") {
        let reasons = try methods.map { method in
          let (answer, _) = try ask(method, role: role, place: place)
          return "\(method.rawValue)=\(reason(answer))"
        }
        table.append("\(role) \(place): " + reasons.joined(separator: " "))
      }
    }
    for line in table where !line.hasPrefix("staff") {
      for method in [
        "call.start", "call.end", "lobby.admit", "lobby.admit_all", "lobby.deny",
        "participant.hold", "participant.remove", "participant.mute",
      ] {
        #expect(line.contains("\(method)=not_permitted"), "\(line)")
      }
      #expect(line.contains("pin.set=done") == line.contains(" call:"))
      #expect(line.contains("media.negotiate=malformed_offer") == !line.contains(" out:"))
    }
    let outside = try #require(table.first { $0.hasPrefix("staff out") })
    for method in ["call.end", "lobby.admit", "participant.mute", "pin.set"] {
      #expect(outside.contains("\(method)=not_in_call"), "\(outside)")
    }
  }

  /// One request in a world of its own, by somebody of that role in that place.
  private func ask(
    _ method: SignalingMethod, role: String, place: String
  ) throws -> (JSON, ControlBench) {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let target = bench.guest(bench.demo.generalInvite, name: "Other")
    let other = bench.call(target, "call.join")["participant"] ?? .null
    let person: ConnectionID
    switch role {
    case "patient": person = bench.patient()
    case "guest": person = bench.guest()
    default: person = place == "call" ? staff : bench.staff()
    }
    if place != "out" && role != "staff" {
      let own = bench.call(person, "call.join")["participant"] ?? .null
      if place == "call" { bench.call(staff, "lobby.admit", ["participant": own]) }
    }
    let answer = bench.call(
      person, method.rawValue,
      [
        "participant": other, "muted": true, "pins": [], "offer": "v=0", "tracks": [],
        "seats": [],
      ])
    return (answer, bench)
  }
}
