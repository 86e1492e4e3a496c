import Primitives
import Visits

extension ControlPlane {
  /// Ends every session of a person in the clinic at once, and puts that on record. With a token
  /// or a link that is still good a new one can be opened: that is for the clinic to stop.
  mutating func revokeSessions(_ call: APICall) throws(APIProblem) {
    let arguments = try call.request.arguments(texts: ["person"])
    guard let text = arguments["person"]?.string else {
      throw APIProblem(400, "missing", field: "person")
    }
    guard let person = PersonID(text) else {
      throw APIProblem(400, "bad_identifier", field: "person")
    }
    let count = revoke(person, in: call.clinic)
    let entry = AuditEntry(
      .sessionsRevoked, at: moment.wall, by: call.actor.author, clinic: call.clinic,
      subject: person.text)
    try send(
      .record(entry), for: call.exchange, then: .acted(["ended": .integer(Int64(count))]))
  }
}
