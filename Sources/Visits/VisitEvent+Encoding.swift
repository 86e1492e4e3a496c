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
      personal: change.personal(about: subject))
  }
}

extension Change {
  /// The stable name in the log.
  var name: String {
    switch self {
    case .clinicCreated: "clinic.created"
    case .settingsChanged: "clinic.settings_changed"
    case .directoryChanged(let change): change.name
    case .visitCreated: "visit.created"
    case .detailsRecorded: "visit.details_recorded"
    case .personRecorded: "person.recorded"
    case .visitReclassified: "visit.reclassified"
    case .visitRescheduled: "visit.rescheduled"
    case .attendeeBooked: "visit.attendee_booked"
    case .attendeeReleased: "visit.attendee_released"
    case .visitStarted: "visit.started"
    case .visitCancelled: "visit.cancelled"
    case .visitClosed: "visit.closed"
    case .visitForgotten: "visit.forgotten"
    case .responsibleChanged: "visit.responsible_changed"
    case .inviteCreated: "invite.created"
    case .inviteRevoked: "invite.revoked"
    case .inviteMoved: "invite.moved"
    case .inviteRotated: "invite.rotated"
    case .inviteOpened: "invite.opened"
    case .messageQueued: "message.queued"
    case .messageSettled: "message.settled"
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
      ["name": .string(name), "settings": settings.json]
    case .settingsChanged(let settings): ["settings": settings.json]
    case .directoryChanged(let change): change.parts
    case .visitCreated(let record): record.parts
    case .personRecorded(let person): ["person": .string(person.id.text)]
    case .responsibleChanged(let person): ["person": .string(person.text)]
    case .inviteCreated(let invite): ["invite": invite.encoded]
    case .visitReclassified(let type, let unit):
      ["visit_type": .string(type), "unit": unit.map { .string($0.text) }]
    case .visitRescheduled(let start, let end):
      [
        "scheduled": start.map { .integer($0.milliseconds) },
        "ends": end.map { .integer($0.milliseconds) },
      ]
    case .attendeeBooked(let person, let role, let patient):
      [
        "person": .string(person.text), "role": .string(role.rawValue),
        "profile": (patient?.profile.rawValue).map(JSON.string),
        "age_band": (patient?.ageBand.rawValue).map(JSON.string),
      ]
    case .attendeeReleased(let person): ["person": .string(person.text)]
    case .inviteRevoked(let id), .inviteRotated(let id), .inviteOpened(let id):
      ["invite": .string(id.text)]
    case .inviteMoved(let id, let start, let end):
      [
        "invite": .string(id.text), "not_before": start.map { .integer($0.milliseconds) },
        "expires": end.map { .integer($0.milliseconds) },
      ]
    case .messageQueued(let message): message.parts
    case .messageSettled(let id, let outcome): outcome.parts(of: id)
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
    case .detailsRecorded, .visitStarted, .visitCancelled, .visitClosed, .visitForgotten,
      .staffReturned:
      [:]
    }
  }

  /// The personal fields, which stand beside the payload.
  fileprivate func personal(about subject: VisitEvent.Subject) -> PersonalRecord? {
    switch (subject, self) {
    case (.visit(let visit), .detailsRecorded(let details)):
      PersonalRecord(
        owner: .visit(visit), subject: visit.text,
        ["heading": details.heading, "description": details.description])
    case (.visit(let visit), .personRecorded(let person)):
      PersonalRecord(
        owner: .visit(visit), subject: person.id.text,
        [
          "name": person.name, "title": person.title, "phone": person.phone,
          "email": person.email,
        ])
    case (.clinic(let clinic), .directoryChanged(.setPerson(let person))):
      PersonalRecord(
        owner: .clinic(clinic), subject: person.id.text,
        [
          "given_name": person.givenName, "family_name": person.familyName,
          "title": person.title,
        ])
    case (.clinic(let clinic), .directoryChanged(.removePerson(let person))):
      // The newest fields replace the older ones: who works here no more leaves no name.
      PersonalRecord(owner: .clinic(clinic), subject: person.text, [:])
    default: nil
    }
  }
}

extension PersonalRecord {
  fileprivate init(
    owner: Owner, subject: String, _ fields: KeyValuePairs<String, Redacted<String>?>
  ) {
    let members = fields.compactMap { name, text in
      text.map { JSON.Member(name, .string($0.value)) }
    }
    self.init(owner: owner, subject: subject, fields: Redacted(.object(members)))
  }
}

extension VisitRecord {
  fileprivate var parts: KeyValuePairs<String, JSON?> {
    let people = booked.sorted { $0.key < $1.key }.map { person, role in
      JSON.compact([
        "person": .string(person.text), "role": .string(role.rawValue),
        "profile": (patients[person]?.profile.rawValue).map(JSON.string),
        "age_band": (patients[person]?.ageBand.rawValue).map(JSON.string),
      ])
    }
    return [
      "clinic": .string(clinic.text), "unit": unit.map { .string($0.text) },
      "visit_type": .string(type), "scheduled": scheduled.map { .integer($0.milliseconds) },
      "ends": ends.map { .integer($0.milliseconds) },
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
      "language": language.map(JSON.string),
      // Of those that somebody was named in, nothing needs to be said.
      "named": isPersonal && !isNamed ? .bool(false) : nil,
    ])
  }
}
