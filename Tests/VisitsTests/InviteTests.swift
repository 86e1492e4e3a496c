import Primitives
import Testing

@testable import Visits

@Suite struct InviteTests {
  @Test func aRecipientHasANameBeforeTheCallAndAlwaysAnAddress() throws {
    var scene = try Scene()
    var person = guest("per_x")
    person.name = nil
    #expect(scene.refusal(inviting: person) == Refusal(.nameRequired, field: "given_name"))
    person.email = nil
    person.name = Redacted("Gun Gran")
    #expect(scene.refusal(inviting: person) == Refusal(.addressRequired, field: "phone"))
    let anna = try scene.annaStarts()
    try scene.perform(invite(PersonRecord(id: named("per_y"), phone: phone), "inv_y"), by: anna)
    #expect(scene.current.people[named("per_y")]?.name == nil)
  }

  @Test func othersThanTheBookedOnesComeOnlyWithThePatientsAgreementWhereTheClinicSaysSo() throws {
    var scene = try Scene()
    try scene.perform(
      .changeSettings(scene.clinic, ClinicSettings(consentRequired: true)), by: .system)
    #expect(
      scene.refusal(inviting: guest("per_x"))
        == Refusal(.consentRequired, field: "agreed_with_patient"))
    try scene.perform(
      .createInvite(
        InviteDraft(
          id: named("inv_x"), recipient: .person(guest("per_x"), role: .guest, kind: .relative),
          agreedWithPatient: true)), by: scene.staff(scene.anna))
    #expect(scene.current.agreed == [named("per_x")])
    let audited = scene.log.filter { $0.payload["type"]?.string == "visit.patient_agreed" }
    #expect(audited.map { $0.payload["person"]?.string } == ["per_x"])
    // Who is booked needs nobody's agreement.
    try scene.perform(
      .createInvite(
        InviteDraft(
          id: named("inv_pia"),
          recipient: .person(PersonRecord(id: scene.pia), role: .patient, kind: nil))),
      by: scene.staff(scene.anna))
  }

  @Test func ofSeveralRecipientsEachIsAcceptedOrRefused() throws {
    var scene = try Scene()
    let anna = scene.staff(scene.anna)
    var nameless = guest("per_b")
    nameless.name = nil
    var wrong = guest("per_c")
    wrong.phone = Redacted("070")
    let drafts = [guest("per_a"), nameless, wrong, guest("per_d"), guest("per_a")].enumerated()
      .map { index, person in
        InviteDraft(
          id: named("inv_\(index)"), recipient: .person(person, role: .guest, kind: .other))
      }
    let refusals = try scene.ledger.refusals(
      of: drafts, in: scene.visit, by: anna, at: scene.now)
    #expect(
      refusals == [
        1: Refusal(.nameRequired, field: "given_name"),
        2: Refusal(.badPhoneNumber, field: "phone"),
        4: Refusal(.alreadyExists, field: "person"),
      ])
    try scene.perform(.createInvites(drafts), by: anna)
    #expect(scene.current.invites.map(\.id).suffix(2) == [named("inv_0"), named("inv_3")])
    #expect(throws: Refusal(.notPermitted)) {
      try scene.ledger.refusals(
        of: drafts, in: scene.visit, by: scene.patient(scene.pia), at: scene.now)
    }
  }

  @Test func aRotatedLinkOpensUnderItsNewSecretOnlyAndWhoWaitsByTheOldOneGoes() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    let admitted = try scene.link(scene.generalLink, session: "a")
    try scene.perform(.join(as: named("par_a")), by: admitted)
    try scene.perform(.admit(named("par_a")), by: anna)
    let waiting = try scene.link(scene.generalLink, session: "b")
    try scene.perform(.join(as: named("par_b")), by: waiting)
    try scene.perform(.rotateInvite(scene.generalLink), by: anna)
    #expect(scene.place(named("par_a")) == .call)
    #expect(scene.place(named("par_b")) == .out)
    #expect(
      scene.refusal(of: .join(as: named("par_c")), by: waiting) == .inviteNotFound)
    #expect(throws: Refusal(.inviteNotFound)) {
      try scene.ledger.identity(
        ofLink: scene.generalLink, version: 1, stranger: named("per_s"), at: scene.now.wall)
    }
    _ = try scene.ledger.identity(
      ofLink: scene.generalLink, version: 2, stranger: named("per_s"), at: scene.now.wall)
  }

  @Test func theGeneralLinkIsSwitchedOffAndANewOneMade() throws {
    var scene = try Scene()
    let anna = scene.staff(scene.anna)
    try scene.perform(.revokeInvite(scene.generalLink), by: anna)
    #expect(scene.refusal(of: .rotateInvite(scene.generalLink), by: anna) == .inviteRevoked)
    try scene.perform(
      .createInvite(InviteDraft(id: named("inv_new"), recipient: .anybody)), by: anna)
  }

  @Test func patientsCopyTheGeneralLinkOnlyWhereTheClinicLetsThem() throws {
    var settings = ClinicSettings()
    let closed = try Scene(settings: settings)
    settings.generalLinkForPatients = true
    let open = try Scene(settings: settings)
    let pia = identity(of: open.patient(open.pia))
    #expect(throws: Refusal(.notPermitted)) {
      try closed.ledger.require(.inviteLink, in: closed.visit, by: pia)
    }
    try open.ledger.require(.inviteLink, in: open.visit, by: pia)
    #expect(throws: Refusal(.notPermitted)) {
      try open.ledger.require(
        .inviteLink, in: open.visit,
        by: identity(of: try open.link(open.personalLink, session: "g")))
    }
  }

  @Test func whoOpensThePatientsLinkASecondTimeCopiesNoGeneralLink() throws {
    var settings = ClinicSettings()
    settings.generalLinkForPatients = true
    var scene = try Scene(settings: settings)
    let link: InviteID = named("inv_pia")
    try scene.perform(
      .createInvite(
        InviteDraft(
          id: link, recipient: .person(PersonRecord(id: scene.pia), role: .patient, kind: nil))),
      by: scene.staff(scene.anna))
    let second = identity(of: try scene.link(link, session: "b"))
    try scene.ledger.require(.inviteLink, in: scene.visit, by: second)
    try scene.perform(.join(as: named("par_a")), by: try scene.link(link, session: "a"))
    #expect(throws: Refusal(.notPermitted)) {
      try scene.ledger.require(.inviteLink, in: scene.visit, by: second)
    }
  }

  @Test func anInviteTellsHowItStands() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    func state() throws -> InviteState {
      scene.current.state(of: try #require(scene.current.invite(scene.personalLink)))
    }
    let message = try #require(scene.current.messages.first).id
    #expect(try state() == .queued)
    try scene.perform(.settleMessage(message, .sent), by: .system)
    #expect(try state() == .sent)
    try scene.perform(.noteInvite(scene.personalLink), by: .system)
    #expect(try scene.perform(.noteInvite(scene.personalLink), by: .system) == [])
    #expect(try state() == .opened)
    let ivan = try scene.linkJoins(as: "par_ivan")
    #expect(try state() == .waiting)
    try scene.perform(.admit(named("par_ivan")), by: anna)
    #expect(try state() == .joined)
    try scene.perform(.leave, by: ivan)
    #expect(try state() == .joined)
    try scene.perform(.revokeInvite(scene.personalLink), by: anna)
    #expect(try state() == .revoked)
    let general = try #require(scene.current.invite(scene.generalLink))
    #expect(scene.current.state(of: general) == .unsent)
  }

  @Test func linksWorkBeforeTheStartOnlyWhereTheTypeSaysSo() throws {
    for (type, early) in [("videobesök", true), ("schemalagt", false)] {
      var scene = try Scene(scheduled: true)
      var changes = VisitChanges()
      changes.type = type
      try scene.perform(.update(changes), by: scene.staff(scene.anna))
      #expect(works(scene) == early)
      var started = scene
      try started.perform(.start, by: started.staff(started.anna))
      #expect(works(started))
      try scene.wait(.hours(1))
      #expect(works(scene))
    }
  }

  @Test func linksStopWorkingSoLongAfterTheVisitsTime() throws {
    var settings = ClinicSettings()
    settings.linkLifetime = .hours(2)
    var scene = try Scene(settings: settings, scheduled: true)
    try scene.wait(.hours(2))
    #expect(works(scene))
    try scene.wait(.hours(1))
    #expect(!works(scene))
  }

  @Test func linksWorkAgainOnlyOnceStaffStartsAnotherCallAndNeverInAClosedVisit() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    try scene.perform(.endCall, by: anna)
    let ivan = try scene.link(scene.personalLink, session: "i")
    #expect(scene.refusal(of: .join(as: named("par_i")), by: ivan) == .callEnded)
    try scene.perform(
      .startCall(named("cal_two"), as: named("par_anna2")), by: scene.staff(scene.anna))
    try scene.perform(.join(as: named("par_i")), by: ivan)
    try scene.perform(.endCall, by: scene.staff(scene.anna, as: "par_anna2"))
    try scene.perform(.close, by: scene.staff(scene.anna))
    #expect(!works(scene))
  }

  // MARK: Parts

  private let phone = Redacted("+46701234567")

  private func invite(_ person: PersonRecord, _ id: String) -> VisitCommand {
    .createInvite(
      InviteDraft(id: named(id), recipient: .person(person, role: .guest, kind: .other)))
  }

  private func works(_ scene: Scene) -> Bool {
    (try? scene.link(scene.personalLink, session: "s")) != nil
  }

  @Test func whoOpensALinkASecondTimeHasNotUsedIt() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    let ivan = try scene.linkJoins(as: "par_ivan")
    try scene.linkJoins(as: "par_second", session: "second")
    try scene.perform(.admit(named("par_second")), by: anna)
    try scene.perform(.leave, by: ivan)
    let invite = try #require(scene.current.invite(scene.personalLink))
    #expect(!invite.wasUsed)
    #expect(scene.current.state(of: invite) == .queued)
  }

  @Test(arguments: [InviteDraft.NamePart.given, .family])
  func atBookingAGuestHasBothNamesAndInACallNeitherIsNeeded(missing: InviteDraft.NamePart) throws {
    var scene = try Scene()
    var draft = InviteDraft(
      id: named("inv_x"), recipient: .person(guest("per_x"), role: .guest, kind: .other))
    draft.missingName = missing
    #expect(throws: Refusal(.nameRequired, field: missing.rawValue)) {
      try scene.perform(.createInvite(draft), by: scene.staff(scene.anna))
    }
    let anna = try scene.annaStarts()
    try scene.perform(.createInvite(draft), by: anna)
  }
}
