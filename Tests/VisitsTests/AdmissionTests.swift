import Primitives
import Testing

@testable import Visits

/// Who may be let in at all: the patient's agreement, children, and whom staff has removed.
@Suite struct AdmissionTests {
  @Test func aGuestIsLetInWithoutThePatientsAgreementOnlyWhereTheClinicDoesNotAskForIt() throws {
    var scene = try Scene.empty(settings: ClinicSettings(consentRequired: true))
    var draft = scene.draft()
    draft.invites = []
    try scene.perform(.createVisit(draft), by: scene.staff(scene.anna))
    try scene.perform(
      .createInvite(InviteDraft(id: scene.generalLink, recipient: .anybody)),
      by: scene.staff(scene.anna))
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    try scene.perform(
      .join(as: named("par_guest")), by: try scene.link(scene.generalLink, session: "first"))

    #expect(scene.refusal(of: .admit(named("par_guest")), by: anna) == .consentRequired)
    #expect(scene.refusal(of: .admitAll(), by: anna) == .consentRequired)
    #expect(scene.place(named("par_pia")) == .lobby, "a refused admit let somebody in")
    try scene.perform(.admit(named("par_pia")), by: anna)

    let events = try scene.perform(.admit(named("par_guest"), agreedWithPatient: true), by: anna)
    #expect(scene.place(named("par_guest")) == .call)
    let agreed = PersonID("per_stranger-first").map { Change.patientAgreed(to: $0) }
    #expect(events.map(\.change).first == agreed)
  }

  /// A child with a profile through a proxy and that proxy, in a call with Anna.
  private func callWithChild() throws -> (Scene, anna: Actor, mother: Actor) {
    var scene = try Scene.empty()
    var draft = scene.draft()
    draft.invites = []
    draft.attendees = [
      .init(
        PersonRecord(id: scene.pia, name: Redacted("Pia Persson")), role: .patient,
        patient: Patient(profile: .throughProxy, ageBand: .child)),
      .init(PersonRecord(id: named("per_mother"), name: Redacted("Mia")), role: .proxy),
    ]
    try scene.perform(.createVisit(draft), by: scene.staff(scene.anna))
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    #expect(scene.refusal(of: .admit(named("par_pia")), by: anna) == .proxyRequired)
    let mother = Identity(
      clinic: scene.clinic, visit: scene.visit, role: .proxy, person: named("per_mother"),
      identifiedBy: .eID)
    var joined = mother
    joined.participant = named("par_mother")
    try scene.perform(.join(as: named("par_mother")), by: .session(mother))
    try scene.perform(.admitAll(), by: anna)
    return (scene, anna, .session(joined))
  }

  @Test func aChildThroughAProxyIsInACallOnlyTogetherWithOne() throws {
    var (scene, anna, mother) = try callWithChild()
    #expect(scene.place(named("par_pia")) == .call)
    let events = try scene.perform(.leave, by: mother)
    #expect(events.map(\.change).contains(.held(named("par_pia"), because: .noProxy)))
    #expect(scene.place(named("par_pia")) == .lobby)
    #expect(scene.refusal(of: .admit(named("par_pia")), by: anna) == .proxyRequired)
    try scene.perform(.admitAll(), by: anna)
    #expect(scene.place(named("par_pia")) == .lobby)
  }

  @Test func aChildIsHeldAsWellWhereTheProxyIsHeldOrRemoved() throws {
    for command: VisitCommand in [.hold(named("par_mother")), .remove(named("par_mother"))] {
      var (scene, anna, _) = try callWithChild()
      try scene.perform(command, by: anna)
      #expect(scene.place(named("par_pia")) == .lobby, "after \(command)")
    }
  }

  @Test func whoIsRemovedTakesAllAlongThatCameByTheirLinkAndCannotKnockAgain() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    try scene.linkJoins(as: "par_ivan")
    try scene.linkJoins(as: "par_second", session: "second")
    try scene.perform(.admitAll(), by: anna)
    try scene.perform(.remove(named("par_ivan")), by: anna)
    #expect(scene.current.roster.map(\.role) == [.staff])
    let again = try scene.link(scene.personalLink, session: "third")
    #expect(scene.refusal(of: .join(as: named("par_third")), by: again) == .barred)
  }

  @Test func whoIsRemovedIsNotRung() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    try scene.perform(.remove(named("par_pia")), by: anna)
    #expect(
      scene.refusal(of: .requestCall(named("req_one"), scene.pia), by: anna) == .barred)
  }
}
