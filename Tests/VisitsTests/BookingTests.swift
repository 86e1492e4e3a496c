import Primitives
import Testing

@testable import Visits

@Suite struct BookingTests {
  @Test func whoBooksBecomesResponsibleAndIsAmongTheStaff() throws {
    let scene = try Scene(scheduled: true)
    #expect(scene.current.responsible == scene.anna)
    #expect(
      scene.current.booked == [
        scene.anna: .staff, scene.berit: .staff, scene.pia: .patient,
      ])
    #expect(scene.current.state == .booked)
    #expect(try Scene().current.state == .ongoing)
  }

  @Test func nobodyButStaffAndTheDaemonBooks() throws {
    var scene = try Scene()
    var draft = scene.draft()
    draft.id = named("vis_other")
    draft.invites = []
    #expect(scene.refusal(of: .createVisit(draft), by: scene.patient(scene.pia)) == .notPermitted)
    #expect(scene.refusal(of: .createVisit(draft), by: .system) == .badArgument)
    draft.responsible = PersonRecord(id: scene.anna)
    try scene.perform(.createVisit(draft), by: .system)
    #expect(scene.ledger.visits[draft.id]?.responsible == scene.anna)
    #expect(scene.refusal(of: .createVisit(draft), by: .system) == .alreadyExists)
  }

  @Test func aDraftThatDoesNotFitIsRefusedWithTheField() throws {
    let scene = try Scene()
    func field(_ change: (inout VisitDraft) -> Void) -> String? {
      var draft = scene.draft()
      draft.id = named("vis_other")
      draft.invites = []
      change(&draft)
      do {
        _ = try scene.ledger.decide(
          .createVisit(draft), by: scene.staff(scene.anna), at: scene.now)
        return "not refused"
      } catch {
        return error.field
      }
    }
    #expect(field { $0.type = "" } == "type")
    #expect(
      field { $0.details.heading = Redacted(String(repeating: "å", count: 251)) } == "heading")
    #expect(
      field { $0.details.description = Redacted(String(repeating: "a", count: 8_001)) }
        == "description")
    #expect(
      field { $0.attendees.append(.init(PersonRecord(id: scene.pia), role: .proxy)) }
        == "proxies")
    #expect(
      field { $0.attendees.append(.init(PersonRecord(id: named("per_x")), role: .guest)) }
        == "guests")
    #expect(
      field {
        $0.attendees.append(
          .init(PersonRecord(id: named("per_x"), name: Redacted("")), role: .proxy))
      } == "name")
    #expect(field { $0.responsible = PersonRecord(id: scene.berit) } == "responsible")
  }

  @Test func theResponsibleMayBeNamedAmongTheStaff() throws {
    var scene = try Scene()
    var draft = scene.draft()
    draft.id = named("vis_other")
    draft.invites = []
    draft.attendees.append(.init(PersonRecord(id: scene.anna), role: .staff))
    try scene.perform(.createVisit(draft), by: scene.staff(scene.anna))
    #expect(scene.ledger.visits[draft.id]?.booked == scene.current.booked)
  }

  @Test func aVisitInACallIsNeitherClosedNorCancelled() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    #expect(scene.refusal(of: .close, by: anna) == .callOpen)
    #expect(scene.refusal(of: .cancel, by: anna) == .callOpen)
    try scene.perform(.endCall, by: anna)
    try scene.perform(.close, by: scene.staff(scene.anna))
    #expect(scene.current.state == .closed)
    #expect(try scene.perform(.close, by: scene.staff(scene.anna)) == [])
    #expect(scene.refusal(of: .cancel, by: scene.staff(scene.anna)) == .visitClosed)
    #expect(
      scene.refusal(
        of: .startCall(named("cal_two"), as: named("par_a")), by: scene.staff(scene.anna))
        == .visitClosed)
  }

  @Test func whoWaitsIsSentAwayWhenTheVisitIsCancelled() throws {
    var scene = try Scene(scheduled: true)
    try scene.piaJoins()
    let events = try scene.perform(.cancel, by: scene.staff(scene.berit))
    #expect(
      events.map(\.change.name) == ["participant.departed", "message.queued", "visit.cancelled"])
    #expect(events.first?.change == .departed(named("par_pia"), .visitClosed))
    #expect(
      scene.refusal(of: .join(as: named("par_again")), by: scene.patient(scene.pia))
        == .visitCancelled)
  }

  @Test func linksWorkInTheirTimeAndInTheirVersion() throws {
    var scene = try Scene()
    let start = scene.now.wall
    let link: InviteID = named("inv_timed")
    try scene.perform(
      .createInvite(
        InviteDraft(
          id: link,
          recipient: .person(guest("per_x"), role: .guest, kind: .other),
          notBefore: start + .minutes(1), expires: start + .minutes(2))),
      by: scene.staff(scene.anna))
    func reason(version: Int64 = 1, after span: Duration) -> Refusal.Reason? {
      do {
        _ = try scene.ledger.identity(
          ofLink: link, version: version, stranger: named("per_s"), at: start + span)
        return nil
      } catch {
        return error.reason
      }
    }
    #expect(reason(after: .zero) == .inviteNotYetValid)
    #expect(reason(after: .minutes(1)) == nil)
    #expect(reason(after: .minutes(2)) == .inviteExpired)
    #expect(reason(version: 2, after: .minutes(1)) == .inviteNotFound)
    try scene.perform(.revokeInvite(link), by: scene.staff(scene.anna))
    #expect(reason(after: .minutes(1)) == .inviteRevoked)
    #expect(try scene.perform(.revokeInvite(link), by: scene.staff(scene.anna)) == [])
  }

  @Test func anInviteThatDoesNotFitIsRefused() throws {
    var scene = try Scene()
    let anna = scene.staff(scene.anna)
    func invite(_ recipient: InviteDraft.Recipient, id: String = "inv_new") -> VisitCommand {
      .createInvite(InviteDraft(id: named(id), recipient: recipient))
    }
    let somebody = guest("per_x")
    #expect(scene.refusal(of: invite(.anybody), by: anna) == .alreadyExists)
    #expect(
      scene.refusal(of: invite(.person(somebody, role: .guest, kind: nil)), by: anna)
        == .badArgument)
    #expect(
      scene.refusal(of: invite(.person(somebody, role: .staff, kind: nil)), by: anna)
        == .badArgument)
    #expect(
      scene.refusal(of: invite(.person(somebody, role: .patient, kind: nil)), by: anna)
        == .personNotFound)
    let pia = PersonRecord(id: scene.pia)
    #expect(
      scene.refusal(of: invite(.person(pia, role: .guest, kind: .relative)), by: anna)
        == .alreadyExists)
    #expect(
      scene.refusal(
        of: invite(.person(somebody, role: .guest, kind: .other), id: "inv_ivan"), by: anna)
        == .alreadyExists)
    try scene.perform(invite(.person(pia, role: .patient, kind: nil)), by: anna)
  }

  @Test func aVisitHoldsOnlySoManyLinks() throws {
    var scene = try Scene()
    for number in 0..<Limits.invitesPerVisit - 2 {
      let person = guest("per_g\(number)")
      try scene.perform(
        .createInvite(
          InviteDraft(
            id: named("inv_g\(number)"), recipient: .person(person, role: .guest, kind: .other))),
        by: scene.staff(scene.anna))
    }
    let one = InviteDraft(
      id: named("inv_more"),
      recipient: .person(guest("per_more"), role: .guest, kind: .other))
    #expect(scene.refusal(of: .createInvite(one), by: scene.staff(scene.anna)) == .tooMany)
  }

  @Test func aVisitsVersionGrowsWithItsBookingAndNotWithItsCall() throws {
    var scene = try Scene(scheduled: true)
    let made = scene.current.version
    let anna = try scene.annaStarts()
    let started = scene.current.version
    #expect(started > made)
    try scene.piaJoins()
    try scene.perform(.admitAll(), by: anna)
    try scene.perform(.endCall, by: anna)
    #expect(scene.current.version == started)
    try scene.perform(.close, by: scene.staff(scene.anna))
    #expect(scene.current.version == started + 1)
    let restored = try VisitLedger(restoring: scene.log, at: scene.now)
    #expect(restored.visits[scene.visit]?.version == started + 1)
  }

  @Test func nobodyAnswersForAVisitInWhichTheyAreThePatient() throws {
    var scene = try Scene(
      settings: ClinicSettings(sameUnitMayJoin: true), scheduled: true)
    let pia = scene.staff(scene.pia, units: [named("uni_skin")])
    #expect(scene.refusal(of: .start, by: pia) == .notPermitted)
    #expect(
      scene.refusal(of: .startCall(named("cal_a"), as: named("par_a")), by: pia) == .notPermitted)
  }
}
