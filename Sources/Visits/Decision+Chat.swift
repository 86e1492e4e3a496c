import Primitives

extension Decision {
  /// Says something to everybody who is in the call now, those included whose session is lost for
  /// the moment, and to nobody who comes later.
  mutating func chat(_ id: ChatMessageID, _ text: Redacted<String>) throws(Refusal) {
    let own = try own()
    guard text.value.fits(Limits.chatBytes), !text.value.allSatisfy(\.isWhitespace) else {
      throw Refusal(.badArgument, field: "text")
    }
    guard visit.call?.messages.contains(where: { $0.id == id }) != true else {
      throw Refusal(.alreadyExists, field: "message")
    }
    record(
      .chatSent(
        ChatMessage(
          id: id, sender: own.id, role: own.role, name: visit.people[own.person]?.name,
          text: text, at: moment.wall, readers: Set(visit.roster.map(\.id)))))
  }
}

extension Call {
  /// Takes up a message; beyond the limit, the oldest is forgotten.
  mutating func say(_ message: ChatMessage) {
    messages.append(message)
    if messages.count > Limits.chatMessagesPerCall { messages.removeFirst() }
  }

  /// Whoever is no longer in the call loses the chat; what nobody has is forgotten.
  mutating func takeChat(from reader: ParticipantID) {
    for index in messages.indices { messages[index].readers.remove(reader) }
    messages.removeAll { $0.readers.isEmpty }
  }
}
