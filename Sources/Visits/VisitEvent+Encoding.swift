import Primitives

extension VisitEvent {
  /// The version of the form in which events are written.
  static let version: Int64 = 1

  /// The event as the store keeps it. Only durable events are stored.
  public func stored(at position: UInt64) -> StoredEvent {
    precondition(isDurable, "an event that is not kept has no place in the log")
    var members: [JSON.Member] = [
      JSON.Member("version", .integer(Self.version)), JSON.Member("type", .string(change.name)),
      JSON.Member("by", .string(by.text)),
    ]
    // The visit has a place of its own beside the payload.
    if case .clinic(let id) = subject { members.append(JSON.Member("clinic", .string(id.text))) }
    members += change.parts.compactMap { name, value in value.map { JSON.Member(name, $0) } }
    return StoredEvent(
      position: position, at: at.wall, visit: visit, payload: .object(members),
      personal: visit.flatMap(change.personal))
  }
}

extension Change {
  /// The stable name in the log.
  var name: String {
    switch self {
    case .clinicCreated: "clinic.created"
    case .settingsChanged: "clinic.settings_changed"
    case .visitCreated: "visit.created"
    case .detailsRecorded: "visit.details_recorded"
    case .personRecorded: "person.recorded"
    case .visitStarted: "visit.started"
    case .visitCancelled: "visit.cancelled"
    case .visitClosed: "visit.closed"
    case .responsibleChanged: "visit.responsible_changed"
    case .inviteCreated: "invite.created"
    case .inviteRevoked: "invite.revoked"
    case .callStarted: "call.started"
    case .staffLost: "call.staff_lost"
    case .staffReturned: "call.staff_returned"
    case .callEnded: "call.ended"
    case .feedbackGiven: "call.rated"
    case .requestSent: "call.requested"
    case .requestAnswered: "call.answered"
    case .arrived: "participant.arrived"
    case .admitted: "participant.admitted"
    case .patientAgreed: "visit.patient_agreed"
    case .held: "participant.held"
    case .departed: "participant.departed"
    case .muted: "participant.muted"
    case .unmuted: "participant.unmuted"
    case .devicesChanged: "participant.devices_changed"
    case .sharingStarted: "participant.sharing_started"
    case .sharingStopped: "participant.sharing_stopped"
    case .chatSent: "chat.sent"
    case .disconnected: "participant.disconnected"
    case .reconnected: "participant.reconnected"
    }
  }

  /// The members of the payload beside those that every event has.
  fileprivate var parts: KeyValuePairs<String, JSON?> {
    switch self {
    case .clinicCreated(let name, let settings):
      ["name": .string(name), "settings": settings.encoded]
    case .settingsChanged(let settings): ["settings": settings.encoded]
    case .visitCreated(let record): record.parts
    case .personRecorded(let person): ["person": .string(person.id.text)]
    case .responsibleChanged(let person): ["person": .string(person.text)]
    case .inviteCreated(let invite): ["invite": invite.encoded]
    case .inviteRevoked(let id): ["invite": .string(id.text)]
    case .callStarted(let id): ["call": .string(id.text)]
    case .staffLost(let waits): ["waits_ms": .integer(waits.milliseconds)]
    case .callEnded(let reason): ["reason": .string(reason.rawValue)]
    case .requestSent(let id, let person, let rings):
      [
        "request": .string(id.text), "person": .string(person.text),
        "rings_ms": .integer(rings.milliseconds),
      ]
    case .requestAnswered(let id, let outcome):
      ["request": .string(id.text), "outcome": .string(outcome.rawValue)]
    case .arrived(let arrival): arrival.parts
    case .admitted(let id, let ground, let act):
      [
        "participant": .string(id.text), "ground": .string(ground.rawValue),
        "act": .string(act.text),
      ]
    case .departed(let id, let reason):
      ["participant": .string(id.text), "reason": .string(reason.rawValue)]
    case .patientAgreed(let person): ["person": .string(person.text)]
    case .held(let id, let reason):
      ["participant": .string(id.text), "because": .string(reason.rawValue)]
    case .feedbackGiven(let call, let person, let feedback):
      [
        "call": .string(call.text), "person": .string(person.text), "feedback": feedback.encoded,
      ]
    case .muted(let id), .unmuted(let id): ["participant": .string(id.text)]
    case .devicesChanged, .sharingStarted, .sharingStopped, .chatSent, .disconnected,
      .reconnected:
      preconditionFailure("an event that is not kept has no payload")
    case .detailsRecorded, .visitStarted, .visitCancelled, .visitClosed, .staffReturned: [:]
    }
  }

  /// The personal fields, which stand beside the payload.
  fileprivate func personal(in visit: VisitID) -> PersonalRecord? {
    let fields: KeyValuePairs<String, Redacted<String>?>
    let subject: String
    switch self {
    case .detailsRecorded(let details):
      subject = visit.text
      fields = ["heading": details.heading, "description": details.description]
    case .personRecorded(let person):
      subject = person.id.text
      fields = [
        "name": person.name, "title": person.title, "phone": person.phone, "email": person.email,
      ]
    default: return nil
    }
    let members = fields.compactMap { name, text in
      text.map { JSON.Member(name, .string($0.value)) }
    }
    return PersonalRecord(
      owner: .visit(visit), subject: subject, fields: Redacted(.object(members)))
  }
}

extension ClinicSettings {
  fileprivate var encoded: JSON {
    [
      "lobby": .string(lobby.rawValue), "waits_for_staff_ms": .integer(waitsForStaff.milliseconds),
      "rings_ms": .integer(rings.milliseconds), "same_unit_may_join": .bool(sameUnitMayJoin),
      "guests_see_patient_name": .bool(guestsSeePatientName),
      "sharing": .array(sharing.map(\.rawValue).sorted().map(JSON.string)),
      "share_replaces_camera": .bool(shareReplacesCamera),
      "consent_required": .bool(consentRequired), "rating_scale": .string(ratingScale.rawValue),
      "patients_rate": .bool(patientsRate),
    ]
  }
}

extension VisitRecord {
  fileprivate var parts: KeyValuePairs<String, JSON?> {
    let people = booked.sorted { $0.key < $1.key }.map { person, role in
      JSON.object([
        JSON.Member("person", .string(person.text)), JSON.Member("role", .string(role.rawValue)),
      ])
    }
    return [
      "clinic": .string(clinic.text), "unit": unit.map { .string($0.text) },
      "visit_type": .string(type), "scheduled": scheduled.map { .integer($0.milliseconds) },
      "responsible": .string(responsible.text), "booked": .array(people),
    ]
  }
}

extension Arrival {
  fileprivate var parts: KeyValuePairs<String, JSON?> {
    [
      "participant": .string(participant.text), "person": .string(person.text),
      "role": .string(role.rawValue), "kind": kind.map { .string($0.rawValue) },
      "identified_by": .string(identifiedBy.rawValue),
      "invite": invite.map { .string($0.text) }, "must_wait": .bool(mustWait),
    ]
  }
}

extension Invite {
  fileprivate var encoded: JSON {
    var person: PersonID?
    var role: Role?
    var kind: GuestKind?
    if case .person(let named, let namedRole, let namedKind) = recipient {
      (person, role, kind) = (named, namedRole, namedKind)
    }
    return .compact([
      "id": .string(id.text), "version": .integer(version),
      "person": person.map { .string($0.text) }, "role": role.map { .string($0.rawValue) },
      "kind": kind.map { .string($0.rawValue) },
      "not_before": notBefore.map { .integer($0.milliseconds) },
      "expires": expires.map { .integer($0.milliseconds) },
    ])
  }
}
