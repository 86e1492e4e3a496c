import Primitives

/// What a client is told by one notification.
public struct NotificationDescription: Sendable {
  /// The notification.
  public let notification: SignalingNotification
  /// When it comes, in a sentence.
  public let summary: String
  /// The form of its parameters: JSON Schema.
  public let parameters: JSON

  private init(
    _ notification: SignalingNotification, _ summary: String,
    _ members: KeyValuePairs<String, JSON> = [:], optional: KeyValuePairs<String, JSON> = [:]
  ) {
    self.notification = notification
    self.summary = summary
    let numbered = members.map { JSON.Member($0.key, $0.value) } + [.init("seq", Form.number)]
    parameters = [
      "type": "object",
      "properties": .object(numbered + optional.map { JSON.Member($0.key, $0.value) }),
      "required": .array(numbered.map { .string($0.name) }),
    ]
  }

  private typealias Form = MethodDescription

  /// Every notification, in the order of `SignalingNotification`.
  public static let all: [NotificationDescription] = SignalingNotification.allCases.map(describe)

  private static func describe(_ it: SignalingNotification) -> NotificationDescription {
    switch it {
    case .visitChanged: .init(it, "A visit that concerns one.", ["visit": Form.form("Visit")])
    case .inviteChanged:
      .init(
        it, "A link has come further.", ["invite": Form.form("Invite")],
        optional: ["visit": Form.text])
    case .callRequested:
      .init(it, "One is rung.", ["call": Form.text, "visit": Form.text, "by": any])
    case .callAnswered:
      .init(
        it, "A request was accepted, declined, withdrawn, or timed out.",
        ["visit": Form.text, "person": Form.text, "outcome": Form.text])
    case .callStarted: .init(it, "Staff is in: the call goes on.", ["call": ["type": "object"]])
    case .callWaitingForStaff:
      .init(it, "The last member of staff dropped out.", ["ends_at": Form.number])
    case .callEnded:
      .init(
        it, "The call is over.", ["reason": Form.text], optional: ["rating": ["type": "object"]])
    case .lobbyChanged:
      .init(it, "Who waits, for staff.", ["waiting": Form.list(Form.form("Waiting"))])
    case .lobbyStatus:
      .init(
        it, "How it stands with the one who waits.",
        [
          "status": [
            "type": "string", "enum": ["waiting", "admitted", "denied", "held", "removed"],
          ]
        ],
        optional: [
          "snapshot": Form.form("Snapshot"), "visit": Form.form("Visit"), "reason": Form.text,
        ])
    default: describeInCall(it)
    }
  }

  private static func describeInCall(_ it: SignalingNotification) -> NotificationDescription {
    switch it {
    case .participantJoined:
      .init(it, "Somebody has come in.", ["participant": Form.form("Participant")])
    case .participantChanged:
      .init(it, "What the roster says of somebody.", ["participant": Form.form("Participant")])
    case .participantLeft:
      .init(it, "Somebody has gone.", ["participant": Form.text, "reason": Form.text])
    case .seatsChanged:
      .init(it, "Who sits where; acknowledge it.", ["seats": Form.list(Form.form("Seat"))])
    case .speakersChanged:
      .init(it, "Who speaks, loudest first.", ["participants": Form.list(Form.text)])
    case .qualityChanged:
      .init(it, "How well it goes for somebody.", ["participant": Form.text, "quality": Form.text])
    case .shareChanged:
      .init(
        it, "Somebody shares a screen, or no more.",
        ["participant": Form.text, "sharing": Form.flag], optional: ["audio": Form.flag])
    case .chatMessage:
      .init(
        it, "Somebody has written, oneself included.",
        [
          "id": Form.text, "participant": Form.text, "name": ["type": ["string", "null"]],
          "role": Form.text, "you": Form.flag, "text": Form.text, "at": Form.number,
        ])
    case .probeChanged:
      .init(
        it, "How far the test has come.", ["state": Form.text], optional: ["after_ms": Form.number])
    case .serverDraining: .init(it, "The daemon is about to end.")
    default:
      .init(
        it, "The session ends, and what to do then.",
        [
          "reason": Form.text,
          "action": ["type": "string", "enum": ["resume", "reconnect", "leave"]],
        ])
    }
  }

  private static let any: JSON = ["type": ["object", "null"]]
}
