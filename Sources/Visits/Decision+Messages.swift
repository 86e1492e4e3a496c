import Primitives

/// Somebody who has had a message about a visit, and how.
struct Told: Equatable {
  let person: PersonID
  let channel: OutgoingMessage.Channel
  let invite: InviteID?
}

extension Decision {
  /// Queues a message by each channel that the person has an address for.
  mutating func send(
    _ kind: OutgoingMessage.Kind, _ invite: InviteID?, to person: PersonID
  ) throws(Refusal) {
    let channels = visit.people[person]?.channels ?? []
    guard visit.messages.count + channels.count <= Limits.messagesPerVisit else {
      throw Refusal(.tooMany, field: "messages")
    }
    for channel in channels { queue(kind, invite, to: person, by: channel) }
  }

  /// Queues confirmations for those of the given people who get one: the patient, for a child
  /// its proxies instead, and proxies. By SMS; by e-mail only where there is no number.
  mutating func confirm(_ people: [PersonID]) {
    for person in people {
      switch visit.booked[person] {
      case .patient where !visit.isRepresented(person): break
      case .proxy: break
      default: continue
      }
      guard let channel = visit.people[person]?.channels.first else { continue }
      queue(.confirmation, visit.link(of: person), to: person, by: channel)
    }
  }

  /// Queues a message for each of those who have been told of the visit.
  mutating func tell(_ told: [Told], _ kind: OutgoingMessage.Kind) {
    for one in told { queue(kind, one.invite, to: one.person, by: one.channel) }
  }

  /// Takes down what became of a message; nothing to do where that is known.
  mutating func settle(_ id: MessageID, _ outcome: OutgoingMessage.Outcome) throws(Refusal) {
    guard let message = visit.messages.first(where: { $0.id == id }) else {
      throw Refusal(.messageNotFound)
    }
    if !message.isSettled { record(.messageSettled(id, outcome)) }
  }

  /// A visit that has had all its messages sends no more; what tells of a change is not refused
  /// for that.
  private mutating func queue(
    _ kind: OutgoingMessage.Kind, _ invite: InviteID?, to person: PersonID,
    by channel: OutgoingMessage.Channel
  ) {
    guard visit.messages.count < Limits.messagesPerVisit else { return }
    record(
      .messageQueued(
        OutgoingMessage(
          id: visit.nextMessage, kind: kind, invite: invite, person: person, channel: channel,
          queuedAt: moment.wall)))
  }
}

extension Visit {
  /// Who has had a message, or will, and is still to be told of changes: once a person and
  /// channel, with the person's newest link.
  var told: [Told] {
    var told: [Told] = []
    for message in messages where message.tells {
      told.removeAll { $0.person == message.person && $0.channel == message.channel }
      guard message.kind != .cancelled, !isUninvited(message) else { continue }
      told.append(
        Told(
          person: message.person, channel: message.channel, invite: link(of: message.person)))
    }
    return told
  }

  /// Whether a message to a person has gone out by a channel.
  public func hasReached(_ person: PersonID, by channel: OutgoingMessage.Channel) -> Bool {
    messages.contains { $0.person == person && $0.channel == channel && $0.state == .sent }
  }

  /// A person's newest link that has not been taken back.
  fileprivate func link(of person: PersonID) -> InviteID? {
    invites.last { $0.person == person && !$0.isRevoked }?.id
  }

  /// Whether a patient is spoken for: a child's messages go to its proxies.
  func isRepresented(_ person: PersonID) -> Bool {
    guard let patient = patients[person] else { return false }
    return patient.needsProxy || patient.ageBand == .child && booked.values.contains(.proxy)
  }

  /// The identifier of the next message: made from the visit's and a running number, so that the
  /// same message has the same one however often it is decided.
  fileprivate var nextMessage: MessageID {
    // A visit's identifier that we have drawn has 20 characters after its prefix.
    let name = id.text.dropFirst(VisitKind.prefix.utf8.count + 1).prefix(48)
    guard let next = MessageID("\(MessageKind.prefix)_\(name)-\(messages.count + 1)") else {
      preconditionFailure("a visit's identifier has a letter that no identifier has")
    }
    return next
  }

  /// A guest whose link was taken back is not told of changes.
  private func isUninvited(_ message: OutgoingMessage) -> Bool {
    booked[message.person] == nil && link(of: message.person) == nil
  }
}

extension PersonRecord {
  /// The channels for which there is an address.
  public var channels: [OutgoingMessage.Channel] {
    (phone == nil ? [] : [.sms]) + (email == nil ? [] : [.email])
  }
}
