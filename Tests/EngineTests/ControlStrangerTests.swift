import Engine
import Primitives
import Signaling
import Testing
import Visits

/// Second openings of a patient's link, whatever has become of the first.
@Suite struct ControlStrangerTests {
  /// A call under the widest policy, with a link for the patient.
  private func call() throws -> (ControlBench, staff: ConnectionID, link: InviteID) {
    var settings = ClinicSettings(lobby: .off)
    settings.patientsRate = true
    var bench = try ControlBench(settings: settings)
    let link = try #require(InviteID("inv_patient"))
    let patient = PersonRecord(id: bench.demo.patient)
    let draft = InviteDraft(id: link, recipient: .person(patient, role: .patient, kind: nil))
    bench.give(.administer(.visit(bench.demo.visit, .createInvite(draft))))
    let staff = bench.staff()
    bench.call(staff, "call.start")
    return (bench, staff, link)
  }

  private func waiting(_ bench: inout ControlBench, _ staff: ConnectionID) -> JSON? {
    bench.take(staff).last { $0.method == "lobby.changed" }?.params["waiting"]?.array?.last
  }

  @Test(arguments: [true, false])
  func whoCameSecondIsNotThePatientOnceTheFirstIsGone(joinsBefore: Bool) throws {
    var (bench, staff, link) = try call()
    let first = bench.guest(link)
    #expect(bench.call(first, "call.join")["place"] == "call")
    let second = bench.guest(link)
    if joinsBefore {
      #expect(bench.call(second, "call.join")["place"] == "lobby")
      bench.call(second, "call.leave")
    }
    bench.call(first, "call.leave")
    #expect(bench.reason(bench.call(second, "call.accept")) == "not_permitted")
    let rated: JSON = ["scale": "yes_no", "had_problems": true]
    #expect(bench.reason(bench.call(second, "feedback.submit", rated)) == "not_permitted")
    _ = bench.take(staff)
    #expect(bench.call(second, "call.join")["place"] == "lobby")
    let entry = waiting(&bench, staff)
    #expect(entry?["role"] == "guest")
    #expect(entry?["identified_by"] == "unverified")
    #expect(entry?["invite"] == "inv_patient")
    #expect(bench.call(first, "call.join")["place"] == "call")
  }

  @Test func whoHadOpenedItBeforeTheRecipientJoinedIsAStrangerToo() throws {
    var (bench, _, link) = try call()
    let (other, patient) = (bench.guest(link), bench.guest(link))
    #expect(bench.call(patient, "call.join")["place"] == "call")
    bench.call(patient, "call.leave")
    #expect(bench.call(other, "call.join")["place"] == "lobby")
    #expect(bench.call(patient, "call.join")["place"] == "call")
  }

  @Test func noTimeToRateIsGivenInThePatientsName() throws {
    var (bench, staff, link) = try call()
    let first = bench.guest(link)
    bench.call(first, "call.join")
    let second = bench.guest(link)
    bench.call(second, "call.join")
    bench.call(staff, "call.end")
    #expect(bench.closed[second] == "call_ended")
    #expect(bench.closed[first] == nil)
  }

  @Test func aSecondOpeningIsNotToldThatThePatientIsRung() throws {
    var (bench, staff, link) = try call()
    let first = bench.guest(link)
    bench.call(first, "call.join")
    let second = bench.guest(link)
    bench.call(first, "call.leave")
    _ = bench.take(second)
    bench.call(staff, "call.withdraw", ["person": .string(bench.demo.patient.text)])
    bench.call(staff, "call.request", ["person": .string(bench.demo.patient.text)])
    #expect(bench.methods(second) == [])
    #expect(bench.methods(first).contains("call.requested"))
  }
}
