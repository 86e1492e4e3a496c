import Engine
import Primitives
import Signaling
import Testing
import Visits
import Wire

/// Whole conversations as text: who is sent what, in order. Identifiers are numbered as they come,
/// and what is false or the same in every message is left out.
@Suite struct ControlConversationTests {
  /// Writes down what came for each person since the last time.
  private struct Script {
    var lines: [String] = []
    private var names: [String: String] = [:]

    mutating func say(_ line: String) { lines.append("-- " + line) }

    mutating func take(_ people: [(String, ConnectionID)], from bench: inout ControlBench) {
      for (name, connection) in people {
        for (method, params) in bench.take(connection) {
          lines.append("\(name) < \(method) \(shorten(params))")
        }
      }
    }

    private mutating func shorten(_ value: JSON) -> JSON {
      switch value {
      case .string(let text):
        guard text.contains("_"), ["par_", "cal_"].contains(String(text.prefix(4))) else {
          return value
        }
        if names[text] == nil { names[text] = "\(text.prefix(3))#\(names.count + 1)" }
        return .string(names[text] ?? "")
      case .array(let elements): return .array(elements.map { shorten($0) })
      case .object(let members):
        let dull: Set = [
          "seq", "kind", "identified_by", "responsible", "you", "since", "visit", "role", "name",
        ]
        return .object(
          members.filter {
            !dull.contains($0.name) && $0.value != false && $0.value != "connecting"
          }.map { .init($0.name, shorten($0.value)) })
      default: return value
      }
    }
  }

  @Test func aCallFromStartToEnd() throws {
    var bench = try ControlBench()
    var script = Script()
    let patient = bench.patient()
    let staff = bench.staff()
    let people = [("staff", staff), ("patient", patient)]

    script.say("staff starts")
    bench.call(staff, "call.start")
    script.take(people, from: &bench)
    script.say("patient accepts and knocks")
    bench.call(patient, "call.accept")
    let own = bench.call(patient, "call.join")["participant"] ?? .null
    script.take(people, from: &bench)
    script.say("staff admits")
    bench.call(staff, "lobby.admit", ["participant": own])
    script.take([("staff", staff)], from: &bench)
    _ = bench.take(patient)
    script.say("patient switches the microphone on, staff mutes it")
    bench.call(patient, "self.update", ["microphone": true])
    bench.call(staff, "participant.mute", ["participant": own, "muted": true])
    script.take([("patient", patient)], from: &bench)
    _ = bench.take(staff)
    script.say("staff leaves")
    bench.call(staff, "call.leave")
    script.take(people, from: &bench)
    script.say("ten minutes pass")
    bench.pass(.minutes(10))
    script.take(people, from: &bench)

    let expected = """
      -- staff starts
      patient < call.started {"call":{"id":"cal#1","state":"open"}}
      patient < call.requested {"call":"cal#1","by":{"person":"per_demo-staff","title":"Allmänläkare"}}
      -- patient accepts and knocks
      staff < call.answered {"person":"per_demo-patient","outcome":"accepted"}
      staff < lobby.changed {"waiting":[{"participant":"par#2","entered_by":"token"}]}
      patient < call.answered {"person":"per_demo-patient","outcome":"accepted"}
      -- staff admits
      staff < participant.joined {"participant":{"id":"par#2"}}
      staff < lobby.changed {"waiting":[]}
      -- patient switches the microphone on, staff mutes it
      patient < participant.changed {"participant":{"id":"par#2","microphone":true}}
      patient < participant.changed {"participant":{"id":"par#2","microphone":true,"muted_by_staff":true}}
      -- staff leaves
      patient < participant.left {"participant":"par#3","reason":"left"}
      patient < call.waiting_for_staff {"ends_at":1800000600000}
      -- ten minutes pass
      staff < call.ended {"reason":"no_staff","rating":{"scale":"yes_no","until":1800001500000}}
      patient < call.ended {"reason":"no_staff"}
      patient < session.closing {"reason":"call_ended","action":"leave"}
      """
    let told = script.lines.joined(separator: "\n")
    #expect(told == expected, "\(told)")
  }

  @Test func endingACallEndsItForAll() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    _ = bench.negotiate(staff)
    let guest = bench.guest()
    let own = bench.call(guest, "call.join")["participant"] ?? .null
    _ = bench.negotiate(guest)
    bench.call(staff, "lobby.admit", ["participant": own])
    let waiting = bench.guest(bench.demo.generalInvite, name: "Tolken")
    bench.call(waiting, "call.join")
    for connection in [staff, guest, waiting] { _ = bench.take(connection) }
    bench.told = []
    let reply = bench.call(staff, "call.end")
    #expect(reply["durable"] == false)
    let told = [staff, guest, waiting].map { bench.take($0) }
    #expect(told.allSatisfy { $0.first?.params["reason"] == "ended_by_staff" })
    #expect(told[0].map(\.method) == ["call.ended", "invite.changed"])
    for theirs in told[1...] { #expect(theirs.map(\.method) == ["call.ended", "session.closing"]) }
    #expect(bench.closed[staff] == nil)
    #expect(bench.closed[guest] == "call_ended")
    #expect(bench.commands == [.remove(PeerNumber(1)), .remove(PeerNumber(2))])
    #expect(bench.plane.peerTotal == 0)
  }

  @Test func speakersAreToldToThoseInTheCall() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    let own = bench.call(staff, "call.start")["participant"] ?? .null
    _ = bench.negotiate(staff)
    let guest = bench.guest()
    bench.call(guest, "call.join")
    _ = bench.negotiate(guest)
    guard case .register(_, let room, _, _)? = bench.commands.first else {
      Issue.record("no peer was registered")
      return
    }
    for connection in [staff, guest] { _ = bench.take(connection) }
    bench.give(.worker(0, .speakers(room, [PeerNumber(2), PeerNumber(1), PeerNumber(99)])))
    let told = bench.take(staff)
    #expect(told.map(\.method) == ["speakers.changed"])
    #expect(told.first?.params["participants"] == [own])
    #expect(bench.take(guest).isEmpty)
  }

  @Test func anAnswerWaitsForTheWorker() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    bench.workerAnswers = false
    let id = bench.send(staff, "media.negotiate", ControlOffer().params)
    #expect(bench.response(staff, id) == nil)
    let again = bench.call(staff, "media.negotiate", ControlOffer().params)
    #expect(again["data"]?["reason"] == "negotiation_in_progress")
    bench.give(.worker(0, .peerRegistered(PeerNumber(1))))
    #expect(bench.response(staff, id)?["answer"] != nil)
    #expect(bench.commands.last == .admit(PeerNumber(1), true))
  }

  @Test func aFullWorkerIsSaidToTheClient() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    bench.workerAnswers = false
    let id = bench.send(staff, "media.negotiate", ControlOffer().params)
    bench.give(.worker(0, .peerRefused(PeerNumber(1))))
    #expect(bench.response(staff, id)?["data"]?["reason"] == "overloaded")
    #expect(bench.plane.peerTotal == 0)
  }

  @Test func aSilentPeerIsShownAsReconnecting() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    _ = bench.negotiate(staff)
    _ = bench.take(staff)
    var words: [JSON] = []
    for event in [
      WorkerEvent.peerSilent(PeerNumber(1)), .peerHeard(PeerNumber(1)),
      .peerClosed(PeerNumber(1), reason: "consent_expired"), .peerHeard(PeerNumber(1)),
    ] {
      bench.give(.worker(0, event))
      words += bench.take(staff).compactMap { $0.params["participant"]?["connection"] }
    }
    #expect(words == ["reconnecting", "connected", "reconnecting"])
    let offer = ControlOffer(credentials: "efgh").params
    let refused = bench.call(staff, "media.negotiate", offer)
    #expect(refused["data"]?["reason"] == "transport_closed")
  }

  @Test func sameInputsGiveSameOutputs() throws {
    func run() throws -> ControlBench {
      var bench = try ControlBench(seed: 5)
      let staff = bench.staff()
      bench.call(staff, "call.start")
      _ = bench.negotiate(staff)
      for _ in 0..<5 {
        let guest = bench.guest(bench.demo.generalInvite)
        bench.call(guest, "call.join")
        _ = bench.negotiate(guest)
      }
      bench.call(staff, "lobby.admit_all")
      return bench
    }
    let (first, second) = (try run(), try run())
    #expect(first.commands == second.commands)
    #expect(first.inbox == second.inbox)
    #expect(first.records == second.records)
    #expect(first.stored == second.stored)
  }
}
