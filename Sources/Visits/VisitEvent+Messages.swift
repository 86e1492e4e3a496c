import Primitives

// How events about messages are written and read. Addresses stand in neither.

extension OutgoingMessage {
  /// The members of the payload beside those that every event has; the event's time is the
  /// message's.
  var parts: KeyValuePairs<String, JSON?> {
    [
      "message": .string(id.text), "kind": .string(kind.rawValue),
      "invite": invite.map { .string($0.text) }, "person": .string(person.text),
      "channel": .string(channel.rawValue),
    ]
  }
}

extension OutgoingMessage.Outcome {
  /// The members of the payload beside those that every event has.
  func parts(of message: MessageID) -> KeyValuePairs<String, JSON?> {
    switch self {
    case .sent: ["message": .string(message.text), "outcome": "sent"]
    case .failed(let failure):
      [
        "message": .string(message.text), "outcome": "failed",
        "reason": .string(failure.rawValue),
      ]
    }
  }

  fileprivate init(_ reader: EventReader) throws(EventError) {
    switch try reader.text("outcome") {
    case "sent": self = .sent
    case "failed": self = .failed(try reader.word("reason"))
    default: throw EventError(reason: "`outcome` is not one of the known words")
    }
  }
}

extension Change {
  static func ofMessage(
    _ type: String, _ reader: EventReader, _ at: WallTime
  ) throws(EventError) -> Change? {
    switch type {
    case "message.queued":
      .messageQueued(
        OutgoingMessage(
          id: try reader.identifier("message"), kind: try reader.word("kind"),
          invite: try reader.optional("invite", reader.identifier),
          person: try reader.identifier("person"), channel: try reader.word("channel"),
          queuedAt: at))
    case "message.settled":
      .messageSettled(
        try reader.identifier("message"), try OutgoingMessage.Outcome(reader))
    default: nil
    }
  }
}
