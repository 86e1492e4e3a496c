import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Carries out what a back end asks for about links into a visit.
  mutating func carryInvite(_ call: APICall) throws(APIProblem) {
    let visit = try ownVisit(of: call)
    switch call.operation {
    case .listInvites:
      let invites = visit.invites.filter(\.isPersonal).map {
        describe($0, in: visit, for: .backEnd)
      }
      respond(["invites": .array(invites)], to: call.exchange)
    case .createInvites: try createInvites(in: visit, for: call)
    case .resendInvite:
      let invite = try invite(of: call, in: visit)
      try requestOnce(
        .visit(visit.id, .resendInvite(invite)), for: call, answer: .invite(invite, visit.id))
    case .revokeInvite:
      let invite = try invite(of: call, in: visit)
      try request(
        .visit(visit.id, .revokeInvite(invite)), for: call, answer: .invite(invite, visit.id))
    default: try carryGeneralLink(of: visit, call)
    }
  }

  /// The personal link in the path. One of another visit is not there.
  private func invite(of call: APICall, in visit: Visit) throws(APIProblem) -> InviteID {
    let id = try call.identifier(1, InviteID.self, orElse: .notFound("invite"))
    guard visit.invite(id)?.isPersonal == true else {
      throw APIProblem.notFound("invite")
    }
    return id
  }

  /// Makes a link for each recipient for whom it can be made. Those that the same request has made
  /// before are there already.
  private mutating func createInvites(in visit: Visit, for call: APICall) throws(APIProblem) {
    let body = try call.request.object()
    let (source, mark) = try idempotentSource(for: call, body)
    var outcomes: [InviteOutcome]
    let drafts: [(index: Int, draft: InviteDraft)]
    do throws(SignalingError) {
      guard
        case .invite(.create(_, let recipients, let agreed)) = try Request(
          .inviteCreate, params: body)
      else { return }
      (outcomes, drafts) = try drawing(from: source) { plane throws(SignalingError) in
        plane.draftInvites(recipients, agreedWithPatient: agreed)
      }
    } catch {
      throw APIProblem(error)
    }
    let fresh = drafts.filter { visit.invite($0.draft.id) == nil }
    guard !fresh.contains(where: { journal.decided.visit(ofInvite: $0.draft.id) != nil }) else {
      throw Self.underWay
    }
    let refusals: [Int: Refusal]
    do {
      refusals = try journal.decided.refusals(
        of: fresh.map(\.draft), in: visit.id, by: call.actor, at: moment)
    } catch {
      throw APIProblem(ControlRefusal.rules(error))
    }
    for (index, refusal) in refusals {
      outcomes[fresh[index].index] = .refused(
        reason: refusal.reason.rawValue, field: refusal.field)
    }
    let possible = fresh.indices.filter { refusals[$0] == nil }.map { fresh[$0].draft }
    try request(
      .visit(visit.id, .createInvites(possible)), for: call,
      answer: .invites(outcomes, visit.id), mark: mark)
  }

  private mutating func carryGeneralLink(
    of visit: Visit, _ call: APICall
  ) throws(APIProblem) {
    let general = visit.invites.last { !$0.isPersonal && !$0.isRevoked }
    let answer = PendingExchange.Answer.generalLink(visit.id)
    switch (call.operation, general) {
    case (.makeGeneralLink, nil):
      let draft = InviteDraft(id: InviteID(random: &random), recipient: .anybody)
      try requestOnce(.visit(visit.id, .createInvite(draft)), for: call, answer: answer)
    case (.makeGeneralLink, let link?):
      try requestOnce(.visit(visit.id, .rotateInvite(link.id)), for: call, answer: answer)
    case (.disableGeneralLink, let link?):
      try request(.visit(visit.id, .revokeInvite(link.id)), for: call, answer: answer)
    default:
      self.answer(PendingExchange(exchange: call.exchange, answer: answer), isDurable: true)
    }
  }

  // MARK: The call

  /// Shows a visit's call, or ends it for all.
  mutating func carryCall(_ call: APICall) throws(APIProblem) {
    let visit = try ownVisit(of: call)
    guard call.operation == .endCall else {
      return respond(["call": describeCall(of: visit.id)], to: call.exchange)
    }
    try request(.visit(visit.id, .endCall), for: call, answer: .call(visit.id))
  }

  /// How a call stands; who is in it is for those who are. Null where there is none.
  func describeCall(of visit: VisitID) -> JSON {
    guard let call = journal.scene(of: visit)?.call else { return .null }
    var endsAt: WallTime?
    if case .waitingForStaff(_, let time) = call.state { endsAt = time }
    return .compact([
      "id": .string(call.id.text), "state": .string(call.stateName),
      "started": .integer(call.startedAt.milliseconds),
      "ends_at": endsAt.map { .integer($0.milliseconds) },
    ])
  }
}
