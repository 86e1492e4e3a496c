import Primitives
import Signaling
import Visits

// What is known, as the wire carries it: each message is made here from values of our own.

extension ControlPlane {
  /// The result of `session.open`. `sequence` is the number before that of the first notification
  /// to follow; who continues without a gap gets no snapshot.
  func describeSession(_ session: SessionID, replayingAfter sequence: UInt64?) -> JSON {
    guard let state = sessions[session] else { return [:] }
    let identity = state.identity
    let clinic = journal.decided.clinics[identity.clinic]
    return .compact([
      "session": .string(session.text),
      "resume_secret": .string(configuration.links.resumeSecret(of: session)),
      "seq": .integer(Int64(clamping: sequence ?? state.signaling.sequence)),
      "you": describeSelf(state),
      "clinic": .compact([
        "id": .string(identity.clinic.text), "name": .string(clinic?.name ?? ""),
        "settings": identity.role == .staff ? clinic.map { describe($0.settings) } : nil,
      ]),
      "visit": describeVisit(of: session),
      "snapshot": sequence == nil ? .some(describeSnapshot(session)) : .none,
      "ice_servers": [],
      "limits": [
        "message_bytes": .integer(Int64(Limits.messageBytes)),
        "negotiation_bytes": .integer(Int64(Limits.negotiationBytes)),
        "requests_per_second": .integer(Int64(Limits.requestsPerSecond)),
        "person_seats": .integer(Int64(Limits.personSeats)),
        "chat_bytes": .integer(Int64(Limits.chatBytes)),
        "recipients": .integer(Int64(Limits.recipientsPerRequest)),
        "resume_window_ms": .integer(Limits.resumeWindow.milliseconds),
      ],
    ])
  }

  /// What staff's pages go by of what the clinic has decided.
  private func describe(_ settings: ClinicSettings) -> JSON {
    let shown: Set = [
      "lobby", "visit_types", "reasons", "free_text_heading", "consent_required", "sharing",
      "share_replaces_camera", "backgrounds", "rating_scale", "join_button", "general_link_text",
    ]
    return .object((settings.json.members ?? []).filter { shown.contains($0.name) })
  }

  /// The result of `call.start` and `call.join`.
  func describeJoined(_ session: SessionID) -> [JSON.Member] {
    guard let state = sessions[session] else { return [] }
    let call = state.shown.call.map { JSON.string($0.id.text) } ?? .null
    return [
      .init("call", call), .init("place", .string(state.shown.place.rawValue)),
      .init("participant", state.shown.participant.map { .string($0.text) } ?? .null),
      .init("visit", describeVisit(of: session) ?? .null),
      .init("snapshot", describeSnapshot(session)),
    ]
  }

  /// All that the person may see now, as `shown` says.
  func describeSnapshot(_ session: SessionID) -> JSON {
    guard let state = sessions[session] else { return [:] }
    let view = state.shown
    let request = describeRinging(for: state)
    guard view.place != .lobby else {
      return .compact(["call": ["place": "lobby"], "request": request])
    }
    guard view.place == .call, let call = view.call else {
      return .compact([
        "call": view.call.map { $0.json(place: .out) },
        "request": request,
        "rating": view.rating.map(\.json),
      ])
    }
    let seats = view.participant.flatMap { peerNumbers[$0] }.flatMap { peers[$0]?.seating.snapshot }
    return .compact([
      "call": call.json(place: view.place),
      "roster": .array(view.roster.members.map { $0.json(you: view.participant) }),
      "lobby": view.waiting.map { .array($0.map(\.json)) },
      "seats": .array((seats ?? []).map(\.json)),
      "speakers": .array(view.speakers.map { .string($0.text) }),
      "chat": .array(messages(of: session).map { describe($0, for: view) }),
      "pins": .array(state.pins.map(\.json)),
    ])
  }

  /// What rings for the session's person, in the visit that it is about or was last rung in.
  private func describeRinging(for session: ControlSession) -> JSON? {
    guard let id = session.visit ?? session.rungIn, let visit = journal.scene(of: id)?.visit,
      !visit.isStranger(session.identity),
      let ringing = visit.call?.requests.last(where: { $0.person == session.identity.person }),
      ringing.state == .sent
    else { return nil }
    return describe(ringing, in: visit)
  }

  /// A call request, for the one who is rung.
  func describe(_ request: CallRequest, in visit: Visit) -> JSON {
    var by: JSON = .null
    if case .person(let person) = request.by { by = Self.describe(person, in: visit) }
    return [
      "call": .string(visit.call?.id.text ?? ""), "visit": .string(visit.id.text), "by": by,
    ]
  }

  /// How ringing came out.
  func describeAnswer(to request: CallRequest, in visit: Visit) -> JSON {
    [
      "visit": .string(visit.id.text), "person": .string(request.person.text),
      "outcome": .string(request.state.rawValue),
    ]
  }

  /// A chat message, for one of those who have it.
  func describe(_ message: ChatMessage, for view: CallView) -> JSON {
    let member = view.roster.members.first { $0.id == message.sender }
    // Who has left is named as when they wrote, where the viewer may see that name.
    let isHidden = view.hidesPatients && (message.role == .patient || message.role == .proxy)
    let name = member?.name ?? (isHidden ? nil : message.name)
    return [
      "id": .string(message.id.text), "participant": .string(message.sender.text),
      "name": name.map { .string($0.value) } ?? .null, "role": .string(message.role.rawValue),
      "you": .bool(message.sender == view.participant), "text": .string(message.text.value),
      "at": .integer(message.at.milliseconds),
    ]
  }

  private func describeSelf(_ session: ControlSession) -> JSON {
    let identity = session.identity
    var name = identity.name
    // Who comes by a personal link is greeted by the name that the link was sent to.
    if identity.link != nil, let scene = session.visit.flatMap(journal.scene),
      !scene.visit.isStranger(identity), let known = scene.visit.people[identity.person]?.name
    {
      name = known
    }
    return .compact([
      "participant": identity.participant.map { .string($0.text) },
      "person": identity.link == nil ? .some(.string(identity.person.text)) : .none,
      "role": .string(identity.role.rawValue),
      "kind": identity.kind.map { .string($0.rawValue) },
      "name": name.map { .string($0.value) },
      "identified_by": .string(identity.identifiedBy.rawValue),
    ])
  }

  /// The visit that the session is about, as its person may see it.
  func describeVisit(of session: SessionID) -> JSON? {
    guard let state = sessions[session], let scene = state.visit.flatMap(journal.scene) else {
      return nil
    }
    return describe(scene.visit, for: state)
  }
}

extension CallView.Summary {
  func json(place: Place?) -> JSON {
    .compact([
      "id": .string(id.text), "state": .string(state), "place": place.map { .string($0.rawValue) },
      "ends_at": endsAt.map { .integer($0.milliseconds) },
    ])
  }
}

extension Roster.Member {
  /// The person as told to one of those who see them so.
  func json(you: ParticipantID?) -> JSON {
    .compact([
      "id": .string(id.text), "name": name.map { .string($0.value) } ?? .null,
      "role": .string(role.rawValue), "kind": kind.map { .string($0.rawValue) },
      "identified_by": .string(identifiedBy.rawValue), "responsible": .bool(isResponsible),
      "you": .bool(id == you), "microphone": .bool(devices.microphone),
      "camera": .bool(devices.camera && sharing?.replacesCamera != true),
      "muted_by_staff": .bool(isMutedByStaff),
      "hand_raised": .bool(devices.handRaised), "connection": .string(connection),
      "quality": quality.map { .string($0.rawValue) }, "sharing": .bool(sharing != nil),
    ])
  }
}

extension CallView.Waiting {
  var json: JSON {
    .compact([
      "participant": .string(id.text), "name": name.map { .string($0.value) } ?? .null,
      "role": .string(role.rawValue), "kind": kind.map { .string($0.rawValue) },
      "entered_by": .string(enteredBy), "invite": invite.map { .string($0.text) },
      "identified_by": .string(identifiedBy.rawValue), "since": .integer(since.milliseconds),
      "held": held.map { .string($0.rawValue) },
    ])
  }
}

extension CallView.Rating {
  var json: JSON {
    .compact([
      "scale": .string(scale.rawValue), "until": until.map { .integer($0.milliseconds) },
    ])
  }
}

extension Pin {
  var json: JSON {
    ["participant": .string(participant.text), "source": .string(source.rawValue)]
  }
}

extension Seating.Change {
  var json: JSON {
    .compact([
      "seat": .integer(Int64(seat)), "epoch": .integer(Int64(clamping: epoch)),
      "participant": participant.map { .string($0.text) } ?? .null,
      "source": .string(source.rawValue),
      "audio_from": from.map { .integer(Int64($0.audio)) },
      "video_from": from.map { .integer(Int64($0.video)) },
    ])
  }
}
