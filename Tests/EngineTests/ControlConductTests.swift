import Engine
import Primitives
import Signaling
import Testing
import Visits
import Wire

@Suite struct ControlConductTests {
  @Test func aMessageReachesThoseInTheCallAndNobodyLater() throws {
    var bench = try ControlBench()
    let (staff, guest, other) = bench.callWithGuest()
    let late = bench.guest(bench.demo.generalInvite, name: "Late")
    let waiting = bench.call(late, "call.join")["participant"] ?? .null
    let sent = bench.call(staff, "chat.send", ["text": "Hej!\nVälkommen"])
    #expect(sent["recipients"] == [other])
    let told = bench.take(guest)
    #expect(told.map(\.method) == ["chat.message"])
    #expect(told.first?.params["text"] == "Hej!\nVälkommen")
    #expect(told.first?.params["you"] == false)
    #expect(told.first?.params["name"] == "Dr. Astrid Ek")
    bench.call(staff, "lobby.admit", ["participant": waiting])
    let snapshot = bench.take(late).first { $0.method == "lobby.status" }?.params["snapshot"]
    #expect(snapshot?["chat"] == [])
    #expect(bench.stored.allSatisfy { !$0.payload.description.contains("Hej") })
  }

  @Test func aResumeGivesBackTheChatAndThePinsAndAHoldTakesTheChat() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    let own = bench.call(staff, "call.start")["participant"] ?? .null
    let guest = bench.connect()
    let secret = bench.plane.inviteSecret(for: bench.demo.guestInvite) ?? ""
    let opened = bench.call(guest, "session.open", ["invite": .string(secret)])
    let other = bench.call(guest, "call.join")["participant"] ?? .null
    bench.call(staff, "lobby.admit", ["participant": other])
    let pins: JSON = [["participant": own, "source": "camera"]]
    bench.call(guest, "pin.set", ["pins": pins])
    bench.call(staff, "chat.send", ["text": "one"])
    bench.give(.closed(guest))
    bench.call(staff, "chat.send", ["text": "two"])

    let again = bench.connect()
    let resumed = bench.call(
      again, "session.open",
      [
        "resume": [
          "session": opened["session"] ?? .null, "secret": opened["resume_secret"] ?? .null,
          "seq": .integer(.max),
        ]
      ])
    #expect(resumed["snapshot"]?["chat"]?.array?.map { $0["text"] } == ["one", "two"])
    #expect(resumed["snapshot"]?["pins"] == pins)

    bench.call(staff, "participant.hold", ["participant": other])
    bench.call(staff, "lobby.admit", ["participant": other])
    let back = bench.take(again).last { $0.method == "lobby.status" }?.params["snapshot"]
    #expect(back?["chat"] == [])
  }

  @Test func aScreenIsForwardedWhileItIsShared() throws {
    var bench = try ControlBench()
    let (staff, guest, _) = bench.callWithGuest()
    _ = bench.negotiate(staff)
    let refused = bench.call(guest, "share.start")
    #expect(bench.reason(refused) == "share_not_enabled")
    bench.call(staff, "share.start", ["audio": true])
    #expect(bench.commands.last == .openSources(PeerNumber(1), [.screen, .screenAudio]))
    let told = bench.take(guest)
    #expect(told.map(\.method) == ["participant.changed", "share.changed"])
    #expect(told.last?.params["sharing"] == true)
    #expect(told.last?.params["audio"] == true)
    bench.call(staff, "share.stop")
    #expect(bench.commands.last == .openSources(PeerNumber(1), []))
    #expect(bench.take(guest).last?.params["sharing"] == false)
  }

  @Test func whoIsOnAPhoneSharesNoScreen() throws {
    var settings = ClinicSettings(lobby: .off)
    settings.sharing = [.guest]
    var bench = try ControlBench(settings: settings)
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let guest = bench.connect()
    let secret = bench.plane.inviteSecret(for: bench.demo.guestInvite) ?? ""
    bench.call(
      guest, "session.open", ["invite": .string(secret), "client": ["device": "phone"]])
    bench.call(guest, "call.join")
    #expect(bench.reason(bench.call(guest, "share.start")) == "computer_required")
  }

  @Test func reportsAreShownToTheOthersAsOneWord() throws {
    var bench = try ControlBench()
    let (staff, guest, other) = bench.callWithGuest()
    for (trip, loss) in [(40, 0), (45, 2), (300, 0), (80, 200)] {
      bench.call(
        guest, "media.report",
        [
          "round_trip_ms": .integer(Int64(trip)),
          "loss_receiving_permille": .integer(Int64(loss)),
        ])
    }
    let told = bench.take(staff)
    #expect(told.map(\.method) == ["quality.changed", "quality.changed", "quality.changed"])
    #expect(told.map { $0.params["quality"] } == ["good", "fair", "poor"])
    #expect(told.allSatisfy { $0.params["participant"] == other })
  }

  @Test func aConnectionIsTestedBeforeJoining() throws {
    var bench = try ControlBench()
    let guest = bench.guest()
    let answer = bench.call(guest, "probe.start", ControlOffer().params)
    #expect(answer["answer"] != nil)
    let told = bench.take(guest)
    #expect(told.map(\.method) == ["probe.changed"])
    #expect(told.first?.params["state"] == "connected")
    #expect(!bench.commands.contains(.admit(PeerNumber(1), true)))
    bench.pass(.seconds(31))
    #expect(bench.take(guest).last?.params["state"] == "closed")
    #expect(bench.commands.last == .remove(PeerNumber(1)))

    bench.call(guest, "probe.start", ControlOffer().params)
    bench.call(guest, "probe.start", ControlOffer().params)
    #expect(bench.commands.contains(.remove(PeerNumber(2))), "one at a time")
    let staff = bench.staff()
    bench.call(staff, "call.start")
    bench.call(guest, "call.join")
    #expect(bench.commands.last == .remove(PeerNumber(3)), "the call needs no test any more")
    #expect(
      bench.reason(bench.call(guest, "probe.start", ControlOffer().params)) == "already_joined")
  }
}
