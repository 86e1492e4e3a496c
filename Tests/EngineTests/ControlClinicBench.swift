import Engine
import Primitives
import Security
import Signaling
import Visits

/// People of a clinic beside those of the demo, and what they book.
extension ControlBench {
  static let colleague = "per_colleague"

  /// Opens a session with a token that says this beside the clinic.
  mutating func open(_ person: String, _ claims: JSON) -> ConnectionID {
    let connection = connect()
    let clinic = JSON.Member("clinic", .string(demo.clinic.text))
    let token = JWT.sign(
      subject: person, claims: .object([clinic] + (claims.members ?? [])), from: now.wall,
      for: .minutes(5), key: key)
    call(connection, "session.open", ["token": .string(token)])
    return connection
  }

  /// The demo's member of staff, with a session for the whole clinic.
  mutating func clinicStaff() -> ConnectionID {
    open(demo.staff.text, ["role": "staff", "name": "Dr. Astrid Ek"])
  }

  /// A colleague who is in the directory, with a session for the whole clinic.
  mutating func clinicColleague() -> ConnectionID {
    addColleague()
    return open(Self.colleague, ["role": "staff", "name": "Bo Öst"])
  }

  mutating func addColleague() {
    guard let unit = UnitID("uni_one"), let person = PersonID(Self.colleague) else { return }
    give(
      .administer(
        .changeDirectory(
          demo.clinic,
          [
            .setUnit(DirectoryUnit(id: unit, name: "Mottagningen")),
            .setPerson(
              DirectoryPerson(
                id: person, givenName: Redacted("Bo"), familyName: Redacted("Öst"), unit: unit,
                role: "läkare")),
          ])))
  }

  /// A booking at a time in hours from now, with a patient.
  func booking(
    in hours: Int, _ more: KeyValuePairs<String, JSON> = [:],
    patient: JSON = ["name": "Kim Berg", "phone": "070-174 06 05"]
  ) -> JSON {
    .object(
      [
        .init("type", "videobesök"), .init("heading", "Utslag"), .init("patient", patient),
        .init("scheduled", .integer((now.wall + .hours(hours)).milliseconds)),
      ] + more.map { JSON.Member($0.key, $0.value) })
  }

  /// The reason of a refusal; `done` where there was none.
  func reason(_ answer: JSON) -> String { answer["data"]?["reason"]?.string ?? "done" }

  /// Staff in the call with the demo's guest, admitted.
  mutating func callWithGuest() -> (staff: ConnectionID, guest: ConnectionID, other: JSON) {
    let staff = staff()
    call(staff, "call.start")
    let guest = guest()
    let other = call(guest, "call.join")["participant"] ?? .null
    call(staff, "lobby.admit", ["participant": other, "agreed_with_patient": true])
    _ = take(staff)
    _ = take(guest)
    return (staff, guest, other)
  }
}
