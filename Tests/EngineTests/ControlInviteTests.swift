import Engine
import Primitives
import Signaling
import Testing
import Visits

@Suite struct ControlInviteTests {
  @Test func eachRecipientIsAcceptedOrRefusedWithAReason() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let answer = bench.call(
      staff, "invite.create",
      [
        "recipients": [
          ["given_name": "Ada", "phone": "0701740605", "kind": "interpreter"],
          ["given_name": "Ben", "phone": "123"], ["given_name": "Cia", "email": "cia"],
          ["given_name": "Dan"],
        ]
      ])
    let invites = answer["invites"]?.array ?? []
    #expect(invites.map { $0["status"] } == ["accepted", "refused", "refused", "refused"])
    #expect(
      invites.map { $0["reason"] } == [nil, "bad_phone_number", "bad_email", "address_required"])
    #expect(invites[0]["invite"]?["phone"] == "+46701740605")
    #expect(invites[0]["invite"]?["state"] == "queued")
    let listed = bench.call(staff, "invite.list")["invites"]?.array ?? []
    #expect(listed.contains { $0["name"] == "Ada" })
  }

  @Test func staffFollowsAnInviteFromTheQueueIntoTheCall() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let answer = bench.call(
      staff, "invite.create", ["recipients": [["given_name": "Ada", "phone": "0701740605"]]])
    let invite = answer["invites"]?.array?.first?["invite"]?["id"]?.string ?? ""
    let id = try #require(InviteID(invite))
    _ = bench.take(staff)
    let message = try #require(bench.plane.visits.visits[bench.demo.visit]?.messages.last)
    bench.give(.administer(.visit(bench.demo.visit, .settleMessage(message.id, .sent))))
    let guest = bench.guest(id)
    let own = bench.call(guest, "call.join")["participant"] ?? .null
    bench.call(staff, "lobby.admit", ["participant": own])
    let states = bench.take(staff).filter { $0.method == "invite.changed" }.map {
      $0.params["invite"]?["state"]
    }
    #expect(states == ["sent", "opened", "waiting", "joined"])
    #expect(bench.take(guest).allSatisfy { $0.method != "invite.changed" })

    bench.call(staff, "invite.revoke", ["invite": .string(invite)])
    #expect(bench.closed[guest] == "invite_revoked")
    #expect(bench.take(guest).last?.params["reason"] == "invite_revoked")
    let resent = bench.call(staff, "invite.resend", ["invite": .string(invite)])
    #expect(bench.reason(resent) == "invite_revoked")
    let unknown = bench.call(staff, "invite.revoke", ["invite": "inv_other"])
    #expect(bench.reason(unknown) == "invite_not_found")
  }

  @Test func theGeneralLinkIsShownRotatedAndTakenBack() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    func link(_ action: JSON) -> String? {
      bench.call(staff, "invite.link", ["action": action])["link"]?.string
    }
    let first = link("get")
    #expect(first?.contains("/call#invite=") == true)
    #expect(link("get") == first)
    let second = link("rotate")
    #expect(second != nil && second != first)
    #expect(link("disable") == nil)
    #expect(link("get") != nil, "made anew")
    let patient = bench.patient()
    let refused = bench.call(patient, "invite.link", ["action": "get"])
    #expect(bench.reason(refused) == "not_permitted")
  }

  @Test func aLinkWorksInTheTimeThatItsMakerGivesIt() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let (from, to) = (bench.now.wall + .minutes(5), bench.now.wall + .minutes(10))
    let recipient: JSON = [
      "given_name": "Ada", "phone": "0701740605", "not_before": .integer(from.milliseconds),
      "expires": .integer(to.milliseconds),
    ]
    let answer = bench.call(staff, "invite.create", ["recipients": [recipient]])
    let id = try #require(
      InviteID(answer["invites"]?.array?.first?["invite"]?["id"]?.string ?? ""))
    let secret = JSON.string(try #require(bench.plane.inviteSecret(for: id)))
    func opened() -> String {
      bench.reason(bench.call(bench.connect(), "session.open", ["invite": secret]))
    }
    #expect(opened() == "invite_refused")
    bench.pass(.minutes(6))
    #expect(opened() == "done")
    bench.pass(.minutes(5))
    #expect(opened() == "invite_refused")
    let upside: JSON = [
      "given_name": "Bo", "phone": "0701740606", "not_before": .integer(to.milliseconds),
      "expires": .integer(from.milliseconds),
    ]
    let refused = bench.call(staff, "invite.create", ["recipients": [upside]])
    #expect(refused["invites"]?.array?.first?["field"] == "expires")
  }

  @Test func whoseLinkNamesNobodyGivesANameAndMayCorrectItUntilAdmitted() throws {
    var bench = try ControlBench()
    let staff = bench.staff()
    bench.call(staff, "call.start")
    let answer = bench.call(
      staff, "invite.create", ["recipients": [["phone": "0701740605"]]])
    let id = try #require(
      InviteID(answer["invites"]?.array?.first?["invite"]?["id"]?.string ?? ""))
    for invite in [id, bench.demo.generalInvite] {
      let guest = bench.guest(invite)
      let refused = bench.call(guest, "call.join")
      #expect(bench.reason(refused) == "name_required")
      #expect(refused["data"]?["field"] == "name")
      let own = bench.call(guest, "call.join", ["name": "Ad"])["participant"] ?? .null
      #expect(bench.call(guest, "self.update", ["name": "Ada"]) == [:])
      let waiting = bench.take(staff).last { $0.method == "lobby.changed" }
      #expect(waiting?.params["waiting"]?.array?.last?["name"] == "Ada")
      bench.call(staff, "lobby.admit", ["participant": own])
      let late = bench.call(guest, "self.update", ["name": "Eva"])
      #expect(bench.reason(late) == "name_fixed")
    }
    // Whom the link names is called so, whatever they say.
    let named = bench.guest()
    bench.call(named, "call.join", ["name": "Eva"])
    let waiting = bench.take(staff).last { $0.method == "lobby.changed" }
    #expect(waiting?.params["waiting"]?.array?.last?["name"] == "Alex Lind")
    #expect(bench.reason(bench.call(named, "self.update", ["name": "Eva"])) == "name_fixed")
  }
}
