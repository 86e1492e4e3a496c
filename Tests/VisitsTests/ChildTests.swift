import Primitives
import Testing

@testable import Visits

/// Who can be booked together, and what staff is warned of.
@Suite struct ChildTests {
  private let throughProxy = Patient(profile: .throughProxy, ageBand: .child)
  private let own = Patient(profile: .own, ageBand: .youth)

  @Test func proxiesOfAChildCanAllBeBooked() throws {
    let scene = try Scene.empty()
    #expect(
      refusal([patient("per_c", throughProxy), proxy("per_m"), proxy("per_f")], scene) == nil)
  }

  @Test func aChildWithAProfileThroughAProxyIsNotBookedWithoutOne() throws {
    let scene = try Scene.empty()
    #expect(
      refusal([patient("per_c", throughProxy)], scene)
        == Refusal(.proxyRequired, field: "proxies"))
    #expect(
      refusal([patient("per_a", Patient(profile: .throughProxy, ageBand: .adult))], scene) == nil)
  }

  @Test func oneChildMayHaveSeveralProfilesAndNobodyElse() throws {
    let scene = try Scene.empty()
    let several = [patient("per_c", throughProxy), patient("per_d", throughProxy), proxy("per_m")]
    #expect(refusal(several, scene) == nil)
    let refused = Refusal(.severalPatients, field: "patient")
    #expect(refusal([patient("per_a", Patient()), patient("per_b", Patient())], scene) == refused)
    #expect(refusal(several + [patient("per_a", Patient())], scene) == refused)
    #expect(refusal([patient("per_a", own), patient("per_b", own)], scene) == refused)
  }

  @Test func aChildWithAnOwnProfileGetsNoProxyAddedAfterwards() throws {
    var scene = try Scene.empty()
    var draft = scene.draft(scheduled: true)
    draft.invites = []
    draft.attendees = [patient("per_c", own)]
    try scene.perform(.createVisit(draft), by: scene.staff(scene.anna))
    var changes = VisitChanges()
    changes.proxies = [proxy("per_m")]
    #expect(
      scene.refusal(of: .update(changes), by: scene.staff(scene.anna)) == .childHasOwnProfile)
  }

  @Test func toOthersProxiesAreAddedAndOneIsLeftWithAChildThatNeedsIt() throws {
    var scene = try Scene.empty()
    var draft = scene.draft(scheduled: true)
    draft.invites = []
    draft.attendees = [patient("per_c", throughProxy), proxy("per_m")]
    try scene.perform(.createVisit(draft), by: scene.staff(scene.anna))
    var changes = VisitChanges()
    changes.proxies = [proxy("per_m"), proxy("per_f")]
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
    #expect(scene.current.booked.values.count { $0 == .proxy } == 2)
    changes.proxies = []
    #expect(scene.refusal(of: .update(changes), by: scene.staff(scene.anna)) == .proxyRequired)
  }

  // MARK: Warnings

  @Test func overlapsOfStaffAndPatientAreWarnedOfAndNeverRefused() throws {
    var scene = try Scene(scheduled: true)
    var draft = scene.draft(scheduled: true)
    draft.id = named("vis_other")
    draft.invites = []
    draft.attendees = [patient("per_pia", Patient())]
    try scene.perform(.createVisit(draft), by: scene.staff(scene.berit))
    #expect(
      scene.ledger.warnings(for: draft.id) == [
        BookingWarning(
          code: .staffOverlap, field: "staff", person: scene.berit, visit: scene.visit),
        BookingWarning(
          code: .patientOverlap, field: "patient", person: scene.pia, visit: scene.visit),
      ])
    #expect(scene.ledger.warnings(for: scene.visit).map(\.visit) == [draft.id, draft.id])
    var changes = VisitChanges()
    changes.scheduled = scene.now.wall + .hours(1) + BookingWarning.assumedLength
    try scene.perform(.visit(draft.id, .update(changes)), by: scene.staff(scene.berit))
    #expect(scene.ledger.warnings(for: draft.id) == [])
  }

  @Test func aVisitThatIsOverOrHasNoTimeOverlapsWithNothing() throws {
    var scene = try Scene(scheduled: true)
    var draft = scene.draft(scheduled: true)
    draft.id = named("vis_other")
    draft.invites = []
    try scene.perform(.createVisit(draft), by: scene.staff(scene.anna))
    #expect(!scene.ledger.warnings(for: draft.id).isEmpty)
    try scene.perform(.cancel, by: scene.staff(scene.anna))
    #expect(scene.ledger.warnings(for: draft.id) == [])
    let ongoing = try Scene()
    #expect(ongoing.ledger.warnings(for: ongoing.visit) == [])
  }

  @Test(arguments: [
    ("videobesök", 1, false, nil), ("videobesök", 2, false, "videomöte"),
    ("videosamtal", 2, false, nil), ("videobesök", 1, true, "videomöte"),
    ("videomöte", 4, true, nil), ("videobesök", 5, false, "none"),
  ])
  func aTypeThatDoesNotFitIsWarnedOfWithTheOneThatDoes(
    type: String, proxies: Int, hasOwnProfile: Bool, fits: String?
  ) throws {
    var scene = try Scene.empty()
    var draft = scene.draft(scheduled: true)
    draft.type = type
    draft.invites = []
    draft.attendees =
      [patient("per_c", hasOwnProfile ? own : throughProxy)]
      + (0..<proxies).map { proxy("per_p\($0)") }
    try scene.perform(.createVisit(draft), by: scene.staff(scene.anna))
    let expected = fits.map {
      BookingWarning(code: .typeMismatch, field: "type", fits: $0 == "none" ? nil : $0)
    }
    #expect(scene.ledger.warnings(for: draft.id) == (expected.map { [$0] } ?? []))
  }

  // MARK: Parts

  private func refusal(_ attendees: [VisitDraft.Attendee], _ scene: Scene) -> Refusal? {
    var draft = scene.draft(scheduled: true)
    draft.invites = []
    draft.attendees = attendees
    do {
      _ = try scene.ledger.decide(.createVisit(draft), by: scene.staff(scene.anna), at: scene.now)
      return nil
    } catch {
      return error
    }
  }

  private func patient(_ id: String, _ patient: Patient) -> VisitDraft.Attendee {
    .init(PersonRecord(id: named(id), name: Redacted("Name")), role: .patient, patient: patient)
  }

  private func proxy(_ id: String) -> VisitDraft.Attendee {
    .init(PersonRecord(id: named(id), name: Redacted("Name")), role: .proxy)
  }
}
