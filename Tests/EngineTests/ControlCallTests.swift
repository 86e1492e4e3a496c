import Engine
import Primitives
import Signaling
import Testing
import Visits
import Wire

@Suite struct ControlCallTests {
  @Test func staffAndGuestMeetInACall() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    let started = bench.call(staff, "call.start")
    #expect(started["place"] == "call")
    #expect(started["snapshot"]?["roster"]?.array?.count == 1)
    let answer = bench.negotiate(staff)
    #expect(answer["answer"]?.string?.hasPrefix("v=0") == true)
    #expect(answer["seats"]?.array?.count == 8)
    _ = bench.take(staff)

    let guest = bench.guest()
    let knocked = bench.call(guest, "call.join")
    #expect(knocked["place"] == "lobby")
    #expect(knocked["snapshot"] == ["call": ["place": "lobby"]])
    #expect(bench.negotiate(guest)["answer"] != nil)
    #expect(bench.take(guest).isEmpty)
    let waiting = try #require(bench.take(staff).first { $0.method == "lobby.changed" })
    let person = try #require(waiting.params["waiting"]?.array?.first)
    #expect(person["name"] == "Alex Lind")
    #expect(person["entered_by"] == "personal_link")

    #expect(!bench.commands.contains(.admit(PeerNumber(2), true)))
    let admitted = bench.call(
      staff, "lobby.admit", ["participant": person["participant"] ?? .null])
    #expect(admitted["admitted"]?.array?.count == 1)
    #expect(bench.commands.contains(.admit(PeerNumber(2), true)))

    let seen = bench.take(staff)
    #expect(
      seen.map(\.method) == [
        "participant.joined", "lobby.changed", "invite.changed", "seats.changed",
      ])
    let told = bench.take(guest)
    #expect(told.map(\.method) == ["lobby.status", "seats.changed"])
    #expect(told[0].params["status"] == "admitted")
    #expect(told[0].params["snapshot"]?["roster"]?.array?.count == 2)
    let seat = try #require(told[1].params["seats"]?.array?.first)
    #expect(seat["participant"] == started["participant"])
    #expect(seat["epoch"] == 1)
    #expect(seat["video_from"] != nil)
  }

  @Test func whoWaitsIsToldThatTheyAreRung() throws {
    var bench = try ControlBench(settings: ClinicSettings(lobby: .links))
    let patient = bench.patient()
    bench.call(patient, "call.join")
    let guest = bench.guest()
    bench.call(guest, "call.join")
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let told = bench.take(patient)
    #expect(told.map(\.method) == ["call.requested"])
    #expect(told.first?.params["visit"] == .string(bench.demo.visit.text))
    #expect(bench.methods(guest) == [])
    let asked = bench.call(patient, "call.join")["snapshot"]
    #expect(asked?["call"] == ["place": "lobby"])
    #expect(asked?["request"]?["visit"] == .string(bench.demo.visit.text))
    bench.call(patient, "call.accept")
    #expect(bench.call(patient, "call.join")["place"] == "call")
  }
}
