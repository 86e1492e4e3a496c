import Primitives

extension VisitLedger {
  /// Makes a decided event part of the state. An event that contradicts the state is a bug of the
  /// caller (applied twice, or out of order) and stops the process.
  public mutating func apply(_ event: VisitEvent) {
    if let contradiction = contradiction(to: event) { preconditionFailure(contradiction) }
    switch (event.subject, event.change) {
    case (.clinic(let id), .clinicCreated(let name, let settings)):
      clinics[id] = Clinic(id: id, name: name, settings: settings)
    case (.clinic(let id), .settingsChanged(let settings)):
      clinics[id]?.settings = settings
    case (.clinic(let id), .directoryChanged(let change)):
      clinics[id]?.directory.apply(change)
    case (.visit(let id), .visitCreated(let record)):
      visits[id] = Visit(record, id: id, event: event)
      for person in record.booked.keys { note(person, in: id, of: record.clinic) }
    case (.visit(let id), .visitForgotten): forget(id)
    case (.visit(let id), let change):
      visits[id]?.apply(event)
      if case .inviteCreated(let invite) = change { inviteVisits[invite.id] = id }
      noteBooking(change, in: id)
      noteLife(in: id)
    case (.clinic, _): break
    }
  }

  /// What an event says that cannot be true of this state; nil where it can happen.
  func contradiction(to event: VisitEvent) -> String? {
    switch (event.subject, event.change) {
    case (.clinic(let id), .clinicCreated): clinics[id] == nil ? nil : "\(id) exists"
    case (.clinic(let id), .settingsChanged): clinics[id] != nil ? nil : "no \(id)"
    case (.clinic(let id), .directoryChanged(let change)):
      clinics[id].map { $0.directory.contradiction(to: change) } ?? "no \(id)"
    case (.clinic(let id), _): "an event of a visit in \(id)"
    case (.visit(let id), .visitCreated(let record)):
      visits[id] != nil
        ? "\(id) exists" : clinics[record.clinic] == nil ? "no \(record.clinic)" : nil
    case (.visit(let id), .inviteCreated(let invite)) where inviteVisits[invite.id] != nil:
      "\(id): \(invite.id) exists"
    case (.visit(let id), let change):
      visits[id].map { $0.contradiction(to: change) } ?? "no \(id)"
    }
  }

  /// Keeps up in which visits people take part by booking.
  private mutating func noteBooking(_ change: Change, in id: VisitID) {
    guard let clinic = visits[id]?.clinic else { return }
    switch change {
    case .attendeeBooked(let person, _, _), .responsibleChanged(let person):
      note(person, in: id, of: clinic)
    case .attendeeReleased(let person): release(person, from: id, of: clinic)
    default: break
    }
  }

  private mutating func note(_ person: PersonID, in id: VisitID, of clinic: ClinicID) {
    bookings[clinic, default: [:]][person, default: []].insert(id)
  }

  /// Nothing is kept of somebody who takes part in no visit.
  private mutating func release(_ person: PersonID, from id: VisitID, of clinic: ClinicID) {
    bookings[clinic]?[person]?.remove(id)
    if bookings[clinic]?[person]?.isEmpty == true { bookings[clinic]?[person] = nil }
    if bookings[clinic]?.isEmpty == true { bookings[clinic] = nil }
  }

  /// Nothing of the visit is left, and its links lead nowhere.
  private mutating func forget(_ id: VisitID) {
    guard let visit = visits.removeValue(forKey: id) else { return }
    for invite in visit.invites { inviteVisits[invite.id] = nil }
    for person in visit.booked.keys { release(person, from: id, of: visit.clinic) }
    lively.remove(id)
  }

  /// Keeps up which visits can have a deadline.
  private mutating func noteLife(in id: VisitID) {
    guard let visit = visits[id] else { return }
    if visit.call == nil && visit.participants.isEmpty {
      lively.remove(id)
    } else {
      lively.insert(id)
    }
  }
}
