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
}

extension Visit {
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
