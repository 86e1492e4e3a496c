import Primitives
import Testing

@testable import Visits

@Suite struct SettingsTests {
  @Test func settingsAreReadBackFromTheirDocument() throws {
    for settings in [ClinicSettings(), Self.unusual] {
      let text = settings.json.description
      #expect(try ClinicSettings(try JSON(parsing: text)) == settings, "\(text)")
    }
  }

  @Test func aPartOfADocumentChangesOnlyWhatItNames() throws {
    var expected = Self.unusual
    expected.lobby = .off
    expected.webhook = nil
    let part: JSON = ["lobby": "off", "webhook": .null]
    #expect(try ClinicSettings(part, changing: Self.unusual) == expected)
    #expect(try ClinicSettings([:], changing: Self.unusual) == Self.unusual)
    expected.ageBands.child = 9
    #expect(try ClinicSettings(["age_bands": ["child": 9]], changing: expected) == expected)
  }

  @Test(arguments: [
    (#"{"lobby":"open"}"#, "lobby"), (#"{"lobby":1}"#, "lobby"),
    (#"{"waits_for_staff":-1}"#, "waits_for_staff"),
    (#"{"waits_for_staff":86401}"#, "waits_for_staff"), (#"{"rings":0}"#, "rings"),
    (#"{"rings":1.5}"#, "rings"), (#"{"rings":9223372036854775807}"#, "rings"),
    (#"{"same_unit_may_join":"yes"}"#, "same_unit_may_join"),
    (#"{"visit_types":[{"name":"a"},{"proxies":2}]}"#, "visit_types[1].name"),
    (#"{"visit_types":[{"name":"a"},{"name":"a"}]}"#, "visit_types[1].name"),
    (#"{"visit_types":[{"name":"a","proxies":17}]}"#, "visit_types[0].proxies"),
    (#"{"visit_types":[{"name":"a","colour":"red"}]}"#, "visit_types[0].colour"),
    (#"{"visit_types":["a"]}"#, "visit_types[0]"), (#"{"visit_types":{}}"#, "visit_types"),
    (#"{"reasons":["Hosta",""]}"#, "reasons[1]"), (#"{"sharing":["staff"]}"#, "sharing[0]"),
    (#"{"backgrounds":["per_a"]}"#, "backgrounds[0]"),
    (#"{"rating_scale":"stars"}"#, "rating_scale"),
    (#"{"age_bands":{"child":18}}"#, "age_bands.youth"),
    (#"{"age_bands":{"child":150}}"#, "age_bands.child"),
    (#"{"age_bands":{"youth":0}}"#, "age_bands.youth"),
    (#"{"age_bands":{"grandchild":18}}"#, "age_bands.grandchild"),
    (#"{"join_button":""}"#, "join_button"),
    (#"{"invitation_text":{"sv":""}}"#, "invitation_text.sv"),
    (#"{"invitation_text":{"s v":"Hej"}}"#, "invitation_text.s v"),
    (#"{"sms_text":{"sv":1}}"#, "sms_text.sv"), (#"{"logo":"http://example.com/a"}"#, "logo"),
    (#"{"logo":""}"#, "logo"), (#"{"retention":60}"#, "retention"),
    (#"{"webhook":"ftp://example.com"}"#, "webhook"),
    (#"{"webhook":"https:///x"}"#, "webhook"), (#"{"webhook":"https://a b"}"#, "webhook"),
    (#"{"lobbby":"everyone"}"#, "lobbby"), (#"[]"#, nil),
  ])
  func aWrongSettingIsRefusedByItsPath(document: String, field: String?) throws {
    let json = try JSON(parsing: document)
    #expect(throws: Refusal(.badArgument, field: field)) { try ClinicSettings(json) }
  }

  @Test func aTextThatDoesNotFitIntoAnSMSIsRefusedWithItsPlace() throws {
    var scene = try Scene()
    let long = String(repeating: "å", count: Limits.smsTextCharacters + 1)
    func refusal(_ texts: [String: String], _ sms: [String: String]) -> Refusal? {
      var settings = ClinicSettings()
      (settings.invitationText, settings.smsText) = (texts, sms)
      do {
        try scene.perform(.changeSettings(scene.clinic, settings), by: .system)
        return nil
      } catch {
        return error as? Refusal
      }
    }
    #expect(refusal(["sv": long], [:]) == Refusal(.textTooLong, field: "invitation_text.sv"))
    #expect(
      refusal(["sv": long], ["sv": long]) == Refusal(.textTooLong, field: "sms_text.sv"))
    #expect(refusal(["sv": long], ["sv": "Kort"]) == nil)
    #expect(refusal(["sv": long.dropLast() + "{link}"], [:]) == nil)
  }

  @Test func settingsThatNoDocumentCouldSayAreRefused() throws {
    var scene = try Scene()
    var settings = ClinicSettings(rings: .milliseconds(1_500))
    #expect(
      scene.refusal(of: .changeSettings(scene.clinic, settings), by: .system) == .badArgument)
    settings = ClinicSettings(waitsForStaff: .hours(25))
    #expect(
      scene.refusal(of: .changeSettings(scene.clinic, settings), by: .system) == .badArgument)
  }

  @Test func onlyTheDaemonAndTheClinicsOwnBackEndChangeSettings() throws {
    var scene = try Scene()
    let change = Command.changeSettings(scene.clinic, Self.unusual)
    #expect(scene.refusal(of: change, by: scene.staff(scene.anna)) == .notPermitted)
    let foreign = Actor.backEnd(named("cli_other"), key: "k")
    #expect(scene.refusal(of: change, by: foreign) == .clinicNotFound)
    try scene.perform(change, by: .backEnd(scene.clinic, key: "k"))
    #expect(scene.ledger.clinics[scene.clinic]?.settings == Self.unusual)
    #expect(scene.log.last?.payload["by"]?.string == "key:k")
    #expect(try scene.perform(change, by: .backEnd(scene.clinic, key: "k")) == [])
  }

  @Test func settingsOfTheFirstFormAreStillRead() throws {
    let text = #"""
      {"version":1,"type":"clinic.created","by":"system","clinic":"cli_a","name":"A","settings":
      {"lobby":"links","waits_for_staff_ms":180000,"rings_ms":9000,"same_unit_may_join":true,
      "guests_see_patient_name":false}}
      """#
    let stored = StoredEvent(
      position: 1, at: WallTime(milliseconds: 0), visit: nil, payload: try JSON(parsing: text))
    let expected = ClinicSettings(
      lobby: .links, waitsForStaff: .minutes(3), rings: .seconds(9), sameUnitMayJoin: true)
    #expect(
      try VisitEvent(stored, instant: .origin).change
        == .clinicCreated(name: "A", settings: expected))
  }

  /// Every setting unlike its default.
  static let unusual: ClinicSettings = {
    var settings = ClinicSettings(
      lobby: .generalLink, waitsForStaff: .minutes(3), rings: .seconds(9), sameUnitMayJoin: true,
      guestsSeePatientName: true)
    settings.consentRequired = true
    settings.generalLinkForPatients = true
    settings.linkLifetime = .minutes(90)
    settings.idleStaffSession = .minutes(5)
    settings.visitTypes = [
      VisitType(name: "videobesök", proxies: 3, childMayBeJoined: true, linksWorkEarly: false)
    ]
    settings.reasons = ["Hosta", "Feber"]
    settings.freeTextHeading = false
    settings.ageBands = AgeBands(child: 11, youth: 18)
    settings.sharing = [.patient, .guest]
    settings.shareReplacesCamera = true
    settings.backgrounds = [named("bac_a")]
    settings.ratingScale = .fiveGrades
    settings.patientsRate = true
    settings.joinButton = "Kom in"
    settings.invitationText = ["sv": "Hej", "en": "Hello"]
    settings.smsText = ["sv": "Hej du"]
    settings.logo = "https://example.com/logo.png"
    settings.generalLinkText = "Till tolken"
    settings.retention = .hours(48)
    settings.webhook = "https://example.com/hook"
    return settings
  }()
}
