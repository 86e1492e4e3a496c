import Primitives
import Testing

@testable import Visits

@Suite struct LobbyTests {
  @Test func everybodyButStaffWaitsUntilStaffInTheCallAdmits() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    try scene.linkJoins(as: "par_ivan")
    #expect(scene.current.roster.map(\.role) == [.staff])
    #expect(scene.current.lobby.map(\.id) == [named("par_pia"), named("par_ivan")])

    try scene.perform(.admit(named("par_pia")), by: anna)
    let admission = try #require(scene.current.participant(named("par_pia"))?.admission)
    #expect(
      admission == Admission(ground: .admitted, by: .person(scene.anna), at: scene.now.wall))
    #expect(try scene.perform(.admit(named("par_pia")), by: anna) == [])
    try scene.perform(.admitAll(), by: anna)
    #expect(scene.place(named("par_ivan")) == .call)
    #expect(try scene.perform(.admitAll(), by: anna) == [])
  }

  @Test func whoComesEarlyWaitsUnderEveryPolicy() throws {
    for policy in LobbyPolicy.allCases {
      var scene = try Scene(lobby: policy)
      try scene.piaJoins()
      try scene.linkJoins(as: "par_ivan")
      #expect(scene.current.roster.isEmpty)
      #expect(scene.current.call == nil)
    }
  }

  /// Who is in the call, by policy, when all three came early and staff starts.
  @Test(arguments: [
    (LobbyPolicy.everyone, []), (.links, []), (.generalLink, ["par_pia", "par_ivan"]),
    (.off, ["par_pia", "par_ivan", "par_general"]),
  ])
  func thePolicySaysWhoEntersWithoutAnAdmit(policy: LobbyPolicy, expected: [String]) throws {
    var scene = try Scene(lobby: policy)
    try scene.piaJoins()
    try scene.linkJoins(as: "par_ivan")
    try scene.perform(
      .join(as: named("par_general")), by: try scene.link(scene.generalLink, session: "g"))
    try scene.annaStarts()
    let entered = scene.current.roster.filter { $0.role != .staff }
    #expect(entered.map(\.id.text) == expected)
    #expect(entered.allSatisfy { $0.admission?.ground == .booked })
    #expect(entered.allSatisfy { $0.admission?.by == .person(scene.anna) })
  }

  @Test(arguments: LobbyPolicy.allCases)
  func aTokenThatAsksForTheLobbyGetsIt(policy: LobbyPolicy) throws {
    var scene = try Scene(lobby: policy)
    try scene.annaStarts()
    try scene.perform(
      .join(as: named("par_pia")), by: scene.patient(scene.pia, entry: .lobby))
    #expect(scene.place(named("par_pia")) == .lobby)
  }

  @Test(arguments: LobbyPolicy.allCases)
  func aSecondOpeningOfAPersonalLinkWaitsAsAnUnverifiedGuest(policy: LobbyPolicy) throws {
    var scene = try Scene(lobby: policy)
    let anna = try scene.annaStarts()
    try scene.linkJoins(as: "par_ivan")
    try scene.linkJoins(as: "par_second", session: "second")
    let second = try #require(scene.current.participant(named("par_second")))
    #expect(second.place == .lobby)
    #expect(second.person == named("per_stranger-second"))
    #expect((second.role, second.kind) == (.guest, .other))
    #expect(second.identifiedBy == .unverified)
    #expect(scene.current.people[second.person]?.name == Redacted("Somebody"))
    #expect(scene.current.people[scene.ivan]?.name == Redacted("Ivan Ivarsson"))
    try scene.perform(.admit(second.id), by: anna)
    #expect(scene.place(second.id) == .call)
  }

  @Test(arguments: LobbyPolicy.allCases)
  func aSecondTabOfATokenWaits(policy: LobbyPolicy) throws {
    var scene = try Scene(lobby: policy)
    try scene.annaStarts()
    try scene.piaJoins()
    try scene.perform(.join(as: named("par_tab")), by: scene.patient(scene.pia))
    #expect(scene.place(named("par_tab")) == .lobby)
  }

  @Test func whoAcceptsARequestComesInUnderThePolicyForLinks() throws {
    var scene = try Scene(lobby: .links)
    let anna = try scene.annaStarts()
    try scene.perform(.requestCall(named("req_one"), scene.pia), by: anna)
    try scene.perform(
      .answerRequest(named("req_one"), accepted: true), by: scene.patient(scene.pia))
    try scene.piaJoins()
    let admission = try #require(scene.current.participant(named("par_pia"))?.admission)
    #expect(admission.ground == .requested)
    #expect(admission.by == .person(scene.anna))
  }

  @Test func whoAcceptsWhileWaitingComesInUnderThePolicyForLinks() throws {
    var scene = try Scene(lobby: .links)
    let anna = try scene.annaStarts()
    let pia = try scene.piaJoins()
    try scene.perform(.requestCall(named("req_one"), scene.pia), by: anna)
    #expect(scene.place(named("par_pia")) == .lobby)
    try scene.perform(.answerRequest(named("req_one"), accepted: true), by: pia)
    #expect(scene.place(named("par_pia")) == .call)
  }

  @Test func whoIsDeniedCanKnockAgainAfterAMinuteAndThenWaits() throws {
    var scene = try Scene(lobby: .off)
    let anna = try scene.annaStarts()
    try scene.perform(
      .join(as: named("par_pia")), by: scene.patient(scene.pia, entry: .lobby))
    try scene.perform(.deny(named("par_pia")), by: anna)
    #expect(
      scene.refusal(of: .join(as: named("par_p2")), by: scene.patient(scene.pia)) == .denied)
    try scene.wait(.seconds(59))
    #expect(
      scene.refusal(of: .join(as: named("par_p2")), by: scene.patient(scene.pia)) == .denied)
    try scene.wait(.seconds(1))
    try scene.perform(.join(as: named("par_p2")), by: scene.patient(scene.pia))
    #expect(scene.place(named("par_p2")) == .lobby)
    #expect(scene.refusal(of: .deny(named("par_gone")), by: anna) == .participantNotFound)
    try scene.perform(.admit(named("par_p2")), by: anna)
    #expect(scene.refusal(of: .deny(named("par_p2")), by: anna) == .participantNotInLobby)
  }

  @Test func whoIsHeldCannotComeBackByLeavingAndKnockingAgain() throws {
    var scene = try Scene(lobby: .off)
    let anna = try scene.annaStarts()
    let pia = try scene.piaJoins()
    #expect(scene.place(named("par_pia")) == .call)
    try scene.perform(.hold(named("par_pia")), by: anna)
    #expect(try scene.perform(.hold(named("par_pia")), by: anna) == [])
    #expect(scene.place(named("par_pia")) == .lobby)
    try scene.perform(.leave, by: pia)
    try scene.perform(.join(as: named("par_p2")), by: scene.patient(scene.pia))
    #expect(scene.place(named("par_p2")) == .lobby)
    try scene.perform(.admit(named("par_p2")), by: anna)
    try scene.perform(.leave, by: scene.patient(scene.pia, as: "par_p2"))
    try scene.perform(.join(as: named("par_p3")), by: scene.patient(scene.pia))
    #expect(scene.place(named("par_p3")) == .call)
  }

  @Test func whoIsRemovedByStaffCannotKnockAgainByThatLink() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    try scene.linkJoins(as: "par_ivan")
    try scene.perform(.admitAll(), by: anna)
    try scene.perform(.remove(named("par_ivan")), by: anna)
    let again = try scene.link(scene.personalLink, session: "again")
    #expect(scene.refusal(of: .join(as: named("par_i2")), by: again) == .barred)

    let general = try scene.link(scene.generalLink, session: "one")
    try scene.perform(.join(as: named("par_g")), by: general)
    try scene.perform(.remove(named("par_g")), by: anna)
    #expect(scene.refusal(of: .join(as: named("par_g2")), by: general) == .barred)
    try scene.perform(
      .join(as: named("par_g2")), by: try scene.link(scene.generalLink, session: "two"))
    #expect(scene.place(named("par_g2")) == .lobby)
  }

  @Test func removingASecondOpeningLeavesTheRecipientIn() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    try scene.linkJoins(as: "par_ivan")
    let second = try scene.linkJoins(as: "par_second", session: "second")
    try scene.perform(.admitAll(), by: anna)
    try scene.perform(.remove(named("par_second")), by: anna)
    #expect(scene.place(named("par_ivan")) == .call)
    try scene.perform(.leave, by: try scene.link(scene.personalLink, session: "x", as: "par_ivan"))
    var returning = second
    if case .session(var identity) = second {
      identity.participant = nil
      returning = .session(identity)
    }
    #expect(scene.refusal(of: .join(as: named("par_s2")), by: returning) == .barred)
  }

  @Test func revokingALinkTakesOutWhoCameByIt() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    try scene.linkJoins(as: "par_ivan")
    try scene.linkJoins(as: "par_second", session: "second")
    try scene.perform(.admit(named("par_ivan")), by: anna)
    let session = try scene.link(scene.personalLink, session: "late")
    try scene.perform(.revokeInvite(scene.personalLink), by: anna)
    #expect(scene.current.participants.map(\.role) == [.staff])
    #expect(scene.refusal(of: .join(as: named("par_late")), by: session) == .inviteRevoked)
  }

  @Test func nobodyIsLetInWithoutStaff() throws {
    var scene = try Scene(lobby: .off)
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    try scene.perform(.leave, by: anna)
    try scene.linkJoins(as: "par_ivan")
    #expect(scene.place(named("par_pia")) == .call)
    #expect(scene.place(named("par_ivan")) == .lobby)
    try scene.perform(.join(as: named("par_berit")), by: scene.staff(scene.berit))
    #expect(scene.current.call?.state == .open)
    #expect(scene.place(named("par_ivan")) == .call)
  }

  @Test func aCrowdWithTheGeneralLinkKeepsNeitherTheInvitedNorStaffOut() throws {
    var scene = try Scene()
    func knock(_ number: Int) throws {
      try scene.perform(
        .join(as: named("par_g\(number)")),
        by: try scene.link(scene.generalLink, session: "\(number)"))
    }
    for number in 0..<Limits.placesForUnnamed { try knock(number) }
    #expect(throws: Refusal(.callFull)) { try knock(Limits.placesForUnnamed) }
    try scene.piaJoins()
    try scene.linkJoins(as: "par_ivan")
    for number in 0..<Limits.participantsPerCall - Limits.placesForStaff - 34 {
      try scene.perform(.join(as: named("par_t\(number)")), by: scene.patient(scene.pia))
    }
    #expect(
      scene.refusal(of: .join(as: named("par_more")), by: scene.patient(scene.pia)) == .callFull)
    try scene.annaStarts()
    #expect(scene.place(named("par_anna")) == .call)
  }

  @Test func whoComesAndGoesWithTheGeneralLinkLeavesNothingBehind() throws {
    var scene = try Scene()
    let known = scene.current.people.keys.sorted()
    for number in 0...Limits.peoplePerVisit {
      let (session, participant) = ("\(number)", "par_g\(number)")
      try scene.perform(
        .join(as: named(participant)), by: try scene.link(scene.generalLink, session: session))
      try scene.perform(
        .leave, by: try scene.link(scene.generalLink, session: session, as: participant))
    }
    #expect(scene.current.people.keys.sorted() == known)
  }

  @Test func aSecondOpeningStaysAStrangersWhenTheRecipientIsGone() throws {
    var scene = try Scene(lobby: .off)
    try scene.annaStarts()
    let first = try scene.linkJoins(as: "par_ivan")
    var second = try scene.link(scene.personalLink, session: "second")
    if case .session(var identity) = second {
      identity.link?.isSecond = true
      second = .session(identity)
    }
    try scene.perform(.leave, by: first)
    try scene.perform(.join(as: named("par_second")), by: second)
    let arrived = try #require(scene.current.participant(named("par_second")))
    #expect(arrived.place == .lobby)
    #expect(arrived.person == named("per_stranger-second"))
    #expect(arrived.identifiedBy == .unverified)
  }

  @Test(arguments: ["hold", "remove", "deny"])
  func onceStaffHasSentSomebodyAwayWhoCameByTheGeneralLinkAllWhoDoWait(how: String) throws {
    var scene = try Scene(lobby: .off)
    let anna = try scene.annaStarts()
    try scene.perform(
      .join(as: named("par_one")), by: try scene.link(scene.generalLink, session: "one"))
    #expect(scene.place(named("par_one")) == .call)
    if how == "deny" { try scene.perform(.hold(named("par_one")), by: anna) }
    let commands: [String: VisitCommand] = [
      "hold": .hold(named("par_one")), "remove": .remove(named("par_one")),
      "deny": .deny(named("par_one")),
    ]
    try scene.perform(try #require(commands[how]), by: anna)
    try scene.perform(
      .join(as: named("par_two")), by: try scene.link(scene.generalLink, session: "two"))
    #expect(scene.place(named("par_two")) == .lobby)
    // A link of one's own is not touched by that, and a rotated link begins anew.
    try scene.linkJoins(as: "par_ivan")
    #expect(scene.place(named("par_ivan")) == .call)
    try scene.perform(.rotateInvite(scene.generalLink), by: anna)
    let rotated = try scene.ledger.identity(
      ofLink: scene.generalLink, version: 2, stranger: named("per_stranger-three"),
      name: Redacted("Somebody"), at: scene.now.wall)
    try scene.perform(.join(as: named("par_three")), by: .session(rotated))
    #expect(scene.place(named("par_three")) == .call)
  }
}
