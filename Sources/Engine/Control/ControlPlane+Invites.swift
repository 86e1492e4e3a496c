import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Carries out what is asked for about links.
  mutating func carry(
    _ action: InviteAction, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    switch action {
    case .create(let visit, let recipients, let agreed):
      try createInvites(
        recipients, in: try choose(visit, for: session), agreedWithPatient: agreed,
        from: session, reply: reply)
    case .list(let visit):
      let visit = try require(.inviteList, in: try choose(visit, for: session), by: session)
      guard let state = sessions[session] else { return }
      let personal = visit.invites.filter(\.isPersonal)
      let described = personal.map { describe($0, in: visit, for: .person(state.identity)) }
      sendResult(["invites": .array(described)], to: reply)
    case .resend(let invite):
      try request(.resendInvite(invite), about: invite, from: session, as: reply)
    case .revoke(let invite):
      try request(.revokeInvite(invite), about: invite, from: session, as: reply)
    case .link(let visit, let action):
      try changeLink(action, in: try choose(visit, for: session), from: session, reply: reply)
    }
  }

  /// The visit, where the session's person may do this in it.
  func require(
    _ method: Method, in visit: VisitID, by session: SessionID
  ) throws(SignalingError) -> Visit {
    guard let identity = sessions[session]?.identity, let scene = journal.scene(of: visit) else {
      throw SignalingError(Refusal(.visitNotFound))
    }
    do {
      try journal.decided.require(method, in: visit, by: identity)
    } catch {
      throw SignalingError(error)
    }
    return scene.visit
  }

  // MARK: Personal links

  private mutating func createInvites(
    _ recipients: [InviteAction.Recipient], in visit: VisitID, agreedWithPatient: Bool,
    from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    guard let identity = sessions[session]?.identity else { return }
    var (outcomes, drafts) = draftInvites(recipients, agreedWithPatient: agreedWithPatient)
    let refusals: [Int: Refusal]
    do {
      refusals = try journal.decided.refusals(
        of: drafts.map(\.draft), in: visit, by: .session(identity), at: moment)
    } catch {
      throw SignalingError(error)
    }
    for (index, refusal) in refusals {
      outcomes[drafts[index].index] = .refused(
        reason: refusal.reason.rawValue, field: refusal.field)
    }
    let possible = drafts.indices.filter { refusals[$0] == nil }.map { drafts[$0].draft }
    var reply = reply
    reply.answer = .invites(outcomes, visit)
    try request(.createInvites(possible), in: visit, from: session, as: reply)
  }

  /// A draft for each recipient whose addresses are some.
  mutating func draftInvites(
    _ recipients: [InviteAction.Recipient], agreedWithPatient: Bool
  ) -> (outcomes: [InviteOutcome], drafts: [(index: Int, draft: InviteDraft)]) {
    var outcomes: [InviteOutcome] = []
    var drafts: [(index: Int, draft: InviteDraft)] = []
    for (index, recipient) in recipients.enumerated() {
      do {
        let draft = try InviteDraft(
          recipient, agreedWithPatient: agreedWithPatient, random: &random)
        outcomes.append(.accepted(draft.id))
        drafts.append((index, draft))
      } catch {
        outcomes.append(.refused(reason: error.reason.rawValue, field: error.field))
      }
    }
    return (outcomes, drafts)
  }

  /// A command about a link that is named by itself. One of another visit is not known here.
  private mutating func request(
    _ command: VisitCommand, about invite: InviteID, from session: SessionID,
    as reply: PendingReply
  ) throws(SignalingError) {
    let unknown = SignalingError(Refusal(.inviteNotFound, field: "invite"))
    guard let visit = journal.decided.visit(ofInvite: invite), let state = sessions[session],
      visit.clinic == state.identity.clinic,
      state.identity.visit == nil || state.identity.visit == visit.id
    else { throw unknown }
    try request(command, in: visit.id, from: session, as: reply)
  }

  // MARK: The general link

  private mutating func changeLink(
    _ action: InviteAction.LinkAction, in id: VisitID, from session: SessionID,
    reply: PendingReply
  ) throws(SignalingError) {
    let visit = try require(.inviteLink, in: id, by: session)
    let general = visit.invites.last { !$0.isPersonal && !$0.isRevoked }
    var reply = reply
    reply.answer = .generalLink(id)
    switch (action, general) {
    case (.get, .some), (.disable, nil): answer(reply, isDurable: true)
    case (.get, nil), (.rotate, nil):
      let draft = InviteDraft(id: InviteID(random: &random), recipient: .anybody)
      try request(.createInvite(draft), in: id, from: session, as: reply)
    case (.rotate, .some(let link)):
      try request(.rotateInvite(link.id), in: id, from: session, as: reply)
    case (.disable, .some(let link)):
      try request(.revokeInvite(link.id), in: id, from: session, as: reply)
    }
  }

  /// The address that a link has now; nil where it does not work.
  public func link(of invite: InviteID) -> String? {
    guard let visit = journal.decided.visit(ofInvite: invite), let link = visit.invite(invite),
      !link.isRevoked
    else { return nil }
    let secret = configuration.links.secret(of: invite, version: link.version)
    return "\(configuration.pages)/call#invite=\(secret)"
  }
}
