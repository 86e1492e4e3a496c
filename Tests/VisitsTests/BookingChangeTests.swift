import Primitives
import Testing

@testable import Visits

@Suite struct BookingChangeTests {
  @Test func rebookingMovesTheVisitAndTheSameLinksWithIt() throws {
    var scene = try Scene(scheduled: true)
    let before = scene.current.invites
    var changes = VisitChanges()
    changes.scheduled = scene.now.wall + .hours(49)
    changes.ends = scene.now.wall + .hours(50)
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
    #expect(scene.current.scheduled == scene.now.wall + .hours(49))
    #expect(scene.current.ends == scene.now.wall + .hours(50))
    for (old, new) in zip(before, scene.current.invites) {
      #expect(new.id == old.id && new.version == old.version)
      #expect(new.expires == old.expires.map { $0 + .hours(49) })
    }
  }

  @Test func aVisitThatIsMovedWithoutANewEndKeepsItsLength() throws {
    var scene = try Scene(scheduled: true)
    var changes = VisitChanges()
    changes.ends = scene.now.wall + .hours(2)
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
    changes = VisitChanges()
    changes.scheduled = scene.now.wall + .hours(5)
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
    #expect(scene.current.ends == scene.now.wall + .hours(6))
    changes.ends = changes.scheduled
    #expect(scene.refusal(of: .update(changes), by: scene.staff(scene.anna)) == .badArgument)
  }

  @Test func onlyABookedVisitIsMovedAndOnlyAnOpenOneChanged() throws {
    var scene = try Scene()
    var changes = VisitChanges()
    changes.scheduled = scene.now.wall + .hours(5)
    #expect(scene.refusal(of: .update(changes), by: scene.staff(scene.anna)) == .badArgument)
    try scene.perform(.close, by: scene.staff(scene.anna))
    #expect(
      scene.refusal(of: .update(VisitChanges()), by: scene.staff(scene.anna)) == .visitClosed)
  }

  @Test func headingDescriptionTypeAndUnitChangeOneByOne() throws {
    var scene = try Scene()
    var changes = VisitChanges()
    changes.description = Redacted("Sedan i måndags")
    changes.type = "videomöte"
    changes.unit = named("uni_eye")
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
    #expect(
      scene.current.details
        == VisitDetails(heading: Redacted("Hudutslag"), description: Redacted("Sedan i måndags")))
    #expect(scene.current.type == "videomöte" && scene.current.unit == named("uni_eye"))
    changes = VisitChanges()
    changes.heading = Redacted("")
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
    #expect(scene.current.details.heading == nil)
    #expect(try scene.perform(.update(changes), by: scene.staff(scene.anna)) == [])
  }

  @Test func aHeadingIsOneOfTheClinicsReasonsWhereItAllowsNoFreeText() throws {
    var settings = ClinicSettings()
    settings.freeTextHeading = false
    settings.reasons = ["Hudutslag", "Hosta"]
    var scene = try Scene(settings: settings)
    var changes = VisitChanges()
    changes.heading = Redacted("Något annat")
    #expect(scene.refusal(of: .update(changes), by: scene.staff(scene.anna)) == .badArgument)
    changes.heading = Redacted("Hosta")
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
    settings.reasons = []
    try scene.perform(.changeSettings(scene.clinic, settings), by: .system)
    changes.description = Redacted("Mer")
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
    #expect(scene.current.details.heading == Redacted("Hosta"))
  }

  @Test func aTypeOrAUnitThatTheClinicDoesNotHaveIsRefused() throws {
    var scene = try Scene()
    var changes = VisitChanges()
    changes.type = "hembesök"
    #expect(scene.refusal(of: .update(changes), by: scene.staff(scene.anna)) == .badArgument)
    try scene.perform(.changeDirectory(scene.clinic, DirectoryTests.changes), by: .system)
    changes = VisitChanges()
    changes.unit = named("uni_no")
    #expect(scene.refusal(of: .update(changes), by: scene.staff(scene.anna)) == .unitNotFound)
    changes.unit = named("uni_eye")
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
  }

  @Test func anyAddedStaffMemberStartsABookedVisitAndBecomesResponsible() throws {
    var scene = try Scene(scheduled: true)
    try scene.perform(.start, by: scene.staff(scene.berit))
    #expect(scene.current.state == .ongoing && scene.current.responsible == scene.berit)
    #expect(try scene.perform(.start, by: scene.staff(scene.anna)) == [])
    var other = try Scene(scheduled: true)
    try other.perform(.start, by: .backEnd(other.clinic, key: "k"))
    #expect(other.current.state == .ongoing && other.current.responsible == other.anna)
  }

  @Test func staffOfTheUnitStartsItOnlyWhereTheClinicSaysSo() throws {
    for mayJoin in [false, true] {
      var scene = try Scene(
        settings: ClinicSettings(sameUnitMayJoin: mayJoin), scheduled: true)
      let mate = scene.staff(named("per_mate"), units: [named("uni_skin")])
      let stranger = scene.staff(named("per_other"), units: [named("uni_eye")])
      #expect(scene.refusal(of: .start, by: stranger) == .notPermitted)
      if mayJoin {
        try scene.perform(.start, by: mate)
        #expect(scene.current.responsible == named("per_mate"))
      } else {
        #expect(scene.refusal(of: .start, by: mate) == .notPermitted)
      }
    }
  }

  @Test func inMidCallTakingOverIsExplicitAndForThoseInTheCall() throws {
    var scene = try Scene()
    try scene.annaStarts()
    let berit = scene.staff(scene.berit)
    #expect(scene.refusal(of: .takeOver, by: berit) == .notInCall)
    try scene.perform(.join(as: named("par_berit")), by: berit)
    #expect(scene.current.responsible == scene.anna)
    try scene.perform(.takeOver, by: scene.staff(scene.berit, as: "par_berit"))
    #expect(scene.current.responsible == scene.berit)
    #expect(scene.current.booked[scene.anna] == .staff)
    #expect(try scene.perform(.takeOver, by: scene.staff(scene.berit, as: "par_berit")) == [])
  }

  @Test func aColleagueIsAddedFromTheDirectoryByNameAndWithoutAMessage() throws {
    var scene = try Scene()
    let anna = scene.staff(scene.anna)
    let rene: PersonID = named("per_rs")
    #expect(scene.refusal(of: .addStaff(rene), by: anna) == .personNotFound)
    try scene.perform(.changeDirectory(scene.clinic, DirectoryTests.changes), by: .system)
    let messages = scene.current.messages
    try scene.perform(.addStaff(rene), by: anna)
    #expect(scene.current.people[rene]?.name == Redacted("René Sjögren"))
    #expect(scene.current.people[rene]?.title == Redacted("Titel"))
    #expect(scene.current.messages == messages)
    #expect(try scene.perform(.addStaff(rene), by: anna) == [])
    #expect(scene.ledger.visits(of: rene, in: scene.clinic).map(\.id) == [scene.visit])
    try scene.perform(.start, by: scene.staff(rene))
    try scene.perform(.removeStaff(rene), by: anna)
    #expect(scene.current.booked[rene] == nil)
    #expect(scene.refusal(of: .start, by: scene.staff(rene)) == .notPermitted)
    #expect(scene.ledger.visits(of: rene, in: scene.clinic) == [])
    #expect(try scene.perform(.removeStaff(rene), by: anna) == [])
  }

  @Test func neitherTheResponsibleNorWhoIsInTheCallIsTakenOff() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    #expect(scene.refusal(of: .removeStaff(scene.anna), by: anna) == .personIsResponsible)
    try scene.perform(.join(as: named("par_berit")), by: scene.staff(scene.berit))
    #expect(scene.refusal(of: .removeStaff(scene.berit), by: anna) == .personPresent)
    #expect(scene.refusal(of: .addStaff(scene.pia), by: anna) == .personNotFound)
  }

  @Test func staffIsBookedByNameOrFromTheDirectory() throws {
    var scene = try Scene()
    var draft = scene.draft()
    draft.id = named("vis_other")
    draft.invites = []
    draft.attendees = [.init(PersonRecord(id: named("per_rs")), role: .staff)]
    #expect(
      scene.refusal(of: .createVisit(draft), by: scene.staff(scene.anna)) == .personNotFound)
    draft.unit = named("uni_eye")
    try scene.perform(.changeDirectory(scene.clinic, DirectoryTests.changes), by: .system)
    try scene.perform(.createVisit(draft), by: scene.staff(scene.anna))
    let visit = try #require(scene.ledger.visits[draft.id])
    #expect(visit.people[named("per_rs")]?.name == Redacted("René Sjögren"))
  }

  @Test func peopleAreExchangedAndTheirLinksGoWithThem() throws {
    var scene = try Scene(scheduled: true)
    let link: InviteID = named("inv_pia")
    try scene.perform(
      .createInvite(
        InviteDraft(
          id: link, recipient: .person(PersonRecord(id: scene.pia), role: .patient, kind: nil))),
      by: scene.staff(scene.anna))
    var changes = VisitChanges()
    changes.patients = [.init(PersonRecord(id: named("per_per")), role: .patient)]
    changes.staff = []
    var random = RandomSource(seed: 1)
    changes.addCustomaryLinks(in: scene.current, random: &random)
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
    #expect(scene.current.booked == [scene.anna: .staff, named("per_per"): .patient])
    #expect(scene.current.invite(link)?.isRevoked == true)
    #expect(scene.current.invites.last?.person == named("per_per"))
    #expect(
      scene.refusal(of: .join(as: named("par_pia")), by: scene.patient(scene.pia))
        == .visitNotFound)
  }

  @Test func whoIsHereIsNotTakenOffTheBooking() throws {
    var scene = try Scene(scheduled: true)
    try scene.piaJoins()
    var changes = VisitChanges()
    changes.patients = []
    #expect(scene.refusal(of: .update(changes), by: scene.staff(scene.anna)) == .personPresent)
  }

  @Test func aBackEndBooksForAMemberOfStaffThatItNames() throws {
    var scene = try Scene()
    var draft = scene.draft()
    draft.id = named("vis_other")
    draft.invites = []
    let backEnd = Actor.backEnd(scene.clinic, key: "k")
    #expect(scene.refusal(of: .createVisit(draft), by: backEnd) == .badArgument)
    draft.responsible = PersonRecord(id: scene.anna, name: Redacted("Anna"))
    try scene.perform(.createVisit(draft), by: backEnd)
    #expect(scene.ledger.visits[draft.id]?.responsible == scene.anna)
    #expect(scene.ledger.visits[draft.id]?.createdBy == .backEnd(key: "k"))
  }

  @Test func whatIsBookedGetsTheCustomaryLinks() throws {
    let scene = try Scene()
    var draft = scene.draft()
    draft.invites = []
    var random = RandomSource(seed: 1)
    draft.addCustomaryLinks(random: &random)
    let patients = draft.invites.compactMap { invite -> PersonID? in
      guard case .person(let person, .patient, nil) = invite.recipient else { return nil }
      return person.id
    }
    #expect(patients == [scene.pia])
    #expect(draft.invites.count == 2 && draft.invites.last?.recipient == .anybody)
    let once = draft
    draft.addCustomaryLinks(random: &random)
    #expect(draft == once)
  }
}
