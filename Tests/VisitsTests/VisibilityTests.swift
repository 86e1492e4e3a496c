import Primitives
import Testing

@testable import Visits

@Suite struct VisibilityTests {
  /// The whole table as text: one row a field; a column for a back end, one for each role and
  /// relation, and in each cell the places from which the field is seen: `o`ut, `l`obby, `c`all.
  @Test func theTableIsThis() {
    let columns: [(Role, Relation)] =
      Relation.allCases.map { (.staff, $0) } + [
        (.patient, .none), (.proxy, .none), (.guest, .none),
      ]
    let rows = VisitField.allCases.map { field in
      let row = field.visibility
      let cells = columns.map { role, relation in
        Place.allCases.map { place in
          let sees = row.holds(
            for: role, relation: relation, at: place,
            settings: ClinicSettings(guestsSeePatientName: true))
          return sees ? String(place.rawValue.prefix(1)) : "-"
        }.joined()
      }
      let padding = String(repeating: " ", count: 20 - field.rawValue.count)
      let clinics = row.asksClinic ? " where the clinic says so" : ""
      return field.rawValue + padding + (row.backEnd ? "x " : "- ") + cells.joined(separator: " ")
        + clinics
    }
    #expect(
      rows
        == """
        state               x olc olc olc olc olc olc --c
        type                x olc olc olc olc --c --c ---
        unit                x olc olc olc olc --- --- ---
        time                x olc olc olc olc olc olc ---
        heading             x olc olc olc --- olc olc ---
        description         x olc olc olc --- --- --- ---
        responsible         x olc olc olc olc olc olc --c
        staff               x olc olc olc olc --- --- ---
        relation            - olc olc olc olc --- --- ---
        patient             x olc --- --- --- --c --c ---
        patient.age         x olc --- --- --- --- --- ---
        patient.contact     x olc --- --- --- --- --- ---
        proxies             x olc --- --- --- --c --c ---
        proxies.contact     x olc --- --- --- --- --- ---
        invites             x olc olc olc --c --- --- ---
        roster              - olc olc olc --c --c --c --c
        roster.names        - olc olc olc --c --c --c --c
        roster.patient_name - --c --c --c --c --c --c --c where the clinic says so
        lobby               - --c --c --c --c --- --- ---
        """.split(separator: "\n").map(String.init))
  }

  @Test func anAddedColleagueSeesMoreOnlyOnceResponsible() throws {
    var scene = try Scene(scheduled: true)
    let berit = scene.staff(scene.berit)
    #expect(seen(by: berit, in: scene).isSuperset(of: [.heading, .description, .responsible]))
    #expect(
      seen(by: berit, in: scene).isDisjoint(with: [
        .patient, .patientAge, .patientContact, .proxies,
      ]))
    try scene.perform(.takeOver, by: berit)
    #expect(seen(by: berit, in: scene).isSuperset(of: [.patient, .patientAge, .patientContact]))
    #expect(!seen(by: scene.staff(scene.anna), in: scene).contains(.patient))
    #expect(scene.log.last?.payload["type"]?.string == "visit.responsible_changed")
  }

  @Test func staffOfTheUnitSeesWhatAnAddedColleagueSeesOnlyWhereItMayJoin() throws {
    let scene = try Scene()
    let mate = scene.staff(named("per_mate"), units: [named("uni_skin")])
    #expect(!seen(by: mate, in: scene).contains(.heading))
    let open = try Scene(settings: ClinicSettings(sameUnitMayJoin: true))
    #expect(seen(by: mate, in: open) == seen(by: open.staff(open.berit), in: open))
    #expect(!seen(by: open.staff(named("per_other")), in: open).contains(.heading))
  }

  @Test func aGuestSeesNothingOfTheVisitUntilAdmittedAndThenNoWordAboutThePatient() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    let guest = try scene.link(scene.personalLink, session: "g")
    #expect(seen(by: guest, in: scene) == [])
    let waiting = try scene.linkJoins(as: "par_ivan", session: "g")
    #expect(seen(by: waiting, in: scene) == [])
    try scene.perform(.admit(named("par_ivan")), by: anna)
    #expect(seen(by: waiting, in: scene) == [.state, .responsible, .roster, .rosterNames])
    let settings = ClinicSettings(guestsSeePatientName: true)
    try scene.perform(.changeSettings(scene.clinic, settings), by: .system)
    #expect(
      seen(by: waiting, in: scene)
        == [.state, .responsible, .roster, .rosterNames, .rosterPatientName])
  }

  @Test func aPatientInTheLobbySeesWhatItIsAboutWhenAndWithWhom() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    let pia = try scene.piaJoins()
    #expect(seen(by: pia, in: scene) == [.state, .time, .heading, .responsible])
    try scene.perform(.admit(named("par_pia")), by: anna)
    #expect(seen(by: pia, in: scene).isSuperset(of: [.roster, .rosterPatientName, .patient]))
    #expect(
      seen(by: pia, in: scene).isDisjoint(with: [.description, .patientAge, .lobby, .invites]))
  }

  @Test func whoOpensThePatientsLinkASecondTimeSeesNothing() throws {
    var scene = try Scene()
    try scene.annaStarts()
    let link: InviteID = named("inv_pia")
    try scene.perform(
      .createInvite(
        InviteDraft(
          id: link, recipient: .person(PersonRecord(id: scene.pia), role: .patient, kind: nil))),
      by: scene.staff(scene.anna))
    #expect(seen(by: try scene.link(link, session: "a"), in: scene).contains(.heading))
    try scene.perform(.join(as: named("par_a")), by: try scene.link(link, session: "a"))
    let second = try scene.link(link, session: "b")
    #expect(seen(by: second, in: scene) == [])
    try scene.perform(.join(as: named("par_b")), by: second)
    #expect(seen(by: try scene.link(link, session: "b", as: "par_b"), in: scene) == [])
  }

  @Test func nobodyOfAnotherClinicSeesAnything() throws {
    let scene = try Scene()
    for role in Role.allCases {
      let foreign = Actor.session(
        Identity(
          clinic: named("cli_other"), role: role, person: scene.anna, identifiedBy: .staff))
      #expect(seen(by: foreign, in: scene) == [])
    }
    #expect(scene.ledger.visibleFields(of: scene.visit, toBackEndOf: named("cli_other")) == [])
    #expect(
      scene.ledger.visibleFields(of: scene.visit, toBackEndOf: scene.clinic)
        .isSuperset(of: [.patientContact, .invites]))
  }

  private func seen(by actor: Actor, in scene: Scene) -> Set<VisitField> {
    scene.ledger.visibleFields(of: scene.visit, to: identity(of: actor))
  }
}
