import Primitives

extension VisitLedger {
  /// Who a link's holder is, once the secret has been checked against id and version.
  ///
  /// `stranger` is drawn fresh for the session: it is the person behind a general link, and the
  /// one behind a personal link that is in use already. Throws `invite_not_found`,
  /// `invite_revoked`, `invite_expired`, `invite_not_yet_valid`, `visit_closed`,
  /// `visit_cancelled`.
  public func identity(
    ofLink id: InviteID, version: Int64, stranger: PersonID, name: Redacted<String>? = nil,
    at time: WallTime
  ) throws(Refusal) -> Identity {
    guard let visit = visit(ofInvite: id), let invite = visit.invite(id) else {
      throw Refusal(.inviteNotFound)
    }
    try visit.requireOpen()
    try invite.requireValid(version: version, at: time)
    try requireTimely(visit, at: time)
    let link = Identity.Link(invite: id, version: version, stranger: stranger)
    switch invite.recipient {
    case .anybody:
      return Identity(
        clinic: visit.clinic, visit: visit.id, role: .guest, kind: .other, person: stranger,
        identifiedBy: .generalLink, link: link, name: name)
    case .person(let person, let role, let kind):
      return Identity(
        clinic: visit.clinic, visit: visit.id, role: role, kind: kind, person: person,
        identifiedBy: .personalLink, link: link, name: name)
    }
  }

  private func requireTimely(_ visit: Visit, at time: WallTime) throws(Refusal) {
    guard let settings = clinics[visit.clinic]?.settings else { return }
    guard visit.linksWork(at: time, settings: settings) else {
      throw Refusal(.inviteNotYetValid)
    }
  }
}

extension Visit {
  /// Whether the visit's links work as far as its time goes: where its type lets them work only
  /// from the start, it has been started or its time has come.
  func linksWork(at time: WallTime, settings: ClinicSettings) -> Bool {
    guard state == .booked, let scheduled, time < scheduled else { return true }
    return settings.visitType(type)?.linksWorkEarly ?? false
  }

  /// Throws `visit_closed` or `visit_cancelled`.
  func requireOpen() throws(Refusal) {
    switch state {
    case .booked, .ongoing: return
    case .closed: throw Refusal(.visitClosed)
    case .cancelled: throw Refusal(.visitCancelled)
    }
  }
}

extension Invite {
  /// Throws where the link does not work at `time`.
  func requireValid(version: Int64, at time: WallTime) throws(Refusal) {
    guard version == self.version else { throw Refusal(.inviteNotFound) }
    if isRevoked { throw Refusal(.inviteRevoked) }
    if let notBefore, time < notBefore { throw Refusal(.inviteNotYetValid) }
    if let expires, expires <= time { throw Refusal(.inviteExpired) }
  }
}
