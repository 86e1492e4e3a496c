import Primitives
import Signaling
import Visits

/// What one session's person may see of a visit at the moment: all of it, and nothing else.
///
/// Whoever waits in the lobby has a view that is empty but for what rings for that person, so there
/// is nothing else that could be sent to them.
struct CallView: Equatable, Sendable {
  /// A person in the lobby.
  struct Waiting: Equatable, Sendable {
    let id: ParticipantID
    var name: Redacted<String>?
    var role: Role
    var kind: GuestKind?
    var identifiedBy: Identification
    /// By which kind of link, or by a token.
    var enteredBy: String
    /// The link, where it was one.
    var invite: InviteID?
    var since: WallTime
    /// Why the person was sent back from the call; nil: was not.
    var held: HoldReason?
  }

  /// A call, in or outside of it.
  struct Summary: Equatable, Sendable {
    let id: CallID
    var state: String
    /// When it ends unless staff comes back.
    var endsAt: WallTime?
  }

  /// A call that can be rated.
  struct Rating: Equatable, Sendable {
    var scale: RatingScale
    /// Nil as long as the call goes on without the person.
    var until: WallTime?
  }

  /// Where the person is.
  var place = Place.out
  /// The participant that the person is.
  var participant: ParticipantID?
  /// The call, where it is the person's business.
  var call: Summary?
  /// Who is in the call.
  var roster = Roster()
  /// Who waits, in order of arrival; nil for whom that is no business of.
  var waiting: [Waiting]?
  /// Who is speaking, loudest first.
  var speakers: [ParticipantID] = []
  /// The chat, as far as the person has it.
  var chat: [ChatMessageID] = []
  /// Whether patients and proxies are shown without their names.
  var hidesPatients = false
  /// What may be rated, for who is not in the call.
  var rating: Rating?
  /// Why the person was sent back from the call; nil: was not.
  var held: HoldReason?
  /// Who was rung: everybody, for staff in the call; oneself, for patient and proxy.
  var requests: [CallRequest] = []
}

extension ControlPlane {
  /// What a session's person may see now; of the roster, what `renewRosters` has found last.
  func view(of session: SessionID) -> CallView {
    var view = CallView()
    guard let state = sessions[session], let visit = state.visit,
      let scene = journal.scene(of: visit)
    else { return view }
    let me = scene.participant(state.identity.participant)
    view.place = me?.place ?? .out
    view.participant = me?.id
    switch view.place {
    case .lobby:
      view.held = me?.heldBecause
      guard me?.role == .patient || me?.role == .proxy else { return view }
      view.requests = requests(of: scene, for: state)
    case .out:
      guard state.identity.role != .guest, !scene.visit.isStranger(state.identity) else {
        return view
      }
      view.call = summary(of: scene)
      view.requests = requests(of: scene, for: state)
      view.rating = rating(of: scene, for: state)
    case .call:
      view.call = summary(of: scene)
      let role = me?.role ?? state.identity.role
      view.roster = attendances[visit]?.rosters[role] ?? Roster()
      view.chat = me.map { scene.visit.chat(of: $0.id).map(\.id) } ?? []
      view.hidesPatients = role == .guest && !scene.clinic.settings.guestsSeePatientName
      view.speakers = (attendances[visit]?.speakers ?? []).compactMap { number in
        peers[number].flatMap { scene.place(of: $0.participant) == .call ? $0.participant : nil }
      }
      guard role == .staff else { return view }
      view.waiting = scene.lobby.map { waiting($0, in: scene) }
      view.requests = scene.call?.requests ?? []
    }
    return view
  }

  /// Who was rung, for somebody outside: oneself, and for staff with a right to the visit, all.
  private func requests(of scene: Scene, for session: ControlSession) -> [CallRequest] {
    let all = scene.call?.requests ?? []
    let identity = session.identity
    guard identity.role == .staff else { return all.filter { $0.person == identity.person } }
    return journal.decided.effectiveRelation(of: identity, to: scene.visit) == .none ? [] : all
  }

  /// What the person may rate, as long as the session can tell of it.
  private func rating(of scene: Scene, for session: ControlSession) -> CallView.Rating? {
    let (person, visit) = (session.identity.person, scene.visit)
    guard journal.decided.mayRate(session.identity, in: visit.id, at: moment.instant),
      let call = visit.ratableCall(of: person, at: moment.instant)
    else { return nil }
    let ended = visit.pastCalls.last { $0.id == call }?.endedAt
    return CallView.Rating(
      scale: scene.clinic.settings.ratingScale, until: ended.map { $0 + Limits.ratingWindow })
  }

  /// The messages that a session's person has, oldest first.
  func messages(of session: SessionID) -> [ChatMessage] {
    guard let state = sessions[session], let scene = state.visit.flatMap(journal.scene),
      let me = scene.participant(state.identity.participant)
    else { return [] }
    return scene.visit.chat(of: me.id)
  }

  private func summary(of scene: Scene) -> CallView.Summary? {
    guard let call = scene.call else { return nil }
    var summary = CallView.Summary(id: call.id, state: call.stateName)
    if case .waitingForStaff(_, let endsAt) = call.state { summary.endsAt = endsAt }
    return summary
  }

  private func waiting(_ participant: Participant, in scene: Scene) -> CallView.Waiting {
    let invite = participant.invite.flatMap(scene.visit.invite)
    return CallView.Waiting(
      id: participant.id,
      name: journal.decided.name(of: participant, in: scene.visit, for: .staff),
      role: participant.role, kind: participant.kind, identifiedBy: participant.identifiedBy,
      enteredBy: invite.map { $0.isPersonal ? "personal_link" : "general_link" } ?? "token",
      invite: invite?.id, since: participant.since, held: participant.heldBecause)
  }
}
