import Primitives

@testable import Visits

/// Judges what happens from the events alone, without the reducer's own state and checks: what it
/// says about who is in which call must agree with them.
struct Witness {
  private struct Presence {
    let visit: VisitID
    let person: PersonID
    let role: Role
    var isInCall = false
  }

  private struct Denial: Hashable {
    let visit: VisitID
    let person: PersonID
  }

  /// What was seen that must not happen.
  private(set) var faults: [String] = []
  private var clinics: [VisitID: ClinicID] = [:]
  private var settings: [ClinicID: ClinicSettings] = [:]
  private var patients: [VisitID: [PersonID: Patient]] = [:]
  private var presences: [ParticipantID: Presence] = [:]
  private var calls: [VisitID: CallID] = [:]
  private var isWaitingForStaff: Set<VisitID> = []
  private var barred: Set<Denial> = []
  private var deniedUntil: [Denial: Instant] = [:]
  private var agreed: Set<Denial> = []

  // MARK: What changes it

  /// Takes in the events of one command.
  mutating func see(_ events: [VisitEvent], after command: Command, by actor: Actor) {
    for event in events {
      see(event, by: actor)
      switch event.subject {
      case .visit(let id): see(event, in: id)
      case .clinic(let id): see(event, of: id)
      }
    }
    for visit in Set(events.compactMap(\.visit)) { checkCall(in: visit, after: command) }
  }

  private mutating func see(_ event: VisitEvent, by actor: Actor) {
    let clinic: ClinicID? =
      switch (event.subject, event.change) {
      case (.clinic(let id), _): id
      case (.visit, .visitCreated(let record)): record.clinic
      case (.visit(let id), _): clinics[id]
      }
    switch actor {
    case .system: break
    case .session(let identity):
      require(identity.clinic == clinic, "\(identity.person) changed something of another clinic")
      if let visit = identity.visit {
        require(event.visit == visit, "\(identity.person) changed something of another visit")
      }
    case .backEnd(let own, _):
      require(own == clinic, "a back end changed something of another clinic")
    }
  }

  private mutating func see(_ event: VisitEvent, of clinic: ClinicID) {
    switch event.change {
    case .clinicCreated(_, let new), .settingsChanged(let new): settings[clinic] = new
    default: break
    }
  }

  private mutating func see(_ event: VisitEvent, in visit: VisitID) {
    switch event.change {
    case .visitCreated(let record):
      clinics[visit] = record.clinic
      patients[visit] = record.patients
    case .attendeeBooked(let person, _, let patient): patients[visit]?[person] = patient
    case .attendeeReleased(let person): patients[visit]?[person] = nil
    case .callStarted(let id):
      require(calls[visit] == nil, "two calls in \(visit)")
      calls[visit] = id
    case .staffLost: isWaitingForStaff.insert(visit)
    case .staffReturned: isWaitingForStaff.remove(visit)
    case .callEnded:
      require(inCall(visit).isEmpty, "a call ended with somebody in it")
      calls[visit] = nil
      isWaitingForStaff.remove(visit)
    case .patientAgreed(let person): agreed.insert(Denial(visit: visit, person: person))
    case .arrived(let arrival): seeArrival(arrival, in: visit, at: event.at.instant)
    case .admitted(let id, let ground, let act): seeAdmission(id, ground, act, in: visit)
    case .held(let id, let reason):
      if reason == .staff { requireStaffAct(event, "held \(id)") }
      presences[id]?.isInCall = false
    case .departed(let id, let reason): seeDeparture(id, reason, of: event, in: visit)
    case .muted, .inviteRevoked: break
    case .sharingStarted(let id, _): seeShare(id, in: visit)
    case .chatSent(let message):
      require(message.readers == Set(inCall(visit)), "a message for others than those in the call")
      require(message.readers.contains(message.sender), "a message by one outside")
      require(presences[message.sender].map { .person($0.person) } == event.by, "a forged sender")
    default: break
    }
  }

  private mutating func seeArrival(_ arrival: Arrival, in visit: VisitID, at now: Instant) {
    let knocker = Denial(visit: visit, person: arrival.person)
    require(!barred.contains(knocker), "\(arrival.person) was removed and is back")
    require(deniedUntil[knocker].map { $0 <= now } ?? true, "\(arrival.person) was just denied")
    presences[arrival.participant] = Presence(
      visit: visit, person: arrival.person, role: arrival.role)
  }

  private mutating func seeAdmission(
    _ id: ParticipantID, _ ground: Admission.Ground, _ act: Author, in visit: VisitID
  ) {
    guard let entering = presences[id] else { return require(false, "\(id) came from nowhere") }
    require(calls[visit] != nil, "\(id) is in a call that is not there")
    require((ground == .staff) == (entering.role == .staff), "\(id) came in as somebody else")
    if ground != .staff {
      require(!staffInCall(visit).isEmpty, "\(id) came in without staff")
      require(!isWaitingForStaff.contains(visit), "\(id) was let into a call that waits")
      let needsConsent =
        entering.role == .guest && clinics[visit].flatMap { settings[$0] }?.consentRequired == true
      let agreement = Denial(visit: visit, person: entering.person)
      require(!needsConsent || agreed.contains(agreement), "\(id) came in without consent")
    }
    if ground == .admitted {
      require(staffInCall(visit).contains { .person($0) == act }, "\(id) admitted from outside")
    }
    presences[id]?.isInCall = true
  }

  private mutating func seeDeparture(
    _ id: ParticipantID, _ reason: Departure, of event: VisitEvent, in visit: VisitID
  ) {
    guard let person = presences[id]?.person else { return }
    let gone = Denial(visit: visit, person: person)
    switch reason {
    case .removed:
      requireStaffAct(event, "removed \(id)")
      barred.insert(gone)
    case .denied:
      requireStaffAct(event, "denied \(id)")
      deniedUntil[gone] = event.at.instant + Limits.knockPause
    default: break
    }
    if reason == .callEnded { deniedUntil = deniedUntil.filter { $0.key.visit != visit } }
    presences[id] = nil
  }

  private mutating func seeShare(_ id: ParticipantID, in visit: VisitID) {
    guard let role = presences[id]?.role, let clinic = clinics[visit] else { return }
    require(presences[id]?.isInCall == true, "\(id) shares from outside")
    require(role == .staff || settings[clinic]?.sharing.contains(role) == true, "\(id) shares")
  }

  private mutating func checkCall(in visit: VisitID, after command: Command) {
    guard let call = calls[visit] else { return }
    require(
      staffInCall(visit).isEmpty == isWaitingForStaff.contains(visit),
      "\(call) and its staff do not agree")
    let present = presences.values.filter { $0.visit == visit && $0.isInCall }
    let needsProxy = present.contains {
      $0.role == .patient && patients[visit]?[$0.person]?.needsProxy == true
    }
    require(
      !needsProxy || present.contains { $0.role == .proxy }, "a child alone after \(command)")
  }

  // MARK: What reads it

  /// Who is in the call of a visit.
  func inCall(_ visit: VisitID) -> [ParticipantID] {
    presences.filter { $0.value.visit == visit && $0.value.isInCall }.map(\.key)
  }

  private func staffInCall(_ visit: VisitID) -> [PersonID] {
    presences.values.filter { $0.visit == visit && $0.isInCall && $0.role == .staff }
      .map(\.person)
  }

  private mutating func requireStaffAct(_ event: VisitEvent, _ words: String) {
    let staff = event.visit.map(staffInCall) ?? []
    require(staff.contains { .person($0) == event.by }, "\(event.by.text) \(words)")
  }

  private mutating func require(_ holds: Bool, _ words: @autoclosure () -> String) {
    if !holds { faults.append(words()) }
  }
}
