import Primitives
import Testing

@testable import Visits

/// A clinic with one visit, and the people around it: what most tests begin with.
///
/// Each command is decided and applied at once, the invariants are checked after each event, and
/// the durable events are written to `log` as the store would keep them.
struct Scene {
  var ledger = VisitLedger()
  var now = Moment(instant: .origin, wall: WallTime(milliseconds: 1_800_000_000_000))
  var log: [StoredEvent] = []
  var trace: [VisitEvent] = []

  let clinic: ClinicID = named("cli_clinic")
  let visit: VisitID = named("vis_visit")
  let anna: PersonID = named("per_anna")
  let berit: PersonID = named("per_berit")
  let pia: PersonID = named("per_pia")
  let ivan: PersonID = named("per_ivan")
  let personalLink: InviteID = named("inv_ivan")
  let generalLink: InviteID = named("inv_general")

  init(lobby: LobbyPolicy = .everyone, scheduled: Bool = false) throws {
    try self.init(settings: ClinicSettings(lobby: lobby), scheduled: scheduled)
  }

  init(settings: ClinicSettings, scheduled: Bool = false) throws {
    try perform(.createClinic(clinic, name: "Vårdcentralen", settings: settings), by: .system)
    try perform(.createVisit(draft(scheduled: scheduled)), by: staff(anna))
  }

  /// A clinic without visits.
  static func empty(settings: ClinicSettings = ClinicSettings()) throws -> Scene {
    var scene = Scene(before: ())
    try scene.perform(
      .createClinic(scene.clinic, name: "Vårdcentralen", settings: settings), by: .system)
    return scene
  }

  private init(before: Void) {}

  /// The visit that Anna books for Pia, with Berit added, Ivan invited, and a general link.
  func draft(scheduled: Bool = false) -> VisitDraft {
    VisitDraft(
      id: visit, clinic: clinic, unit: named("uni_skin"), type: "videobesök",
      details: VisitDetails(heading: Redacted("Hudutslag")),
      scheduled: scheduled ? now.wall + .hours(1) : nil,
      attendees: [
        .init(PersonRecord(id: berit, name: Redacted("Berit Berg")), role: .staff),
        .init(PersonRecord(id: pia, name: Redacted("Pia Persson")), role: .patient),
      ],
      invites: [
        InviteDraft(
          id: personalLink,
          recipient: .person(
            PersonRecord(
              id: ivan, name: Redacted("Ivan Ivarsson"), phone: Redacted("+46701234567")),
            role: .guest, kind: .interpreter)),
        InviteDraft(id: generalLink, recipient: .anybody),
      ])
  }

  /// Decides, applies and keeps; refusals are thrown.
  @discardableResult
  mutating func perform(_ command: Command, by actor: Actor) throws -> [VisitEvent] {
    try carryOut(command, by: actor)
  }

  /// As `perform`, for those who ask so often that an untyped error costs too much.
  mutating func carryOut(_ command: Command, by actor: Actor) throws(Refusal) -> [VisitEvent] {
    let before = ledger
    let events = try ledger.decide(command, by: actor, at: now)
    #expect(ledger == before, "deciding changed something")
    for event in events {
      ledger.apply(event)
      trace.append(event)
      if event.isDurable { log.append(event.stored(at: UInt64(log.count + 1))) }
    }
    #expect(ledger.problems() == [], "after \(command)")
    return events
  }

  /// Decides and applies a command about the visit.
  @discardableResult
  mutating func perform(_ command: VisitCommand, by actor: Actor) throws -> [VisitEvent] {
    try perform(.visit(visit, command), by: actor)
  }

  /// The reason with which a command is refused; nil, and a failed test, where it is not.
  mutating func refusal(of command: Command, by actor: Actor) -> Refusal.Reason? {
    do {
      try perform(command, by: actor)
      Issue.record("not refused: \(command)")
      return nil
    } catch {
      return (error as? Refusal)?.reason
    }
  }

  /// The reason with which a command about the visit is refused.
  mutating func refusal(of command: VisitCommand, by actor: Actor) -> Refusal.Reason? {
    refusal(of: .visit(visit, command), by: actor)
  }

  /// Lets time pass on both clocks, and does what is due at the end.
  mutating func wait(_ span: Duration) throws {
    now = Moment(instant: now.instant + span, wall: now.wall + span)
    for due in ledger.dueVisits(at: now.instant) {
      try perform(.visit(due, .expire), by: .system)
    }
  }

  /// The visit as it is now.
  var current: Visit { ledger.visits[visit]! }

  /// Where a participant is now.
  func place(_ id: ParticipantID) -> Place { current.participant(id)?.place ?? .out }

  /// Anna starts a call, as the participant `par_anna`.
  @discardableResult
  mutating func annaStarts() throws -> Actor {
    try perform(.startCall(named("cal_one"), as: named("par_anna")), by: staff(anna))
    return staff(anna, as: "par_anna")
  }

  /// Pia opens her visit, as the participant `par_pia`.
  @discardableResult
  mutating func piaJoins() throws -> Actor {
    try perform(.join(as: named("par_pia")), by: patient(pia))
    return patient(pia, as: "par_pia")
  }

  /// Somebody opens Ivan's link and joins.
  @discardableResult
  mutating func linkJoins(as participant: String, session: String = "first") throws -> Actor {
    try perform(.join(as: named(participant)), by: try link(personalLink, session: session))
    return try link(personalLink, session: session, as: participant)
  }

  // MARK: Who acts

  func staff(_ person: PersonID, units: Set<UnitID> = [], as participant: String? = nil) -> Actor {
    .session(
      Identity(
        clinic: clinic, role: .staff, person: person, identifiedBy: .staff, units: units,
        name: Redacted("Staff \(person)"), participant: participant.map { named($0) }))
  }

  func patient(_ person: PersonID, entry: Identity.Entry = .direct, as participant: String? = nil)
    -> Actor
  {
    .session(
      Identity(
        clinic: clinic, visit: visit, role: .patient, person: person, identifiedBy: .eID,
        entry: entry, name: Redacted("Pia Persson"), participant: participant.map { named($0) }))
  }

  func link(_ invite: InviteID, session: String, as participant: String? = nil) throws -> Actor {
    var identity = try ledger.identity(
      ofLink: invite, version: 1, stranger: named("per_stranger-\(session)"),
      name: Redacted("Somebody"), at: now.wall)
    identity.participant = participant.map { named($0) }
    return .session(identity)
  }
}

/// An identifier that a reader of a test understands.
func named<Kind>(_ text: String) -> Identifier<Kind> {
  guard let id = Identifier<Kind>(text) else { preconditionFailure("\(text) is no identifier") }
  return id
}

/// A guest with a name and an address.
func guest(_ id: String) -> PersonRecord {
  PersonRecord(id: named(id), name: Redacted("Gun Gran"), email: Redacted("gun@example.com"))
}

extension VisitLedger {
  /// The state less what is not kept: chat, own devices, sharing and connections, and less
  /// instants, which start anew in another process.
  var kept: VisitLedger {
    var kept = self
    for id in kept.visits.keys { kept.visits[id]?.forgetTheMoment() }
    return kept
  }
}

extension Visit {
  fileprivate mutating func forgetTheMoment() {
    for index in participants.indices {
      participants[index].devices = Devices()
      participants[index].sharing = nil
      participants[index].connection = .connected
    }
    call?.messages = []
    for index in pastCalls.indices { pastCalls[index].ratableUntil = .origin }
    for person in denied.keys { denied[person] = .origin }
    if case .waitingForStaff? = call?.state {
      call?.state = .waitingForStaff(until: .origin, endsAt: WallTime(milliseconds: 0))
    }
    let requests = (call?.requests ?? []).map {
      CallRequest(id: $0.id, person: $0.person, by: $0.by, state: $0.state, until: .origin)
    }
    call?.requests = requests
  }
}
