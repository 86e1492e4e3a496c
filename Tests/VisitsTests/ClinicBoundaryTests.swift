import Primitives
import Testing

@testable import Visits

/// Two clinics on one daemon, in which the same identifiers may come: nothing crosses.
@Suite struct ClinicBoundaryTests {
  private let other: ClinicID = named("cli_other")

  @Test func theSamePersonIsSomebodyElseInAnotherClinic() throws {
    var scene = try twoClinics()
    #expect(scene.ledger.warnings(for: named("vis_other")) == [])
    #expect(scene.ledger.visits(of: scene.pia, in: scene.clinic).map(\.id) == [scene.visit])
    #expect(scene.ledger.visits(of: scene.pia, in: other).map(\.id) == [named("vis_other")])
    let anna = scene.staff(scene.anna, units: [named("uni_skin")])
    #expect(scene.refusal(of: .visit(named("vis_other"), .start), by: anna) == .visitNotFound)
    #expect(
      scene.refusal(of: .visit(named("vis_other"), .takeOver), by: anna) == .visitNotFound)
  }

  @Test func aBackEndReachesItsOwnClinicOnly() throws {
    var scene = try twoClinics()
    let foreign = Actor.backEnd(other, key: "k")
    let commands: [VisitCommand] = [
      .update(VisitChanges()), .start, .cancel, .close, .addStaff(scene.berit),
      .removeStaff(scene.berit), .createInvites([]), .endCall, .revokeInvite(scene.personalLink),
      .rotateInvite(scene.personalLink), .resendInvite(scene.personalLink),
    ]
    for command in commands {
      #expect(scene.refusal(of: command, by: foreign) == .visitNotFound, "\(command.method)")
      #expect(command.method.permission.backEnd)
    }
    #expect(scene.refusal(of: .createVisit(scene.draft()), by: foreign) == .clinicNotFound)
    #expect(throws: Refusal(.visitNotFound)) {
      try scene.ledger.require(.visitGet, in: scene.visit, byBackEndOf: other)
    }
    try scene.ledger.require(.visitGet, in: scene.visit, byBackEndOf: scene.clinic)
    // Nor does it do in its own clinic what is for people in the call.
    for command in [VisitCommand.admitAll(), .join(as: named("par_x")), .expire] {
      #expect(
        scene.refusal(of: command, by: .backEnd(scene.clinic, key: "k")) == .notPermitted)
    }
  }

  @Test func anInviteOfOneClinicIsNoneOfTheOthers() throws {
    var scene = try twoClinics()
    var draft = scene.draft()
    draft.id = named("vis_third")
    draft.clinic = other
    #expect(scene.refusal(of: .createVisit(draft), by: staffOfOther(scene)) == .alreadyExists)
    let one = InviteDraft(
      id: scene.personalLink, recipient: .person(guest("per_x"), role: .guest, kind: .other))
    for command in [VisitCommand.createInvite(one), .createInvites([one])] {
      #expect(
        scene.refusal(of: .visit(named("vis_other"), command), by: staffOfOther(scene))
          == .alreadyExists)
    }
    #expect(
      scene.refusal(
        of: .visit(named("vis_other"), .revokeInvite(scene.personalLink)), by: staffOfOther(scene))
        == .inviteNotFound)
  }

  @Test func eachClinicHasItsOwnSettingsAndDirectory() throws {
    var scene = try twoClinics()
    try scene.perform(.changeDirectory(other, DirectoryTests.changes), by: .system)
    try scene.perform(.changeSettings(other, SettingsTests.unusual), by: .system)
    #expect(scene.ledger.clinics[scene.clinic]?.directory == StaffDirectory())
    #expect(scene.ledger.clinics[scene.clinic]?.settings == ClinicSettings())
    #expect(
      scene.refusal(of: .addStaff(named("per_rs")), by: scene.staff(scene.anna))
        == .personNotFound)
  }

  private func staffOfOther(_ scene: Scene) -> Actor {
    .session(
      Identity(clinic: other, role: .staff, person: scene.anna, identifiedBy: .staff))
  }

  private func twoClinics() throws -> Scene {
    var scene = try Scene(scheduled: true)
    try scene.perform(.createClinic(other, name: "Andra", settings: ClinicSettings()), by: .system)
    var draft = scene.draft(scheduled: true)
    draft.id = named("vis_other")
    draft.clinic = other
    draft.invites = []
    try scene.perform(.createVisit(draft), by: staffOfOther(scene))
    return scene
  }

  @Test func aProxyKnowsTheVisitsOfThoseForWhomTheTokenLetsThemActAlone() throws {
    var scene = try Scene.empty()
    var draft = scene.draft()
    let mother = PersonRecord(id: named("per_mother"), name: Redacted("Mia"))
    draft.attendees.append(.init(mother, role: .proxy))
    try scene.perform(.createVisit(draft), by: scene.staff(scene.anna))
    try scene.annaStarts()
    func proxy(for patients: Set<PersonID>?) -> Actor {
      .session(
        Identity(
          clinic: scene.clinic, role: .proxy, person: mother.id, identifiedBy: .eID,
          proxyFor: patients))
    }
    let another = proxy(for: [named("per_other")])
    #expect(scene.refusal(of: .join(as: named("par_m")), by: another) == .visitNotFound)
    try scene.perform(.join(as: named("par_m")), by: proxy(for: [scene.pia]))
    try scene.perform(.join(as: named("par_m2")), by: proxy(for: nil))
  }
}
