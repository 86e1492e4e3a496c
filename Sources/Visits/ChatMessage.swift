import Primitives

/// One message in a call's chat. It is in memory only, never in the log, and gone with the call.
public struct ChatMessage: Equatable, Sendable {
  /// The message's identifier.
  public let id: ChatMessageID
  /// Who wrote it.
  public let sender: ParticipantID
  /// What the sender is in the visit.
  public let role: Role
  /// The sender's name when it was sent; who may see it is decided as for the roster.
  public let name: Redacted<String>?
  /// What it says: 1 to `Limits.chatBytes` bytes.
  public let text: Redacted<String>
  /// When it was sent.
  public let at: WallTime
  /// Who has it, the sender included: those who were in the call when it was sent, less those
  /// who have left or been held since.
  public internal(set) var readers: Set<ParticipantID>
}

extension Visit {
  /// The messages that a participant has, oldest first; none for who is not in the call.
  public func chat(of reader: ParticipantID) -> [ChatMessage] {
    call?.messages.filter { $0.readers.contains(reader) } ?? []
  }
}
