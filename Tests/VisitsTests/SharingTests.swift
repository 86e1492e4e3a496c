import Primitives
import Testing

@testable import Visits

@Suite struct SharingTests {
  /// Anna, Pia and Ivan in a call of a clinic with the given settings.
  private func call(
    sharing: Set<Role> = [], inPlaceOfTheCamera: Bool = false
  ) throws -> (Scene, anna: Actor, pia: Actor, ivan: Actor) {
    var settings = ClinicSettings()
    settings.sharing = sharing
    settings.shareReplacesCamera = inPlaceOfTheCamera
    var scene = try Scene(settings: settings)
    let anna = try scene.annaStarts()
    let pia = try scene.piaJoins()
    let ivan = try scene.linkJoins(as: "par_ivan")
    try scene.perform(.admitAll(), by: anna)
    return (scene, anna, pia, ivan)
  }

  private func sharing(_ id: String, in scene: Scene) -> Sharing? {
    scene.current.participant(named(id))?.sharing
  }

  @Test(arguments: Device.allCases)
  func staffAlwaysShares(device: Device) throws {
    var (scene, anna, _, _) = try call()
    try scene.perform(.startSharing(device, audio: true), by: anna)
    #expect(sharing("par_anna", in: scene) == Sharing(audio: true))
  }

  @Test func othersShareOnlyWhereTheClinicLetsTheirRoleAndOnlyFromAComputer() throws {
    var (scene, _, pia, ivan) = try call(sharing: [.patient])
    #expect(scene.refusal(of: .startSharing(.phone, audio: false), by: pia) == .computerRequired)
    #expect(scene.refusal(of: .startSharing(.tablet, audio: false), by: pia) == .computerRequired)
    try scene.perform(.startSharing(.computer, audio: false), by: pia)
    #expect(sharing("par_pia", in: scene) == Sharing(audio: false))
    #expect(
      scene.refusal(of: .startSharing(.computer, audio: false), by: ivan) == .shareNotEnabled)
    #expect(scene.refusal(of: .startSharing(.phone, audio: false), by: ivan) == .shareNotEnabled)
  }

  @Test func severalShareAtOnceAndEachStopsTheirOwn() throws {
    var (scene, anna, pia, ivan) = try call(sharing: [.patient, .guest])
    for actor in [anna, pia, ivan] {
      try scene.perform(.startSharing(.computer, audio: false), by: actor)
    }
    #expect(scene.current.roster.count { $0.sharing != nil } == 3)
    try scene.perform(.stopSharing, by: pia)
    #expect(try scene.perform(.stopSharing, by: pia) == [])
    #expect(sharing("par_pia", in: scene) == nil)
    #expect(scene.current.roster.count { $0.sharing != nil } == 2)
  }

  @Test func sharingAgainSaysAnewWhetherThereIsSound() throws {
    var (scene, anna, _, _) = try call()
    try scene.perform(.startSharing(.computer, audio: false), by: anna)
    #expect(try scene.perform(.startSharing(.computer, audio: false), by: anna) == [])
    try scene.perform(.startSharing(.computer, audio: true), by: anna)
    #expect(sharing("par_anna", in: scene) == Sharing(audio: true))
  }

  @Test(arguments: [true, false])
  func aScreenInPlaceOfTheCameraGivesItBackAsItWas(cameraOn: Bool) throws {
    var (scene, _, pia, _) = try call(sharing: [.patient], inPlaceOfTheCamera: true)
    func isVisible() -> Bool? { scene.current.participant(named("par_pia"))?.isVisible }
    try scene.perform(.updateSelf(SelfUpdate(camera: cameraOn)), by: pia)
    try scene.perform(.startSharing(.computer, audio: false), by: pia)
    #expect(isVisible() == false)
    // The person's switch counts when the sharing is over, and not before.
    try scene.perform(.updateSelf(SelfUpdate(camera: !cameraOn)), by: pia)
    #expect(isVisible() == false)
    try scene.perform(.updateSelf(SelfUpdate(camera: cameraOn)), by: pia)
    try scene.perform(.stopSharing, by: pia)
    #expect(isVisible() == cameraOn)
  }

  @Test func aScreenBesideTheCameraLeavesItAlone() throws {
    var (scene, anna, _, _) = try call()
    try scene.perform(.updateSelf(SelfUpdate(camera: true)), by: anna)
    try scene.perform(.startSharing(.computer, audio: false), by: anna)
    #expect(scene.current.participant(named("par_anna"))?.isVisible == true)
  }

  @Test func whoIsHeldSharesNoMoreAndLowersTheHand() throws {
    var (scene, anna, pia, _) = try call(sharing: [.patient])
    try scene.perform(.startSharing(.computer, audio: true), by: pia)
    try scene.perform(.updateSelf(SelfUpdate(handRaised: true)), by: pia)
    try scene.perform(.hold(named("par_pia")), by: anna)
    #expect(
      scene.refusal(of: .startSharing(.computer, audio: true), by: pia) == .notInCall)
    try scene.perform(.admit(named("par_pia")), by: anna)
    #expect(sharing("par_pia", in: scene) == nil)
    #expect(scene.current.participant(named("par_pia"))?.devices.handRaised == false)
  }

  @Test func aLostConnectionKeepsTheShareForTheTimeToComeBack() throws {
    var (scene, _, pia, _) = try call(sharing: [.patient])
    try scene.perform(.startSharing(.computer, audio: true), by: pia)
    try scene.perform(.disconnect(named("par_pia")), by: .system)
    try scene.wait(.seconds(29))
    #expect(sharing("par_pia", in: scene) != nil)
    try scene.wait(.seconds(1))
    #expect(scene.place(named("par_pia")) == .out)
  }

  @Test func sharingIsNotKept() throws {
    var (scene, anna, _, _) = try call()
    let start = try scene.perform(.startSharing(.computer, audio: true), by: anna)
    let stop = try scene.perform(.stopSharing, by: anna)
    #expect((start + stop).map(\.isDurable) == [false, false])
  }

  @Test func aHandIsRaisedInTheCallOnly() throws {
    var (scene, anna, pia, _) = try call()
    try scene.perform(.updateSelf(SelfUpdate(handRaised: true)), by: pia)
    try scene.perform(.hold(named("par_pia")), by: anna)
    #expect(scene.refusal(of: .updateSelf(SelfUpdate(handRaised: true)), by: pia) == .notInCall)
    try scene.perform(.updateSelf(SelfUpdate(handRaised: false)), by: pia)
  }

  @Test func whatAClinicLetsNobodyShareAnyMoreIsTakenDown() throws {
    var (scene, anna, pia, ivan) = try call(sharing: [.patient, .guest])
    for actor in [anna, pia, ivan] {
      try scene.perform(.startSharing(.computer, audio: true), by: actor)
    }
    var settings = ClinicSettings()
    settings.sharing = [.guest]
    try scene.perform(.changeSettings(scene.clinic, settings), by: .system)
    #expect(sharing("par_pia", in: scene) == nil)
    #expect(sharing("par_anna", in: scene) != nil)
    #expect(sharing("par_ivan", in: scene) != nil)
  }
}
