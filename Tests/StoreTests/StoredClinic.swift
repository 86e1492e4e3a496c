import Primitives
import Store
import Testing
import Visits

/// A clinic whose every decision is written to a store at once.
struct StoredClinic {
  let folder: Folder
  let store: EventStore
  var ledger = VisitLedger()
  var now = Moment(instant: .origin, wall: WallTime(milliseconds: 1_800_000_000_000))
  private var lastParticipant = 0

  let clinic = identifier("cli_a", ClinicKind.self)
  let anna = identifier("per_anna", PersonKind.self)
  let pia = identifier("per_pia", PersonKind.self)
  let generalLink = identifier("inv_general", InviteKind.self)

  init() throws {
    folder = try Folder()
    store = try folder.store()
    try give(.createClinic(clinic, name: "Vårdcentralen", settings: ClinicSettings()))
  }

  /// Decides, writes and applies.
  @discardableResult
  mutating func give(_ command: Command, by actor: Actor = .system) throws -> [VisitEvent] {
    let events = try ledger.decide(command, by: actor, at: now)
    let durable = events.filter(\.isDurable)
    let first = store.position + 1
    try store.append(durable.enumerated().map { $1.stored(at: first + UInt64($0)) })
    for event in events { ledger.apply(event) }
    #expect(ledger.problems() == [])
    return events
  }

  /// A visit for Pia with a general link, ongoing at once.
  mutating func book(_ id: VisitID, heading: String = "Hudutslag", name: String = "Pia") throws {
    try give(
      .createVisit(
        VisitDraft(
          id: id, clinic: clinic, type: "videobesök",
          details: VisitDetails(heading: Redacted(heading)),
          responsible: PersonRecord(id: anna, name: Redacted("Anna")),
          attendees: [
            .init(
              PersonRecord(id: pia, name: Redacted(name), phone: Redacted("+46701234567")),
              role: .patient)
          ],
          invites: [InviteDraft(id: link(into: id), recipient: .anybody)])))
  }

  /// A call with Anna and Pia in it, in which strangers knock, are let in, muted, held, and leave;
  /// `isOver`: it is ended.
  mutating func call(in visit: VisitID, strangers: Int, isOver: Bool = true) throws {
    lastParticipant += 1
    let call = identifier("cal_\(lastParticipant)", CallKind.self)
    let staff = participant()
    try give(.visit(visit, .startCall(call, as: staff)), by: self.staff(in: staff))
    let patient = participant()
    try give(.visit(visit, .join(as: patient)), by: session(pia, .patient, visit, patient))
    try give(.visit(visit, .admit(patient)), by: self.staff(in: staff))
    for _ in 0..<strangers {
      let guest = participant()
      let person = identifier("per_guest\(lastParticipant)", PersonKind.self)
      let identity = session(person, .guest, visit, guest, link: link(into: visit))
      try give(.visit(visit, .join(as: guest)), by: identity)
      try give(.visit(visit, .admit(guest)), by: self.staff(in: staff))
      try give(.visit(visit, .mute(guest, true)), by: self.staff(in: staff))
      try give(.visit(visit, .mute(guest, false)), by: self.staff(in: staff))
      try give(.visit(visit, .hold(guest)), by: self.staff(in: staff))
      try give(.visit(visit, .leave), by: identity)
    }
    if isOver { try give(.visit(visit, .endCall), by: self.staff(in: staff)) }
  }

  /// Has the store do all that it puts off.
  func tidy() throws {
    while case .more = try store.tidy() {}
  }

  /// The state that the next start comes to, and how many events it replays.
  func restarted() throws -> (ledger: VisitLedger, events: Int) {
    let events = try folder.store().load()
    return (try VisitLedger(restoring: events, at: now), events.count)
  }

  func link(into visit: VisitID) -> InviteID {
    identifier("inv_\(visit.text.dropFirst(4))", InviteKind.self)
  }

  private mutating func participant() -> ParticipantID {
    lastParticipant += 1
    return identifier("par_\(lastParticipant)", ParticipantKind.self)
  }

  private func staff(in participant: ParticipantID) -> Actor {
    .session(
      Identity(
        clinic: clinic, role: .staff, person: anna, identifiedBy: .staff,
        participant: participant))
  }

  private func session(
    _ person: PersonID, _ role: Role, _ visit: VisitID, _ participant: ParticipantID,
    link: InviteID? = nil
  ) -> Actor {
    .session(
      Identity(
        clinic: clinic, visit: visit, role: role, kind: role == .guest ? .other : nil,
        person: person, identifiedBy: link == nil ? .eID : .generalLink,
        link: link.map { Identity.Link(invite: $0, version: 1, stranger: person) },
        name: role == .guest ? Redacted("Stranger") : nil, participant: participant))
  }
}

/// An identifier by its text.
func identifier<Kind>(_ text: String, _: Kind.Type) -> Identifier<Kind> {
  guard let id = Identifier<Kind>(text) else { preconditionFailure("\(text) is no identifier") }
  return id
}
