import Engine
import Primitives
import Signaling
import Testing
import Visits
import Wire

@Suite struct ControlLobbyTests {
  /// What a raw client can send in the lobby, with arguments that are well-formed.
  private func requests(_ other: JSON) -> [(String, JSON)] {
    [
      ("call.start", [:]), ("call.join", [:]), ("call.end", [:]), ("call.accept", [:]),
      ("call.decline", [:]), ("lobby.admit", ["participant": other]), ("lobby.admit_all", [:]),
      ("lobby.deny", ["participant": other]), ("participant.hold", ["participant": other]),
      ("participant.remove", ["participant": other]),
      ("participant.mute", ["participant": other, "muted": true]),
      ("pin.set", ["pins": [["participant": other, "source": "camera"]]]),
      ("self.update", ["microphone": true, "camera": true, "hand_raised": true]),
      ("seats.acknowledge", ["seats": [["seat": 0, "epoch": 1]]]),
      ("session.open", ["token": "x"]), ("chat.send", ["text": "hello"]),
    ]
  }

  @Test func whoeverWaitsGetsNothingWhateverTheySend() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    let own = bench.call(staff, "call.start")["participant"] ?? .null
    _ = bench.negotiate(staff)
    let guest = bench.guest()
    let waiting = bench.call(guest, "call.join")["participant"] ?? .null
    _ = bench.negotiate(guest)
    let patient = bench.patient()
    bench.call(patient, "call.join")
    bench.told = []
    bench.inbox = [:]

    for target in [own, waiting] {
      for (method, params) in requests(target) {
        _ = bench.send(guest, method, params)
        let text = (bench.inbox[guest] ?? []).map(\.description).joined()
        for secret in ["Astrid", "Kim Berg", "Hosta", "roster", "per_", "vis_", "cal_"] {
          #expect(!text.contains(secret), "\(method) tells \(secret)")
        }
      }
    }
    #expect(bench.commands.isEmpty, "nothing reaches a worker")
    let visit = try #require(bench.plane.visits.visits[bench.demo.visit])
    #expect(visit.roster.map(\.role) == [.staff])
    #expect(visit.lobby.count == 2)
    #expect(bench.take(guest).allSatisfy { $0.method == "" }, "no notification")
  }

  @Test func aPatientWhoWaitsLearnsHeadingAndResponsibleAndNoMore() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let guest = bench.guest()
    bench.call(guest, "call.join")
    let patient = bench.patient()
    let joined = bench.call(patient, "call.join")
    #expect(joined["visit"]?["heading"] == "Hosta och feber")
    #expect(joined["visit"]?["responsible"]?["name"] == "Dr. Astrid Ek")
    #expect(joined["snapshot"]?["call"] == ["place": "lobby"])
    #expect(joined["snapshot"]?.members?.map(\.name) == ["call", "request"])
    #expect(!joined.description.contains("Alex"))
  }

  @Test func aGuestLearnsTheNameOfTheClinicAlone() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let connection = bench.connect()
    let secret = bench.plane.inviteSecret(for: bench.demo.generalInvite) ?? ""
    let opened = bench.call(connection, "session.open", ["invite": .string(secret)])
    #expect(opened["clinic"]?["name"] == "Demokliniken")
    #expect(opened["visit"] == nil)
    #expect(opened["snapshot"] == [:])
    #expect(opened["you"] == ["role": "guest", "kind": "other", "identified_by": "general_link"])
  }

  @Test func unknownRotatedAndRevokedLinksAreAnsweredAlike() throws {
    var bench = try ControlBench()
    let good = bench.plane.inviteSecret(for: bench.demo.guestInvite) ?? ""
    bench.give(.administer(.visit(bench.demo.visit, .revokeInvite(bench.demo.guestInvite))))
    let parts = good.split(separator: ".")
    let answers = [
      good, "", "x", "inv_unknown.1.\(parts[2])", "\(parts[0]).2.\(parts[2])",
      "\(parts[0]).01.\(parts[2])", good + "A",
    ].filter { !$0.isEmpty }.map { secret in
      let connection = bench.connect()
      return bench.call(connection, "session.open", ["invite": .string(secret)])
    }
    #expect(Set(answers.map(\.description)).count == 1)
    #expect(answers[0]["data"]?["reason"] == "invite_refused")
  }

  @Test func theSecondOpeningOfAPersonalLinkKnocksAsAStranger() throws {
    var bench = try ControlBench(settings: ClinicSettings(lobby: .off))
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let first = bench.guest()
    #expect(bench.call(first, "call.join")["place"] == "call")
    let second = bench.guest()
    #expect(bench.call(second, "call.join")["place"] == "lobby")
    let waiting = bench.take(staff).last { $0.method == "lobby.changed" }
    #expect(waiting?.params["waiting"]?.array?.first?["identified_by"] == "unverified")
  }

  @Test func whoIsHeldIsSentNothingMore() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    _ = bench.negotiate(staff)
    let guest = bench.guest()
    let waiting = bench.call(guest, "call.join")["participant"] ?? .null
    _ = bench.negotiate(guest)
    bench.call(staff, "lobby.admit", ["participant": waiting])
    bench.call(guest, "self.update", ["microphone": true, "camera": true])
    #expect(bench.commands.contains(.openSources(PeerNumber(2), [.microphone, .camera])))
    _ = bench.take(guest)
    bench.told = []
    bench.call(staff, "participant.hold", ["participant": waiting])
    #expect(bench.commands.contains(.admit(PeerNumber(2), false)))
    #expect(bench.commands.contains(.openSources(PeerNumber(2), [])))
    #expect(
      bench.commands.contains {
        if case .seat(PeerNumber(2), let seat) = $0 { seat.occupant == nil } else { false }
      })
    let told = bench.take(guest)
    #expect(told.map(\.method) == ["lobby.status", "seats.changed"])
    #expect(told[0].params["status"] == "held")
    bench.call(staff, "self.update", ["camera": true])
    #expect(bench.take(guest).isEmpty)
  }

  @Test func aMuteClosesTheMicrophoneInTheRelay() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let guest = bench.guest()
    let other = bench.call(guest, "call.join")["participant"] ?? .null
    _ = bench.negotiate(guest)
    bench.call(staff, "lobby.admit", ["participant": other])
    bench.call(guest, "self.update", ["microphone": true, "camera": true])
    let muted = bench.call(staff, "participant.mute", ["participant": other, "muted": true])
    #expect(muted["muted"] == true)
    #expect(bench.commands.last == .openSources(PeerNumber(1), [.camera]))
    bench.call(guest, "self.update", ["microphone": true])
    #expect(bench.commands.last == .openSources(PeerNumber(1), [.microphone, .camera]))
  }
}
