import Primitives
import Testing

@testable import Visits

@Suite struct CallTests {
  @Test func startingABookedVisitMakesItOngoingAndTheStarterResponsible() throws {
    var scene = try Scene(scheduled: true)
    let events = try scene.perform(
      .startCall(named("cal_one"), as: named("par_berit")), by: scene.staff(scene.berit))
    #expect(scene.current.state == .ongoing)
    #expect(scene.current.responsible == scene.berit)
    #expect(scene.current.call?.state == .open)
    #expect(scene.place(named("par_berit")) == .call)
    #expect(
      scene.ledger.relation(of: identity(of: scene.staff(scene.anna)), to: scene.current) == .added)
    #expect(events.contains { $0.givesAccess })
  }

  @Test func aVisitHasOneCallAtATime() throws {
    var scene = try Scene()
    try scene.annaStarts()
    #expect(
      scene.refusal(
        of: .startCall(named("cal_two"), as: named("par_b")), by: scene.staff(scene.berit))
        == .callExists)
  }

  @Test func staffWithoutARightToTheVisitStartsAndJoinsNothing() throws {
    var scene = try Scene()
    let mate = scene.staff(named("per_mate"), units: [named("uni_skin")])
    let other = scene.staff(named("per_other"), units: [named("uni_heart")])
    for actor in [mate, other] {
      #expect(
        scene.refusal(of: .startCall(named("cal_x"), as: named("par_x")), by: actor)
          == .notPermitted)
    }
    try scene.perform(
      .changeSettings(scene.clinic, ClinicSettings(sameUnitMayJoin: true)), by: .system)
    #expect(
      scene.refusal(of: .startCall(named("cal_x"), as: named("par_x")), by: other)
        == .notPermitted)
    try scene.annaStarts()
    try scene.perform(.join(as: named("par_mate")), by: mate)
    #expect(scene.place(named("par_mate")) == .call)
  }

  @Test func staffDoesNotJoinACallThatNobodyHasStarted() throws {
    var scene = try Scene()
    #expect(
      scene.refusal(of: .join(as: named("par_b")), by: scene.staff(scene.berit)) == .noCall)
  }

  @Test func theRequestRingsUntilItIsAnsweredWithdrawnOrTimesOut() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    let pia = scene.patient(scene.pia)
    try scene.perform(.requestCall(named("req_one"), scene.pia), by: anna)
    #expect(try scene.perform(.requestCall(named("req_two"), scene.pia), by: anna) == [])
    try scene.perform(.answerRequest(named("req_one"), accepted: false), by: pia)
    #expect(
      scene.refusal(of: .answerRequest(named("req_one"), accepted: true), by: pia)
        == .requestNotFound)

    try scene.perform(.requestCall(named("req_two"), scene.pia), by: anna)
    try scene.perform(.withdrawRequest(named("req_two")), by: anna)
    #expect(scene.refusal(of: .withdrawRequest(named("req_two")), by: anna) == .requestNotFound)

    try scene.perform(.requestCall(named("req_three"), scene.pia), by: anna)
    try scene.wait(.seconds(59))
    #expect(scene.current.call?.requests.last?.state == .sent)
    try scene.wait(.seconds(1))
    #expect(
      scene.current.call?.requests.map(\.state) == [.declined, .withdrawn, .timedOut])
  }

  @Test func onlyTheBookedPatientIsRungAndOnlyTheyAnswer() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    #expect(
      scene.refusal(of: .requestCall(named("req_x"), scene.berit), by: anna) == .personNotFound)
    #expect(
      scene.refusal(of: .requestCall(named("req_x"), scene.ivan), by: anna) == .personNotFound)
    try scene.perform(.requestCall(named("req_one"), scene.pia), by: anna)
    #expect(
      scene.refusal(
        of: .answerRequest(named("req_one"), accepted: true),
        by: try scene.link(scene.personalLink, session: "a")) == .notPermitted)
    try scene.piaJoins()
    try scene.perform(.admitAll(), by: anna)
    #expect(
      scene.refusal(of: .requestCall(named("req_two"), scene.pia), by: anna) == .alreadyJoined)
  }

  @Test func whoOpenedThePatientsLinkASecondTimeDoesNotAnswerForThePatient() throws {
    var scene = try Scene(lobby: .links)
    let anna = try scene.annaStarts()
    let link: InviteID = named("inv_pia")
    let pia = PersonRecord(id: scene.pia)
    try scene.perform(
      .createInvite(
        InviteDraft(id: link, recipient: .person(pia, role: .patient, kind: nil))), by: anna)
    try scene.perform(.join(as: named("par_pia")), by: try scene.link(link, session: "one"))
    try scene.perform(.join(as: named("par_two")), by: try scene.link(link, session: "two"))
    try scene.perform(.requestCall(named("req_one"), scene.pia), by: anna)
    let second = try scene.link(link, session: "two", as: "par_two")
    #expect(
      scene.refusal(of: .answerRequest(named("req_one"), accepted: true), by: second)
        == .notPermitted)
    let first = try scene.link(link, session: "one", as: "par_pia")
    try scene.perform(.answerRequest(named("req_one"), accepted: true), by: first)
    #expect(scene.place(named("par_pia")) == .call)
    #expect(scene.place(named("par_two")) == .lobby)
  }

  @Test func aLostParticipantKeepsTheirPlaceForHalfAMinute() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    try scene.perform(.admitAll(), by: anna)
    try scene.perform(.disconnect(named("par_pia")), by: .system)
    #expect(try scene.perform(.disconnect(named("par_pia")), by: .system) == [])
    try scene.wait(.seconds(29))
    try scene.perform(.reconnect(named("par_pia")), by: .system)
    #expect(try scene.perform(.reconnect(named("par_pia")), by: .system) == [])
    try scene.wait(.seconds(60))
    #expect(scene.place(named("par_pia")) == .call)
    try scene.perform(.disconnect(named("par_pia")), by: .system)
    try scene.wait(.seconds(30))
    #expect(scene.place(named("par_pia")) == .out)
    #expect(scene.trace.last?.change == .departed(named("par_pia"), .lost))
  }

  @Test func aCallWithoutStaffWaitsAndEndsAfterTheClinicsTime() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    try scene.perform(.admitAll(), by: anna)
    try scene.perform(.disconnect(named("par_anna")), by: .system)
    try scene.wait(.seconds(30))
    #expect(
      scene.current.call?.state
        == .waitingForStaff(
          until: scene.now.instant + .minutes(10), endsAt: scene.now.wall + .minutes(10)))
    #expect(scene.current.roster.map(\.id) == [named("par_pia")])
    try scene.wait(.minutes(10))
    #expect(scene.current.call == nil)
    #expect(scene.current.participants.isEmpty)
    #expect(scene.trace.last?.change == .callEnded(.noStaff))
    #expect(scene.ledger.nextDeadline == nil)
  }

  @Test func nobodyIsEverPromoted() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    let pia = try scene.piaJoins()
    try scene.linkJoins(as: "par_ivan")
    try scene.perform(.admit(named("par_pia")), by: anna)
    try scene.perform(.leave, by: anna)
    #expect(scene.refusal(of: .admitAll(), by: pia) == .notPermitted)
    #expect(scene.refusal(of: .endCall, by: pia) == .notPermitted)
    #expect(scene.refusal(of: .admitAll(), by: scene.staff(scene.berit)) == .notInCall)
    try scene.perform(.join(as: named("par_berit")), by: scene.staff(scene.berit))
    #expect(scene.current.responsible == scene.anna)
  }

  @Test func afterACallLinksWorkAgainOnlyWhenStaffStartsAnother() throws {
    var scene = try Scene(lobby: .off)
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    try scene.linkJoins(as: "par_ivan")
    let events = try scene.perform(.endCall, by: anna)
    #expect(events.allSatisfy { !$0.givesAccess })
    #expect(scene.current.participants.isEmpty)
    #expect(
      scene.refusal(of: .join(as: named("par_p2")), by: scene.patient(scene.pia)) == .callEnded)
    #expect(
      scene.refusal(
        of: .join(as: named("par_i2")), by: try scene.link(scene.personalLink, session: "x"))
        == .callEnded)
    try scene.perform(
      .startCall(named("cal_two"), as: named("par_a2")), by: scene.staff(scene.anna))
    try scene.perform(.join(as: named("par_p2")), by: scene.patient(scene.pia))
    #expect(scene.place(named("par_p2")) == .call)
  }
}

/// The identity behind an actor of a test.
func identity(of actor: Actor) -> Identity {
  guard case .session(let identity) = actor else { preconditionFailure("no session") }
  return identity
}
