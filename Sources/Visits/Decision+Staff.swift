import Primitives

extension Decision {
  /// A member of staff of the directory takes part from now on.
  mutating func addStaff(_ person: PersonID) throws(Refusal) {
    try visit.requireOpen()
    guard visit.booked[person] != .staff else { return }
    guard clinic.directory.people[person] != nil else {
      throw Refusal(.personNotFound, field: "person")
    }
    guard visit.booked.count < Limits.peopleBooked else {
      throw Refusal(.tooMany, field: "staff")
    }
    _ = try book(VisitDraft.Attendee(PersonRecord(id: person), role: .staff))
  }

  /// A member of staff takes part no more; nothing to do where they do not.
  mutating func removeStaff(_ person: PersonID) throws(Refusal) {
    try visit.requireOpen()
    guard visit.booked[person] == .staff else { return }
    try release(person)
  }

  /// Whoever asks becomes responsible. While there is a call, one has to be in it.
  mutating func takeOver() throws(Refusal) {
    try visit.requireOpen()
    let identity = try identity()
    guard visit.call == nil || visit.participant(of: identity)?.place == .call else {
      throw Refusal(.notInCall)
    }
    try appoint(identity)
  }

  /// A member of staff answers for the visit from now on.
  mutating func appoint(_ identity: Identity) throws(Refusal) {
    guard visit.responsible != identity.person else { return }
    // Nobody answers for a visit in which they are the patient, or speak for one.
    guard visit.booked[identity.person] ?? .staff == .staff else { throw Refusal(.notPermitted) }
    try note(PersonRecord(id: identity.person, name: identity.name, title: identity.title))
    record(.responsibleChanged(identity.person))
  }
}
