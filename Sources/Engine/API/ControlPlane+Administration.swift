import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// What an operator asks for, on the port that only operators reach. It is put on record; a disk
  /// that fails keeps nobody from it.
  mutating func administer(
    _ operation: APIRoute.Operation, _ request: HTTPRequest, as exchange: ExchangeID
  ) throws(APIProblem) {
    let entry = AuditEntry(
      .clinicRead, at: moment.wall, by: .system, outcome: operation.rawValue)
    let answer: JSON
    switch operation {
    case .listSessions:
      answer = ["sessions": .array(sessions.keys.sorted().map(describeSession))]
    case .listRooms:
      answer = ["rooms": .array(rooms.values.sorted().compactMap(describeRoom))]
    case .drain:
      emit(.audit(entry))
      respond(["draining": true], to: exchange)
      return emit(.drain)
    case .getLogLevel: answer = ["level": .string("\(logLevel)")]
    case .setLogLevel:
      let name = try request.object()["level"]?.string
      guard let level = LogLevel.allCases.first(where: { "\($0)" == name }) else {
        let names = LogLevel.allCases.map { "\($0)" }.joined(separator: ", ")
        throw APIProblem(400, "unknown_value", field: "level", detail: "level is one of \(names)")
      }
      logLevel = level
      emit(.setLogLevel(level))
      answer = ["level": .string("\(level)")]
    default: preconditionFailure("\(operation) is not for an operator")
    }
    log(LogRecord(.info, "administered", ("operation", operation.rawValue)))
    try send(.record(entry), for: exchange, then: .acted(answer))
  }

  private func describeSession(_ id: SessionID) -> JSON {
    guard let session = sessions[id] else { return [:] }
    let connection = session.signaling.connection.flatMap { connections[$0] }
    return .compact([
      "id": .string(id.text), "clinic": .string(session.identity.clinic.text),
      "visit": session.visit.map { .string($0.text) },
      "role": .string(session.identity.role.rawValue),
      "place": .string(session.shown.place.rawValue),
      "transport": connection.map { .string($0.origin.transport.rawValue) } ?? .null,
    ])
  }

  private func describeRoom(of visit: VisitID) -> JSON? {
    guard let attendance = attendances[visit], let place = attendance.place else { return nil }
    let scene = journal.scene(of: visit)
    return [
      "visit": .string(visit.text), "worker": .integer(Int64(place.worker)),
      "peers": .integer(Int64(attendance.peers.count)),
      "in_call": .integer(Int64(scene?.roster.count ?? 0)),
      "waiting": .integer(Int64(scene?.lobby.count ?? 0)),
    ]
  }
}
