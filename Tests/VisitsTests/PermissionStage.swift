import Primitives

@testable import Visits

/// Three visits that are alike, in a clinic (one's own and another) and in a foreign one, in a
/// state in which each command finds what it is about: so that a permitted one is carried out.
struct PermissionStage {
  /// One column of the table.
  enum Column: CaseIterable {
    case system, backEnd, responsible, added, sameUnit, noRelation, patient, proxy, guest

    /// The role of those who have one.
    var role: Role? {
      switch self {
      case .system, .backEnd: nil
      case .responsible, .added, .sameUnit, .noRelation: .staff
      case .patient: .patient
      case .proxy: .proxy
      case .guest: .guest
      }
    }
    var isStaff: Bool { role == .staff }

    /// The person, one for each column.
    var person: PersonID { named("per_\(self)") }
  }

  /// The visit that a command is about.
  enum Target: CaseIterable {
    case own, otherVisit, otherClinic

    var visit: VisitID { named("vis_\(self)") }
    var clinic: ClinicID { named(self == .otherClinic ? "cli_foreign" : "cli_own") }
  }

  private(set) var ledger = VisitLedger()
  let now = Moment(instant: .origin, wall: WallTime(milliseconds: 1_800_000_000_000))

  /// The visits, each with a call where `hasCall`, otherwise booked, and with nobody of the
  /// columns in it.
  init(hasCall: Bool) throws {
    for clinic in [Target.own.clinic, Target.otherClinic.clinic] {
      var settings = ClinicSettings(sameUnitMayJoin: true)
      settings.sharing = [.patient, .proxy, .guest]
      settings.patientsRate = true
      settings.generalLinkForPatients = true
      try perform(.createClinic(clinic, name: "Kliniken", settings: settings))
      try perform(
        .changeDirectory(
          clinic,
          [Target.own, .otherVisit].map { .setUnit(DirectoryUnit(id: unit(of: $0), name: "Enhet")) }
            + [
              .setPerson(
                DirectoryPerson(
                  id: named("per_colleague"), givenName: Redacted("Kim"),
                  familyName: Redacted("Ek"), unit: unit(of: .own), role: "läkare"))
            ]))
    }
    for target in Target.allCases { try book(target, hasCall: hasCall) }
  }

  private func unit(of target: Target) -> UnitID {
    named(target == .otherVisit ? "uni_heart" : "uni_skin")
  }

  private mutating func perform(_ command: Command) throws {
    for event in try ledger.decide(command, by: .system, at: now) { ledger.apply(event) }
  }

  private mutating func book(_ target: Target, hasCall: Bool) throws {
    func person(_ column: Column) -> PersonRecord {
      // Nobody of one's own visit has anything to do with the others.
      let id: PersonID = target == .own ? column.person : named("per_\(column)-\(target)")
      return PersonRecord(id: id, name: Redacted("Name"), phone: Redacted("+46701234567"))
    }
    func link(_ name: String, _ person: PersonRecord, _ role: Role) -> InviteDraft {
      InviteDraft(
        id: named("inv_\(name)-\(target)"),
        recipient: .person(person, role: role, kind: role == .guest ? .other : nil))
    }
    let spare = PersonRecord(id: named("per_spare"), name: Redacted("Spare"))
    try perform(
      .createVisit(
        VisitDraft(
          id: target.visit, clinic: target.clinic, unit: unit(of: target), type: "videomöte",
          scheduled: hasCall ? nil : now.wall + .hours(1), responsible: person(.responsible),
          attendees: [
            .init(person(.added), role: .staff), .init(person(.patient), role: .patient),
            .init(person(.proxy), role: .proxy), .init(spare, role: .proxy),
            .init(PersonRecord(id: named("per_absent"), name: Redacted("Name")), role: .proxy),
            .init(PersonRecord(id: named("per_extra"), name: Redacted("Extra")), role: .staff),
          ],
          invites: [
            link("guest", person(.guest), .guest),
            link(
              "spare",
              PersonRecord(id: named("per_invited"), phone: Redacted("+46701234567")), .guest),
          ])))
    try perform(.visit(target.visit, .start))
    if hasCall { openCall(in: target) } else { unstart(target) }
  }

  private mutating func unstart(_ target: Target) {
    ledger.visits[target.visit]?.state = .booked
  }

  private mutating func openCall(in target: Target) {
    var call = Call(id: named("cal_live"), state: .open, startedAt: now.wall)
    for (name, person) in [("spare", "per_spare")]
      + Column.allCases.map({ ("\($0)", $0.person.text) })
    {
      guard let id = PersonID(person) else { continue }
      call.requests.append(
        CallRequest(
          id: named("req_\(name)"), person: id, by: .system, state: .sent,
          until: now.instant + .minutes(1)))
    }
    ledger.visits[target.visit]?.call = call
    place("host", as: .staff, in: target, at: .call)
    place("waiting", as: .guest, in: target, at: .lobby)
    place("talking", as: .guest, in: target, at: .call)
    place("lost", as: .guest, in: target, at: .lobby)
    ledger.visits[target.visit]?.participants[3].connection = .reconnecting(
      until: now.instant + .seconds(9))
  }

  /// Puts somebody there, whether the rules would let them be there or not.
  private mutating func place(
    _ name: String, as role: Role, in target: Target, at place: Place, person: PersonID? = nil
  ) {
    let person = person ?? named("per_\(name)")
    var participant = Participant(
      Arrival(
        participant: named("par_\(name)"), person: person, role: role,
        kind: role == .guest ? .other : nil, identifiedBy: role == .staff ? .staff : .eID,
        invite: nil, mustWait: false), at: now.wall)
    if place == .call {
      participant.admission = Admission(ground: .admitted, by: .system, at: now.wall)
    }
    ledger.visits[target.visit]?.participants.append(participant)
    ledger.visits[target.visit]?.people[person] = PersonRecord(id: person, name: Redacted("Name"))
  }

  /// Who acts for a column from a place in the own visit. Staff has a session for the whole
  /// clinic, or for the own visit alone.
  mutating func actor(_ column: Column, from place: Place, forOneVisit: Bool = false) throws
    -> Actor
  {
    switch column {
    case .system: return .system
    case .backEnd: return .backEnd(Target.own.clinic, key: "key")
    default: break
    }
    guard let role = column.role else { return .system }
    var identity = Identity(
      clinic: Target.own.clinic, visit: column.isStaff && !forOneVisit ? nil : Target.own.visit,
      role: role, person: column.person, identifiedBy: column.isStaff ? .staff : .eID,
      name: Redacted("Name"))
    if column == .sameUnit { identity.units = [unit(of: .own)] }
    if column == .guest {
      identity = try ledger.identity(
        ofLink: named("inv_guest-own"), version: 1, stranger: named("per_stranger"), at: now.wall)
    }
    // They have been in the calls before, and can rate them.
    for target in Target.allCases {
      ledger.visits[target.visit]?.call?.attendees[column.person] = role
    }
    if place != .out {
      self.place("actor", as: role, in: .own, at: place, person: column.person)
      identity.participant = named("par_actor")
    }
    return .session(identity)
  }

  // MARK: What is asked for

  /// Whether a method wants a visit without a call.
  static func wantsNoCall(_ method: Method) -> Bool {
    switch method {
    // Taking over is for whoever may, except that during a call one has to be in it.
    case .visitStart, .visitCancel, .visitClose, .visitTakeover, .callStart: true
    default: false
    }
  }

  /// The commands by which somebody asks for a method; none where it is answered without one.
  func commands(for method: Method, in target: Target, by column: Column) -> [Command] {
    switch method {
    case .clinicCreate: [.createClinic(named("cli_new"), name: "Ny", settings: ClinicSettings())]
    case .clinicUpdate: [.changeSettings(target.clinic, ClinicSettings(rings: .seconds(7)))]
    case .directoryUpdate:
      [
        .changeDirectory(
          target.clinic, [.setUnit(DirectoryUnit(id: named("uni_new"), name: "Ny"))])
      ]
    case .visitCreate:
      [
        .createVisit(
          VisitDraft(
            id: named("vis_new"), clinic: target.clinic, type: "videobesök",
            responsible: column.role == nil
              ? PersonRecord(id: named("per_new"), name: Redacted("Ny")) : nil))
      ]
    default: visitCommands(for: method, in: target, by: column).map { .visit(target.visit, $0) }
    }
  }

  private func visitCommands(
    for method: Method, in target: Target, by column: Column
  ) -> [VisitCommand] {
    let spare: InviteID = named("inv_spare-\(target)")
    let waiting: ParticipantID = named("par_waiting")
    switch method {
    case .visitUpdate:
      var changes = VisitChanges()
      changes.description = Redacted("Mer")
      return [.update(changes)]
    case .visitStart: return [.start]
    case .visitCancel: return [.cancel]
    case .visitClose: return [.close]
    case .visitAddStaff: return [.addStaff(named("per_colleague"))]
    case .visitRemoveStaff: return [.removeStaff(named("per_extra"))]
    case .visitTakeover: return [.takeOver]
    case .inviteCreate:
      let guest = PersonRecord(
        id: named("per_new"), name: Redacted("Ny"), phone: Redacted("+46701234567"))
      let draft = InviteDraft(
        id: named("inv_new"), recipient: .person(guest, role: .guest, kind: .relative))
      return [.createInvite(draft), .createInvites([draft])]
    case .inviteResend: return [.resendInvite(spare)]
    case .inviteRevoke: return [.revokeInvite(spare)]
    case .inviteRotate: return [.rotateInvite(spare)]
    case .inviteOpened: return [.noteInvite(spare)]
    case .messageSettled:
      let messages = ledger.visits[target.visit]?.messages ?? []
      return messages.prefix(1).map { .settleMessage($0.id, .sent) }
    case .callStart: return [.startCall(named("cal_new"), as: named("par_new"))]
    case .callEnd: return [.endCall]
    case .callRequest: return [.requestCall(named("req_new"), named("per_absent"))]
    case .callWithdraw: return [.withdrawRequest(named("req_spare"))]
    case .callAccept: return [.answerRequest(named("req_\(column)"), accepted: true)]
    case .callDecline: return [.answerRequest(named("req_\(column)"), accepted: false)]
    case .callJoin: return [.join(as: named("par_new"))]
    case .callLeave: return [.leave]
    case .lobbyAdmit: return [.admit(waiting)]
    case .lobbyAdmitAll: return [.admitAll()]
    case .lobbyDeny: return [.deny(waiting)]
    case .participantHold: return [.hold(named("par_talking"))]
    case .participantRemove: return [.remove(waiting)]
    case .participantMute: return [.mute(named("par_talking"), true)]
    case .selfUpdate: return [.updateSelf(SelfUpdate(camera: true))]
    case .shareStart: return [.startSharing(.computer, audio: false)]
    case .shareStop: return [.stopSharing]
    case .chatSend: return [.chat(named("cht_new"), Redacted("Hej"))]
    case .feedbackSubmit: return [.submitFeedback(Feedback(.hadProblems(false)))]
    case .sessionLost: return [.disconnect(waiting)]
    case .sessionResumed: return [.reconnect(named("par_lost"))]
    case .deadline: return [.expire]
    case .clinicCreate, .clinicUpdate, .directoryUpdate, .directorySearch, .directoryTree,
      .visitList, .visitGet, .visitCreate, .inviteList, .inviteLink:
      return []
    }
  }
}
