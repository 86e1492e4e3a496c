import Engine
import Primitives
import Signaling
import Testing
import Visits
import Wire

@Suite struct ControlResumeTests {
  private func resume(_ opened: JSON, after sequence: Int64) -> JSON {
    [
      "resume": [
        "session": opened["session"] ?? .null, "secret": opened["resume_secret"] ?? .null,
        "seq": .integer(sequence),
      ]
    ]
  }

  /// Staff in a call, with what its session was opened with.
  private func call(_ bench: inout ControlBench) -> (staff: ConnectionID, opened: JSON) {
    let staff = bench.connect()
    let opened = bench.call(
      staff, "session.open",
      ["token": .string(bench.demo.staffToken(key: bench.key, at: bench.now.wall))])
    bench.call(staff, "call.start")
    _ = bench.negotiate(staff)
    return (staff, opened)
  }

  @Test func whatWasMissedIsReplayed() throws {
    var bench = try ControlBench()
    let (staff, opened) = call(&bench)
    let seen = Int64(bench.take(staff).count)
    bench.give(.closed(staff))
    let guest = bench.guest()
    bench.call(guest, "call.join")
    let again = bench.connect()
    let resumed = bench.call(again, "session.open", resume(opened, after: seen))
    #expect(resumed["session"] == opened["session"])
    #expect(resumed["snapshot"] == nil)
    #expect(resumed["seq"] == .integer(seen))
    let told = bench.take(again)
    #expect(
      told.map(\.method) == [
        "participant.changed", "invite.changed", "lobby.changed", "invite.changed",
        "participant.changed",
      ])
    #expect(told.map { $0.params["seq"] } == (1...5).map { .integer(seen + $0) })
    #expect(told[0].params["participant"]?["connection"] == "reconnecting")
    #expect(told[4].params["participant"]?["connection"] == "connected")
  }

  @Test func aPageThatWasLoadedAgainGetsASnapshotAndNewSeats() throws {
    var bench = try ControlBench()
    let (staff, opened) = call(&bench)
    let guest = bench.guest()
    let waiting = bench.call(guest, "call.join")["participant"] ?? .null
    _ = bench.negotiate(guest)
    bench.call(staff, "lobby.admit", ["participant": waiting])
    bench.give(.closed(staff))
    let again = bench.connect()
    let resumed = bench.call(again, "session.open", resume(opened, after: .max))
    #expect(resumed["snapshot"]?["call"]?["place"] == "call")
    #expect(resumed["snapshot"]?["roster"]?.array?.count == 2)
    #expect(resumed["snapshot"]?["seats"]?.array?.first?["participant"] == waiting)
    _ = bench.take(again)
    bench.told = []

    let offer = ControlOffer(credentials: "efgh", certificate: 0xCD)
    #expect(bench.call(again, "media.negotiate", offer.params)["answer"] != nil)
    #expect(bench.commands.contains(.remove(PeerNumber(1))))
    #expect(bench.commands.contains(.admit(PeerNumber(3), true)))
    let seats = bench.take(again).filter { $0.method == "seats.changed" }
    let seat = seats.last?.params["seats"]?.array?.first
    #expect(seat?["participant"] == waiting)
    #expect((seat?["epoch"]?.integer ?? 0) > 1, "epochs go on")
  }

  @Test func theOldConnectionIsToldAndClosed() throws {
    var bench = try ControlBench()
    let (staff, opened) = call(&bench)
    _ = bench.take(staff)
    let again = bench.connect()
    bench.call(again, "session.open", resume(opened, after: 0))
    #expect(bench.take(staff).map(\.method) == ["session.closing"])
    #expect(bench.closed[staff] == "resumed_elsewhere")
    bench.give(.closed(staff))
    #expect(bench.call(again, "self.update", ["hand_raised": true]) == [:])
  }

  @Test func aWrongSecretContinuesNothing() throws {
    var bench = try ControlBench()
    let (staff, opened) = call(&bench)
    let other = bench.connect()
    let token: JSON = [
      "token": .string(bench.demo.patientToken(key: bench.key, at: bench.now.wall))
    ]
    let foreign = bench.call(other, "session.open", token)
    let thief = bench.connect()
    let refused = bench.call(
      thief, "session.open",
      [
        "resume": [
          "session": opened["session"] ?? .null, "secret": foreign["resume_secret"] ?? .null,
          "seq": 0,
        ]
      ])
    #expect(refused["data"]?["reason"] == "session_unknown")
    #expect(bench.closed[staff] == nil)
  }

  @Test func whoIsGoneForLongLeavesAndCannotResume() throws {
    var bench = try ControlBench()
    let (staff, _) = call(&bench)
    let guest = bench.connect()
    let secret = bench.plane.inviteSecret(for: bench.demo.guestInvite) ?? ""
    let opened = bench.call(guest, "session.open", ["invite": .string(secret)])
    let waiting = bench.call(guest, "call.join")["participant"] ?? .null
    _ = bench.negotiate(guest)
    bench.call(staff, "lobby.admit", ["participant": waiting])
    _ = bench.take(staff)
    bench.give(.closed(guest))
    bench.pass(.seconds(29))
    #expect(bench.methods(staff) == ["participant.changed"])
    bench.pass(.seconds(2))
    let told = bench.take(staff)
    #expect(told.map(\.method) == ["participant.left", "seats.changed", "invite.changed"])
    #expect(told[0].params["reason"] == "lost")
    #expect(bench.commands.last != .admit(PeerNumber(2), true))
    #expect(bench.commands.contains(.remove(PeerNumber(2))))
    let again = bench.connect()
    let refused = bench.call(again, "session.open", resume(opened, after: 0))
    #expect(refused["data"]?["reason"] == "session_unknown")
  }

  @Test func aConnectionThatOpensNothingIsClosed() throws {
    var bench = try ControlBench()
    let silent = bench.connect()
    let staff = bench.staff()
    bench.pass(.seconds(9))
    #expect(bench.closed[silent] == nil)
    bench.pass(.seconds(2))
    #expect(bench.closed[silent] == "open_timeout")
    #expect(bench.closed[staff] == nil)
  }

  @Test func anAcknowledgementThatWasLostIsRepeatedAfterTheResume() throws {
    var bench = try ControlBench()
    let (staff, opened) = call(&bench)
    let guest = bench.guest()
    let waiting = bench.call(guest, "call.join")["participant"] ?? .null
    _ = bench.negotiate(guest)
    bench.call(staff, "lobby.admit", ["participant": waiting])
    bench.give(.closed(staff))
    bench.call(guest, "call.leave")
    let again = bench.connect()
    let resumed = bench.call(again, "session.open", resume(opened, after: .max))
    let seat = resumed["snapshot"]?["seats"]?.array?.first
    #expect(seat?["participant"] == .null)
    #expect(seat?["epoch"] == 2)
    bench.give(
      .received(
        again,
        Array(
          #"{"jsonrpc":"2.0","method":"seats.acknowledge","params":{"seats":[{"seat":0,"epoch":2}]}}"#
            .utf8)))
    let second = bench.call(guest, "call.join")["participant"] ?? .null
    _ = bench.negotiate(guest)
    bench.call(again, "lobby.admit", ["participant": second])
    let changes = bench.take(again).last { $0.method == "seats.changed" }
    #expect(changes?.params["seats"]?.array?.first?["seat"] == 0)
    #expect(changes?.params["seats"]?.array?.first?["epoch"] == 3)
  }

  @Test(arguments: ["participant.hold", "call.end"])
  func nothingOfTheCallIsReplayedToWhoIsInItNoMore(method: String) throws {
    var settings = ClinicSettings()
    settings.patientsRate = true
    var bench = try ControlBench(settings: settings)
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let patient = bench.connect()
    let opened = bench.call(
      patient, "session.open",
      ["token": .string(bench.demo.patientToken(key: bench.key, at: bench.now.wall))])
    let own = bench.call(patient, "call.join")["participant"] ?? .null
    bench.call(staff, "lobby.admit", ["participant": own])
    bench.give(.closed(patient))
    bench.call(staff, "chat.send", ["text": "PLANTED"])
    bench.call(staff, "self.update", ["hand_raised": true])
    bench.call(staff, method, ["participant": own])

    let again = bench.connect()
    let resumed = bench.call(again, "session.open", resume(opened, after: 1))
    #expect(resumed["snapshot"] != nil)
    let told = bench.take(again).map { "\($0)" }.joined() + resumed.description
    #expect(!told.contains("PLANTED") && !told.contains("participant.changed"))
  }
}
