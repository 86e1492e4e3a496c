import Primitives

extension Decision {
  /// Takes down how somebody found the call that they were in last. The same answer again changes
  /// nothing.
  mutating func submit(_ feedback: Feedback) throws(Refusal) {
    let identity = try identity()
    guard identity.role == .staff || clinic.settings.patientsRate else {
      throw Refusal(.ratingNotEnabled)
    }
    guard feedback.rating.scale == clinic.settings.ratingScale else {
      throw Refusal(.badArgument, field: "scale")
    }
    guard feedback.details.isEmpty || feedback.rating.asksForDetails else {
      throw Refusal(.badArgument, field: "details")
    }
    let person = visit.person(of: identity)
    guard let call = visit.ratableCall(of: person, at: moment.instant) else {
      throw Refusal(.nothingToRate)
    }
    if let given = visit.feedback(on: call, by: person) {
      guard given.rating == feedback.rating, given.details == feedback.details else {
        throw Refusal(.alreadyRated)
      }
      return
    }
    record(.feedbackGiven(call, person, feedback))
  }
}

extension VisitLedger {
  /// Whether a session's person may still rate a call of the visit.
  public func mayRate(_ identity: Identity, in id: VisitID, at now: Instant) -> Bool {
    guard let visit = visits[id] else { return false }
    return mayRate(visit.person(of: identity), in: id, at: now)
  }

  /// Whether a person may still rate a call of the visit: they were in it and are no longer, it
  /// ended less than `Limits.ratingWindow` ago if it has ended, their rating is not in, and the
  /// clinic asks their role. Sessions stay open for it.
  func mayRate(_ person: PersonID, in id: VisitID, at now: Instant) -> Bool {
    guard let visit = visits[id], let call = visit.ratableCall(of: person, at: now),
      visit.feedback(on: call, by: person) == nil
    else { return false }
    return visit.attended(call, person) == .staff
      || clinics[visit.clinic]?.settings.patientsRate == true
  }
}

extension Visit {
  /// The call that a person may rate: the last that they were in, if they are no longer here.
  public func ratableCall(of person: PersonID, at now: Instant) -> CallID? {
    guard !barred.contains(person), !participants.contains(where: { $0.person == person }) else {
      return nil
    }
    if let call, call.attendees[person] != nil { return call.id }
    return pastCalls.last { $0.attendees[person] != nil && now < $0.ratableUntil }?.id
  }

  /// The rating that a person has given of a call.
  public func feedback(on id: CallID, by person: PersonID) -> Feedback? {
    if let call, call.id == id { return call.feedback[person] }
    return pastCalls.first { $0.id == id }?.feedback[person]
  }

  /// As what a person was in a call.
  func attended(_ id: CallID, _ person: PersonID) -> Role? {
    if let call, call.id == id { return call.attendees[person] }
    return pastCalls.first { $0.id == id }?.attendees[person]
  }

  /// Takes up a rating.
  mutating func note(_ feedback: Feedback, by person: PersonID, of id: CallID) {
    if call?.id == id { call?.feedback[person] = feedback }
    for index in pastCalls.indices where pastCalls[index].id == id {
      pastCalls[index].feedback[person] = feedback
    }
  }
}
