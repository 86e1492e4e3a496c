extension Decision {
  /// Lets one in; nothing to do where that one is in.
  mutating func admit(_ id: ParticipantID, agreedWithPatient: Bool) throws(Refusal) {
    let waiting = try participant(id)
    guard waiting.place == .lobby else { return }
    try requireConsent(to: waiting, given: agreedWithPatient)
    letIn(waiting, agreedWithPatient: agreedWithPatient)
    admitEntitled()
  }

  /// Lets everybody in who waits and can be let in.
  mutating func admitAll(agreedWithPatient: Bool) throws(Refusal) {
    for waiting in visit.lobby { try requireConsent(to: waiting, given: agreedWithPatient) }
    for waiting in visit.lobby { letIn(waiting, agreedWithPatient: agreedWithPatient) }
  }

  private mutating func letIn(_ waiting: Participant, agreedWithPatient: Bool) {
    if agreedWithPatient && waiting.role == .guest && !visit.agreed.contains(waiting.person) {
      record(.patientAgreed(to: waiting.person))
    }
    record(.admitted(waiting.id, ground: .admitted, act: actor.author))
  }

  // MARK: Consent

  private func requireConsent(to waiting: Participant, given: Bool) throws(Refusal) {
    guard given || !needsConsent(waiting) else {
      throw Refusal(.consentRequired, field: "agreed_with_patient")
    }
  }

  /// Whether the patient has to agree to this one's presence and has not: to everybody whom the
  /// booking does not name, where the clinic says so.
  func needsConsent(_ waiting: Participant) -> Bool {
    clinic.settings.consentRequired && waiting.role == .guest
      && !visit.agreed.contains(waiting.person)
  }
}
