import Primitives

extension VisitLedger {
  /// What is wrong with the state, in words; empty as long as the rules hold. For simulations and
  /// tests after each event, and for the daemon after a restart.
  public func problems() -> [String] {
    var found: [String] = []
    for visit in visits.values.sorted(by: { $0.id < $1.id }) {
      found += visit.problems().map { "\(visit.id): \($0)" }
      if clinics[visit.clinic] == nil { found.append("\(visit.id): no clinic") }
      for person in visit.booked.keys
      where bookings[visit.clinic]?[person]?.contains(visit.id) != true {
        found.append("\(visit.id): is not among the visits of \(person)")
      }
      for invite in visit.invites where inviteVisits[invite.id] != visit.id {
        found.append("\(visit.id): \(invite.id) leads elsewhere")
      }
      if lively.contains(visit.id) != (visit.call != nil || !visit.participants.isEmpty) {
        found.append("\(visit.id): its deadlines are not watched")
      }
    }
    return found
  }
}

extension Visit {
  /// What is wrong with one visit.
  fileprivate func problems() -> [String] {
    var found: [String] = []
    func require(_ holds: Bool, _ words: String) { if !holds { found.append(words) } }

    require(booked[responsible] == .staff, "the responsible is not among its staff")
    require(
      patients.keys.allSatisfy { booked[$0] == .patient }
        && booked.allSatisfy { $0.value != .patient || patients[$0.key] != nil },
      "patients and who is booked as one do not agree")
    require(messages.count <= Limits.messagesPerVisit, "too many messages")
    require(call == nil || state == .ongoing, "a call in a visit that is not ongoing")
    require(call != nil || roster.isEmpty, "somebody is in a call that is not there")
    require(isOpen || participants.isEmpty, "somebody is in a visit that is over")
    if let call {
      require((call.state == .open) == hasStaffInCall, "open and staff in it do not agree")
      require(call.requests.count <= Limits.requestsPerCall, "too many requests")
    }
    require(participants.count <= Limits.participantsPerCall, "too many participants")
    require(Set(participants.map(\.id)).count == participants.count, "a participant comes twice")
    require(invites.count <= Limits.invitesPerVisit, "too many invites")
    require(
      invites.count { !$0.isPersonal && !$0.isRevoked } <= 1, "more than one general link")
    for participant in participants {
      found += problems(of: participant).map { "\(participant.id): \($0)" }
    }
    return found
  }

  private func problems(of participant: Participant) -> [String] {
    var found: [String] = []
    func require(_ holds: Bool, _ words: String) { if !holds { found.append(words) } }

    require(people[participant.person] != nil, "nobody is known behind it")
    require(!barred.contains(participant.person), "barred and here")
    require((participant.role == .staff) == (participant.identifiedBy == .staff), "who is it")
    require((participant.role == .guest) == (participant.kind != nil), "a kind for guests alone")
    if participant.role == .staff {
      require(participant.admission?.ground == .staff, "staff waits, or was let in like others")
    } else {
      require(participant.admission?.ground != .staff, "entered as staff and is not")
    }
    if participant.mustWait, let admission = participant.admission {
      require(admission.ground == .admitted, "had to wait and was not admitted by staff")
    }
    if let invite = participant.invite.flatMap(invite) {
      require(!invite.isRevoked, "here by a link that was taken back")
    }
    if participant.invite != nil, participant.identifiedBy == .personalLink {
      let sharing = participants.count {
        $0.invite == participant.invite && $0.identifiedBy == .personalLink
      }
      require(sharing == 1, "two by one personal link")
    }
    return found
  }
}
