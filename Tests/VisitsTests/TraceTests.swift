import Primitives
import Testing

@testable import Visits

@Suite struct TraceTests {
  /// A whole visit as the log tells it. A change here is a change of what is written to disk.
  @Test func aVisitReadsLikeThis() throws {
    var scene = try Scene(scheduled: true)
    try scene.piaJoins()
    let anna = try scene.annaStarts()
    try scene.perform(.requestCall(named("req_one"), scene.pia), by: anna)
    try scene.perform(
      .answerRequest(named("req_one"), accepted: true), by: scene.patient(scene.pia, as: "par_pia"))
    try scene.linkJoins(as: "par_ivan")
    try scene.perform(.admitAll(), by: anna)
    try scene.perform(.mute(named("par_ivan"), true), by: anna)
    try scene.perform(.updateSelf(SelfUpdate(camera: true)), by: anna)
    try scene.perform(.hold(named("par_ivan")), by: anna)
    try scene.perform(.endCall, by: anna)
    try scene.perform(.close, by: scene.staff(scene.anna))
    let lines = scene.log.map { event in
      let members = (event.payload.members ?? []).filter {
        $0.name != "version" && $0.name != "settings"
      }
      return members.map { $0.value.string ?? $0.value.description }.joined(separator: " ")
    }
    #expect(lines == Self.expected.split(separator: "\n").map(String.init))
  }

  private static let expected = """
    clinic.created system cli_clinic Vårdcentralen
    visit.created per_anna cli_clinic uni_skin videobesök 1800003600000 per_anna \
    [{"person":"per_anna","role":"staff"},{"person":"per_berit","role":"staff"},\
    {"person":"per_pia","role":"patient","profile":"own","age_band":"adult"}]
    visit.details_recorded per_anna
    person.recorded per_anna per_anna
    person.recorded per_anna per_berit
    person.recorded per_anna per_pia
    person.recorded per_anna per_ivan
    invite.created per_anna {"id":"inv_ivan","version":1,"person":"per_ivan",\
    "role":"guest","kind":"interpreter","expires":1800090000000}
    message.queued per_anna msg_visit-1 invite inv_ivan per_ivan sms
    invite.created per_anna {"id":"inv_general","version":1,"expires":1800090000000}
    participant.arrived per_pia par_pia per_pia patient e_id false
    visit.started per_anna
    call.started per_anna cal_one
    participant.arrived per_anna par_anna per_anna staff staff false
    participant.admitted per_anna par_anna staff per_anna
    call.requested per_anna req_one per_pia 60000
    call.answered per_pia req_one accepted
    participant.arrived per_ivan par_ivan per_ivan guest interpreter personal_link \
    inv_ivan false
    participant.admitted per_anna par_pia admitted per_anna
    participant.admitted per_anna par_ivan admitted per_anna
    participant.muted per_anna par_ivan
    participant.held per_anna par_ivan staff
    participant.departed per_anna par_pia call_ended
    participant.departed per_anna par_anna call_ended
    participant.departed per_anna par_ivan call_ended
    call.ended per_anna ended_by_staff
    visit.closed per_anna
    """
}
