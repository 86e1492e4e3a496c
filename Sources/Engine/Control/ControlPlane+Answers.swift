import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Gives an answer, with what holds now.
  mutating func answer(_ reply: PendingReply, isDurable: Bool) {
    // What is told here is not told again as notifications.
    if case .joined = reply.answer { showAll(reply.session) }
    var result = content(of: reply)
    if !isDurable { result.append(.init("durable", false)) }
    sendResult(.object(result), to: reply)
    if case .rated = reply.answer, sessions[reply.session]?.ratingUntil != nil {
      end(reply.session, because: .afterCallOver)
    }
  }

  private func content(of reply: PendingReply) -> [JSON.Member] {
    let session = reply.session
    switch reply.answer {
    case .done, .rated: return []
    case .joined: return describeJoined(session)
    case .admitted(let participants):
      return [.init("admitted", .array(participants.map { .string($0.text) }))]
    case .muted(let participant):
      let visit = sessions[session]?.visit
      let muted = visit.flatMap(journal.scene)?.participant(participant)?.isMutedByStaff
      return [
        .init("participant", .string(participant.text)), .init("muted", .bool(muted ?? false)),
      ]
    case .responsible(let visit):
      guard let visit = journal.decided.visits[visit] else { return [] }
      return [.init("responsible", Self.describe(visit.responsible, in: visit))]
    case .visit(let visit): return describe(visit, for: session)
    case .booked(let visit): return describeBooked(visit, for: session)
    case .invites(let outcomes, let visit):
      guard let visit = journal.decided.visits[visit], let state = sessions[session] else {
        return []
      }
      return [.init("invites", describe(outcomes, in: visit, for: .person(state.identity)))]
    case .generalLink(let visit):
      guard let visit = journal.decided.visits[visit] else { return [] }
      return describeGeneralLink(of: visit)
    case .chat(let message): return describeSent(message, from: session)
    }
  }

  private func describe(_ visit: VisitID, for session: SessionID) -> [JSON.Member] {
    guard let visit = journal.decided.visits[visit], let state = sessions[session] else {
      return []
    }
    return [.init("visit", describe(visit, for: state) ?? .null)]
  }

  /// A visit that was made or changed, with what does not fit and the links into it.
  private func describeBooked(_ id: VisitID, for session: SessionID) -> [JSON.Member] {
    guard let visit = journal.decided.visits[id], let state = sessions[session] else { return [] }
    return describe(id, for: session) + describeBooking(visit, for: .person(state.identity))
  }

  /// What a viewer is told of a booking beside the visit itself.
  func describeBooking(_ visit: Visit, for viewer: Viewer) -> [JSON.Member] {
    let seesPatient = visibleFields(of: visit, for: viewer).contains(.patient)
    let warnings = journal.decided.warnings(for: visit.id)
    let links = visit.invites.filter { $0.isPersonal && !$0.isRevoked }
    return [
      .init("warnings", .array(warnings.map { Self.describe($0, seesPatient: seesPatient) })),
      .init("invites", .array(links.map { describe($0, in: visit, for: viewer) })),
    ]
  }

  /// What somebody is told of a booking that stands all the same: who the patient is, and where
  /// else, only where they may know that.
  private static func describe(_ warning: BookingWarning, seesPatient: Bool) -> JSON {
    var warning = warning
    if warning.code == .patientOverlap, !seesPatient {
      (warning.person, warning.visit) = (nil, nil)
    }
    return .compact([
      "code": .string(warning.code.rawValue), "field": .string(warning.field),
      "person": warning.person.map { .string($0.text) },
      "visit": warning.visit.map { .string($0.text) },
      "fits": warning.fits.map(JSON.string),
      "message": .string(warning.message),
    ])
  }

  private func describeSent(_ id: ChatMessageID, from session: SessionID) -> [JSON.Member] {
    let visit = sessions[session]?.visit.flatMap { journal.decided.visits[$0] }
    let message = visit?.call?.messages.first { $0.id == id }
    let readers = message.map { $0.readers.subtracting([$0.sender]).sorted() } ?? []
    return [
      .init("id", .string(id.text)),
      .init("recipients", .array(readers.map { .string($0.text) })),
    ]
  }

  // MARK: Sending

  /// Sends a result on the connection that asked, if it still carries the session.
  mutating func sendResult(_ result: JSON, to reply: PendingReply) {
    guard let request = reply.request, connections[reply.connection]?.session == reply.session
    else { return }
    emit(.send(reply.connection, JSONRPCText.result(request, result)))
  }

  /// Sends an error on the connection that asked, if it still carries the session.
  mutating func sendError(_ error: SignalingError, to reply: PendingReply) {
    guard let request = reply.request, connections[reply.connection]?.session == reply.session
    else { return }
    emit(.send(reply.connection, JSONRPCText.error(request, error)))
  }
}

extension BookingWarning {
  /// A sentence for the developer who reads it.
  fileprivate var message: String {
    switch code {
    case .staffOverlap: "a member of staff has another visit at that time"
    case .patientOverlap: "the patient has another visit at that time"
    case .typeMismatch: "the people do not fit the type" + (fits.map { "; \($0) fits" } ?? "")
    }
  }
}
