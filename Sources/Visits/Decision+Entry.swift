import Primitives

extension Decision {
  /// Staff comes in; everybody else knocks, and comes in where the clinic's policy allows it.
  mutating func join(as id: ParticipantID) throws(Refusal) {
    try visit.requireOpen()
    let identity = try identity()
    if identity.role == .staff {
      guard visit.call != nil else { throw Refusal(.noCall) }
      try requireRoom(for: identity, as: id)
      try enterAsStaff(identity, as: id)
      admitEntitled()
    } else {
      guard identity.identifiedBy != .staff else { throw Refusal(.notPermitted) }
      try requireLink(of: identity)
      guard visit.call != nil || visit.pastCalls.isEmpty else { throw Refusal(.callEnded) }
      try requireNotTurnedAway(identity)
      try requireRoom(for: identity, as: id)
      try knock(identity, as: id)
      admitEntitled()
    }
  }

  /// A member of staff with a right to the visit enters the call, which stops waiting for staff.
  mutating func enterAsStaff(_ identity: Identity, as id: ParticipantID) throws(Refusal) {
    try note(PersonRecord(id: identity.person, name: identity.name, title: identity.title))
    record(
      .arrived(
        Arrival(
          participant: id, person: identity.person, role: .staff, kind: nil,
          identifiedBy: .staff, invite: nil, mustWait: false)))
    record(.admitted(id, ground: .staff, act: .person(identity.person)))
    if case .waitingForStaff? = visit.call?.state { record(.staffReturned) }
  }

  private mutating func knock(_ identity: Identity, as id: ParticipantID) throws(Refusal) {
    var arrival = Arrival(
      participant: id, person: identity.person, role: identity.role,
      kind: identity.role == .guest ? identity.kind ?? .other : nil,
      identifiedBy: identity.identifiedBy, invite: identity.link?.invite,
      mustWait: identity.entry == .lobby || isPresent(identity.person)
        || identity.names.contains(where: visit.sentBack.contains)
        || identity.link.map { visit.guardedLinks.contains($0.invite) } == true)
    if let link = identity.link, visit.isStranger(identity) {
      // The link is somebody else's: whoever this is, it is not its recipient.
      arrival.person = link.stranger
      arrival.role = .guest
      arrival.kind = .other
      arrival.identifiedBy = .unverified
      arrival.mustWait = true
    }
    act(as: arrival.person)
    // The name on a link is the inviter's; who came by it without one, or by a token, brings one.
    let known = visit.people[arrival.person]?.name
    if identity.link != nil, known == nil, identity.name == nil, identity.role == .guest,
      arrival.person == identity.person
    {
      throw Refusal(.nameRequired, field: "name")
    }
    let isNamed = identity.link.flatMap { visit.invite($0.invite) }?.isNamed == true
    try note(
      PersonRecord(
        id: arrival.person, name: isNamed && known != nil ? nil : identity.name,
        title: identity.title))
    record(.arrived(arrival))
  }

  /// Goes away by one's own wish.
  mutating func leave() throws(Refusal) {
    record(.departed(try own().id, .left))
  }

  /// Sends one away who waits.
  mutating func deny(_ id: ParticipantID) throws(Refusal) {
    guard try participant(id).place == .lobby else { throw Refusal(.participantNotInLobby) }
    record(.departed(id, .denied))
  }

  /// The link of a session must still work when it is used.
  func requireLink(of identity: Identity) throws(Refusal) {
    guard let link = identity.link else { return }
    guard let invite = visit.invite(link.invite) else { throw Refusal(.inviteNotFound) }
    try invite.requireValid(version: link.version, at: moment.wall)
    guard visit.linksWork(at: moment.wall, settings: clinic.settings) else {
      throw Refusal(.inviteNotYetValid)
    }
  }

  private func isPresent(_ person: PersonID) -> Bool {
    visit.participants.contains { $0.person == person }
  }

  private func requireNotTurnedAway(_ identity: Identity) throws(Refusal) {
    for person in identity.names {
      if visit.barred.contains(person) { throw Refusal(.barred) }
      if let until = visit.denied[person], moment.instant < until { throw Refusal(.denied) }
    }
  }

  /// There is a place, and the identifier is fresh.
  func requireRoom(for identity: Identity, as id: ParticipantID) throws(Refusal) {
    guard visit.participant(id) == nil else { throw Refusal(.alreadyExists, field: "participant") }
    let present = visit.participants.count
    let room =
      Limits.participantsPerCall - (identity.role == .staff ? 0 : Limits.placesForStaff)
    guard present < room else { throw Refusal(.callFull) }
    let comesUnnamed = identity.identifiedBy == .generalLink || visit.isStranger(identity)
    let unnamed = visit.participants.count { $0.isUnnamed }
    guard !comesUnnamed || unnamed < Limits.placesForUnnamed else { throw Refusal(.callFull) }
  }
}

extension Identity {
  /// Everybody whom the session's participant may turn out to be.
  var names: [PersonID] { [person] + (link.map { [$0.stranger] } ?? []) }
}

extension Participant {
  /// Whether neither a token nor a link of their own says who it is.
  var isUnnamed: Bool { identifiedBy == .generalLink || identifiedBy == .unverified }
}
