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
}
