import Primitives

extension Decision {
  /// Sends one back to the lobby; nothing to do where that one waits.
  mutating func hold(_ id: ParticipantID) throws(Refusal) {
    let held = try participant(id)
    guard held.role != .staff else { throw Refusal(.participantIsStaff) }
    guard held.place == .call else { return }
    record(.held(id, because: .staff))
  }

  /// Removes one for good, from the call or the lobby, and with them their other tabs: all that
  /// came by a personal link where its recipient is the one who is removed.
  mutating func remove(_ id: ParticipantID) throws(Refusal) {
    let removed = try participant(id)
    guard removed.role != .staff else { throw Refusal(.participantIsStaff) }
    let link = removed.identifiedBy == .personalLink ? removed.invite : nil
    for presence in visit.participants
    where presence.person == removed.person || link != nil && presence.invite == link {
      record(.departed(presence.id, .removed))
    }
  }

  /// Mutes another one, or lifts that.
  mutating func mute(_ id: ParticipantID, _ muted: Bool) throws(Refusal) {
    let other = try participant(id)
    guard other.id != (try own()).id else { throw Refusal(.participantIsSelf) }
    guard other.place == .call else { throw Refusal(.participantNotInCall) }
    guard other.isMutedByStaff != muted else { return }
    record(muted ? .muted(id) : .unmuted(id))
  }

  /// Changes about oneself. Switching the own microphone on lifts staff's mute too.
  mutating func updateSelf(_ update: SelfUpdate) throws(Refusal) {
    let own = try own()
    if let name = update.name {
      let isNamed = !own.isUnnamed && own.invite.flatMap(visit.invite)?.isNamed != false
      guard own.role == .guest, own.invite != nil, own.place == .lobby, !isNamed else {
        throw Refusal(.nameFixed, field: "name")
      }
      try note(PersonRecord(id: own.person, name: name))
    }
    guard update.handRaised != true || own.place == .call else {
      throw Refusal(.notInCall, field: "hand_raised")
    }
    if update.microphone == true && own.isMutedByStaff { record(.unmuted(own.id)) }
    var devices = own.devices
    devices.microphone = update.microphone ?? devices.microphone
    devices.camera = update.camera ?? devices.camera
    devices.handRaised = update.handRaised ?? devices.handRaised
    if devices != own.devices { record(.devicesChanged(own.id, devices)) }
  }

  /// The session is lost: the place is kept for `Limits.resumeWindow`.
  mutating func disconnect(_ id: ParticipantID) throws(Refusal) {
    guard try participant(id).connection == .connected else { return }
    record(.disconnected(id))
  }

  /// The session is back.
  mutating func reconnect(_ id: ParticipantID) throws(Refusal) {
    guard try participant(id).connection != .connected else { return }
    record(.reconnected(id))
  }
}
