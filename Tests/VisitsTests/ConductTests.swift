import Primitives
import Testing

@testable import Visits

@Suite struct ConductTests {
  /// Anna and Pia in a call.
  private func call() throws -> (Scene, anna: Actor, pia: Actor) {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    let pia = try scene.piaJoins()
    try scene.perform(.admitAll(), by: anna)
    return (scene, anna, pia)
  }

  @Test func thePersonsOwnSwitchAndStaffsMuteAreTwoThings() throws {
    var (scene, anna, pia) = try call()
    func state() -> (own: Bool, muted: Bool, audible: Bool) {
      let participant = scene.current.participant(named("par_pia"))
      return (
        participant?.devices.microphone ?? false, participant?.isMutedByStaff ?? false,
        participant?.isAudible ?? false
      )
    }
    try scene.perform(.updateSelf(SelfUpdate(microphone: true)), by: pia)
    #expect(state() == (true, false, true))
    let events = try scene.perform(.mute(named("par_pia"), true), by: anna)
    #expect(events.allSatisfy { !$0.givesAccess && $0.isDurable })
    #expect(try scene.perform(.mute(named("par_pia"), true), by: anna) == [])
    #expect(state() == (true, true, false))

    // Staff lifts its own mute only.
    try scene.perform(.updateSelf(SelfUpdate(microphone: false)), by: pia)
    try scene.perform(.mute(named("par_pia"), false), by: anna)
    #expect(state() == (false, false, false))

    // The person's own switch lifts both.
    try scene.perform(.mute(named("par_pia"), true), by: anna)
    try scene.perform(.updateSelf(SelfUpdate(camera: true)), by: pia)
    #expect(state() == (false, true, false))
    try scene.perform(.updateSelf(SelfUpdate(microphone: true)), by: pia)
    #expect(state() == (true, false, true))
  }

  @Test func staffMutesOthersInTheCallAndNobodyElse() throws {
    var (scene, anna, pia) = try call()
    try scene.linkJoins(as: "par_ivan")
    #expect(scene.refusal(of: .mute(named("par_anna"), true), by: anna) == .participantIsSelf)
    #expect(
      scene.refusal(of: .mute(named("par_ivan"), true), by: anna) == .participantNotInCall)
    #expect(scene.refusal(of: .mute(named("par_anna"), true), by: pia) == .notPermitted)
  }

  @Test func staffIsNeitherHeldNorRemoved() throws {
    var (scene, anna, _) = try call()
    try scene.perform(.join(as: named("par_berit")), by: scene.staff(scene.berit))
    #expect(scene.refusal(of: .hold(named("par_berit")), by: anna) == .participantIsStaff)
    #expect(scene.refusal(of: .remove(named("par_berit")), by: anna) == .participantIsStaff)
  }

  @Test func removingOneRemovesTheirOtherTabs() throws {
    var (scene, anna, _) = try call()
    try scene.perform(.join(as: named("par_tab")), by: scene.patient(scene.pia))
    try scene.perform(.remove(named("par_tab")), by: anna)
    #expect(scene.current.participants.map(\.role) == [.staff])
  }

  @Test func ownDevicesAreNotKept() throws {
    var (scene, _, pia) = try call()
    let events = try scene.perform(
      .updateSelf(SelfUpdate(microphone: true, camera: true, handRaised: true)), by: pia)
    #expect(events.map(\.isDurable) == [false])
    #expect(
      scene.current.participant(named("par_pia"))?.devices
        == Devices(microphone: true, camera: true, handRaised: true))
    #expect(try scene.perform(.updateSelf(SelfUpdate(camera: true)), by: pia) == [])
  }

  @Test func onlyGuestsWhomNobodyNamedNameThemselvesAndOnlyWhileTheyWait() throws {
    var (scene, anna, pia) = try call()
    let rename = VisitCommand.updateSelf(SelfUpdate(name: Redacted("Tolk Tolksson")))
    #expect(scene.refusal(of: rename, by: pia) == .nameFixed)
    let ivan = try scene.linkJoins(as: "par_ivan")
    #expect(scene.refusal(of: rename, by: ivan) == .nameFixed)
    let waiting = try scene.link(scene.generalLink, session: "g")
    try scene.perform(.join(as: named("par_g")), by: waiting)
    let guest = try scene.link(scene.generalLink, session: "g", as: "par_g")
    try scene.perform(rename, by: guest)
    #expect(
      scene.current.people[identity(of: guest).person]?.name == Redacted("Tolk Tolksson"))
    try scene.perform(.admitAll(), by: anna)
    #expect(scene.refusal(of: rename, by: guest) == .nameFixed)
  }

  @Test func guestsSeeThePatientsNameOnlyWhereTheClinicShowsIt() throws {
    var (scene, _, _) = try call()
    let pia = try #require(scene.current.participant(named("par_pia")))
    func name(for viewer: Role) -> Redacted<String>? {
      scene.ledger.name(of: pia, in: scene.current, for: viewer)
    }
    #expect(name(for: .staff) == Redacted("Pia Persson"))
    #expect(name(for: .patient) == Redacted("Pia Persson"))
    #expect(name(for: .guest) == nil)
    try scene.perform(
      .changeSettings(scene.clinic, ClinicSettings(guestsSeePatientName: true)), by: .system)
    #expect(name(for: .guest) == Redacted("Pia Persson"))
  }

  @Test func aCommandOfOneWhoHasLeftIsRefused() throws {
    var (scene, _, pia) = try call()
    try scene.perform(.leave, by: pia)
    #expect(scene.refusal(of: .leave, by: pia) == .notJoined)
    #expect(scene.refusal(of: .updateSelf(SelfUpdate(camera: true)), by: pia) == .notJoined)
  }

  @Test func aSessionActsOnlyAsItsOwnParticipant() throws {
    var (scene, _, _) = try call()
    #expect(scene.refusal(of: .leave, by: scene.patient(scene.pia, as: "par_anna")) == .notJoined)
  }
}
