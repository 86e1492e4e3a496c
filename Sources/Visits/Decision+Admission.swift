extension Decision {
  /// Lets one in; nothing to do where that one is in.
  mutating func admit(_ id: ParticipantID, agreedWithPatient: Bool) throws(Refusal) {
    let waiting = try participant(id)
    guard waiting.place == .lobby else { return }
    guard !lacksProxy(waiting) else { throw Refusal(.proxyRequired, field: "participant") }
    try requireConsent(to: waiting, given: agreedWithPatient)
    letIn(waiting, agreedWithPatient: agreedWithPatient)
    admitEntitled()
  }

  /// Lets everybody in who waits, all or none where consent is wanting; children who may not be
  /// in a call without a proxy stay where there is none.
  mutating func admitAll(agreedWithPatient: Bool) throws(Refusal) {
    for waiting in visit.lobby { try requireConsent(to: waiting, given: agreedWithPatient) }
    for waiting in lobbyProxiesFirst where !lacksProxy(waiting) {
      letIn(waiting, agreedWithPatient: agreedWithPatient)
    }
  }

  /// Lets those in who wait and need not.
  mutating func admitEntitled() {
    for waiting in lobbyProxiesFirst {
      guard let (ground, act) = entitlement(of: waiting) else { continue }
      record(.admitted(waiting.id, ground: ground, act: act))
    }
  }

  private mutating func letIn(_ waiting: Participant, agreedWithPatient: Bool) {
    if agreedWithPatient && waiting.role == .guest && !visit.agreed.contains(waiting.person) {
      record(.patientAgreed(to: waiting.person))
    }
    record(.admitted(waiting.id, ground: .admitted, act: actor.author))
  }

  /// The recorded act on which somebody may enter without being admitted one by one, if the
  /// clinic's policy lets that suffice: it names this person, or made the link. Nobody enters a
  /// call without staff.
  private func entitlement(of waiting: Participant) -> (Admission.Ground, Author)? {
    guard let call = visit.call, call.state == .open, !waiting.mustWait, !lacksProxy(waiting),
      !needsConsent(waiting)
    else { return nil }
    let request = call.requests.last { $0.person == waiting.person && $0.state == .accepted }
    let act =
      waiting.invite.flatMap(visit.invite)?.createdBy
      ?? (visit.booked[waiting.person] == nil ? nil : visit.createdBy)
    let booking = act.map { (Admission.Ground.booked, $0) }
    return switch clinic.settings.lobby {
    case .everyone: nil
    case .links: request.map { (.requested, $0.by) }
    case .generalLink: waiting.identifiedBy == .generalLink ? nil : booking
    case .off: booking
    }
  }

  // MARK: Consent

  private func requireConsent(to waiting: Participant, given: Bool) throws(Refusal) {
    guard given || !needsConsent(waiting) else {
      throw Refusal(.consentRequired, field: "agreed_with_patient")
    }
  }

  /// Whether the patient has to agree to this one's presence and has not: to everybody whom the
  /// booking does not name, where the clinic says so.
  private func needsConsent(_ waiting: Participant) -> Bool {
    clinic.settings.consentRequired && waiting.role == .guest
      && !visit.agreed.contains(waiting.person)
  }

  // MARK: Children

  /// Whoever a child waits for comes before the child.
  private var lobbyProxiesFirst: [Participant] {
    visit.lobby.filter { $0.role == .proxy } + visit.lobby.filter { $0.role != .proxy }
  }

  /// Whether this is a child who may be in a call only together with a proxy, and none is there.
  private func lacksProxy(_ participant: Participant) -> Bool {
    participant.role == .patient && visit.needsProxy(participant.person) && !visit.hasProxyInCall
  }

  /// A child whose last proxy is gone is held until staff lets it in again.
  mutating func holdChildrenWithoutProxy() {
    for participant in visit.roster where lacksProxy(participant) {
      record(.held(participant.id, because: .noProxy))
    }
  }
}
