import Primitives
import Security
import Visits

/// A clinic with one visit that is made where nothing is configured: what the daemon shows first.
///
/// The identifiers are fixed, so that the links can be made again after a restart; what keeps
/// strangers out is the key, which is drawn at the first start.
public struct DemoClinic: Sendable {
  /// The name of the key that signs the demo's tokens.
  public static let keyID = "demo"
  /// How long the demo's tokens are good.
  public static let tokenLifetime = Duration.hours(12)

  /// The clinic.
  public let clinic = Self.id("cli_demo", ClinicID.self)
  /// The visit.
  public let visit = Self.id("vis_demo", VisitID.self)
  /// The member of staff who is responsible for it.
  public let staff = Self.id("per_demo-staff", PersonID.self)
  /// The patient whom it is for.
  public let patient = Self.id("per_demo-patient", PersonID.self)
  /// The invite of a named guest, an interpreter.
  public let guestInvite = Self.id("inv_demo-guest", InviteID.self)
  /// The visit's general link.
  public let generalInvite = Self.id("inv_demo-general", InviteID.self)

  private let guest = Self.id("per_demo-guest", PersonID.self)

  /// The demo.
  public init() {}

  /// What makes the clinic and the visit: given as `administer` inputs where the store is empty.
  public var commands: [Command] {
    let doctor = PersonRecord(
      id: staff, name: Redacted("Dr. Astrid Ek"), title: Redacted("Allmänläkare"))
    let guestRecord = PersonRecord(id: guest, name: Redacted("Alex Lind"))
    let draft = VisitDraft(
      id: visit, clinic: clinic, type: "videobesök",
      details: VisitDetails(heading: Redacted("Hosta och feber")),
      responsible: doctor,
      attendees: [
        VisitDraft.Attendee(PersonRecord(id: patient, name: Redacted("Kim Berg")), role: .patient)
      ],
      invites: [
        InviteDraft(
          id: guestInvite,
          recipient: .person(
            guestRecord, role: .guest, kind: .interpreter)),
        InviteDraft(id: generalInvite, recipient: .anybody),
      ])
    var settings = ClinicSettings()
    // The demo's links are shown again after every restart, however old the store is.
    settings.linkLifetime = .hours(24 * 3_650)
    return [
      .createClinic(clinic, name: "Demokliniken", settings: settings),
      .createVisit(draft),
    ]
  }

  /// A token for the member of staff.
  public func staffToken(key: JWTKey, at now: WallTime) -> String {
    token(
      [
        "clinic": .string(clinic.text), "visit": .string(visit.text), "role": "staff",
        "name": "Dr. Astrid Ek", "title": "Allmänläkare", "identified_by": "staff",
      ], of: staff, key: key, at: now)
  }

  /// A token for the patient.
  public func patientToken(key: JWTKey, at now: WallTime) -> String {
    token(
      [
        "clinic": .string(clinic.text), "visit": .string(visit.text), "role": "patient",
        "name": "Kim Berg", "identified_by": "e_id",
      ], of: patient, key: key, at: now)
  }

  private func token(_ claims: JSON, of person: PersonID, key: JWTKey, at now: WallTime) -> String {
    JWT.sign(subject: person.text, claims: claims, from: now, for: Self.tokenLifetime, key: key)
  }

  private static func id<Kind>(_ text: String, _ type: Identifier<Kind>.Type) -> Identifier<Kind> {
    guard let id = Identifier<Kind>(text) else { preconditionFailure("not an identifier: \(text)") }
    return id
  }
}
