import Primitives
import Signaling
import Visits

/// What is told about visits to those who take no part in them at the moment: staff whom they
/// concern, and people who are being rung.
extension ControlPlane {
  /// A session that is for no visit in particular hears about all that concern its person.
  mutating func list(_ session: SessionID, _ identity: Identity) {
    guard identity.visit == nil else { return }
    listening[identity.clinic, default: Listening()].insert(session, identity)
  }

  /// The session hears nothing more.
  mutating func unlist(_ session: SessionID, _ identity: Identity) {
    guard identity.visit == nil else { return }
    listening[identity.clinic]?.remove(session, identity)
  }

  /// Takes up what a command has brought: told now, or when it is on disk.
  mutating func note(_ outcome: VisitJournal.Outcome, before: Visit?) {
    guard let id = outcome.events.lazy.compactMap(\.visit).first,
      let after = journal.decided.visits[id]
    else { return }
    let fresh = VisitNews(outcome.events, before: before, after: after)
    if outcome.waits, let position = outcome.stored.last?.position {
      unwritten[position] = (id, fresh)
    } else {
      news[id, default: VisitNews()].merge(fresh)
    }
  }

  /// Tells what has come since the last time.
  mutating func settleNews() {
    guard !news.isEmpty else { return }
    let fresh = news.sorted { $0.key < $1.key }
    news.removeAll(keepingCapacity: true)
    for (id, news) in fresh {
      guard let visit = journal.scene(of: id)?.visit else { continue }
      let audience = audience(of: visit).sorted()
      if news.isChanged { tellChanged(visit, audience) }
      for person in news.released { tellReleased(person, visit) }
      for request in news.answers { tell(request, of: visit, audience) }
      for invite in news.invites.sorted() { tellChanged(invite, of: visit, audience) }
      if let ending = news.ending { endSessions(of: id, because: ending) }
    }
  }

  /// The sessions of everybody whom the visit concerns.
  private func audience(of visit: Visit) -> Set<SessionID> {
    var sessions = Set(attendances[visit.id]?.sessions ?? [])
    guard let listening = listening[visit.clinic] else { return sessions }
    sessions.formUnion(listening.sessions(of: visit.booked.keys))
    if journal.decided.clinics[visit.clinic]?.settings.sameUnitMayJoin == true {
      sessions.formUnion(listening.sessions(in: visit.unit))
    }
    return sessions
  }

  private mutating func tellChanged(_ visit: Visit, _ audience: [SessionID]) {
    for session in audience {
      guard let state = sessions[session], let described = describe(visit, for: state) else {
        continue
      }
      // Who takes part was told how things stood: only what differs for them is news, and of the
      // call they hear by itself.
      if state.visit == visit.id {
        guard state.shownVisit?.omitting("call") != described.omitting("call") else { continue }
        sessions[session]?.shownVisit = described
      }
      notify(session, .visitChanged, ["visit": described])
    }
  }

  private mutating func tellReleased(_ person: PersonID, _ visit: Visit) {
    guard visit.booked[person] == nil else { return }
    for session in listening[visit.clinic]?.sessions(of: [person]).sorted() ?? [] {
      notify(
        session, .visitChanged, ["visit": ["id": .string(visit.id.text), "relation": "none"]])
    }
    for session in attendances[visit.id]?.sessions ?? []
    where sessions[session]?.identity.person == person {
      if sessions[session]?.identity.visit == visit.id { end(session, because: .revoked) }
    }
  }

  /// Rings the person's apps, and tells staff outside the call how it came out.
  private mutating func tell(
    _ request: CallRequestID, of visit: Visit, _ audience: [SessionID]
  ) {
    guard let request = visit.call?.requests.first(where: { $0.id == request }) else { return }
    for session in audience where sessions[session]?.visit != visit.id {
      guard let state = sessions[session] else { continue }
      if request.state == .sent, state.identity.person == request.person {
        sessions[session]?.rungIn = visit.id
        notify(session, .callRequested, describe(request, in: visit))
      } else if request.state != .sent {
        guard state.identity.role == .staff || state.identity.person == request.person else {
          continue
        }
        notify(session, .callAnswered, describeAnswer(to: request, in: visit))
      }
    }
  }

  private mutating func tellChanged(
    _ invite: InviteID, of visit: Visit, _ audience: [SessionID]
  ) {
    guard let invite = visit.invite(invite), invite.isPersonal else { return }
    for session in audience {
      guard let state = sessions[session], state.identity.role == .staff,
        (try? journal.decided.require(.inviteList, in: visit.id, by: state.identity)) != nil
      else { continue }
      let described = describe(invite, in: visit, for: .person(state.identity))
      notify(session, .inviteChanged, ["visit": .string(visit.id.text), "invite": described])
    }
  }
}

extension JSON {
  /// The object without one of its members.
  fileprivate func omitting(_ name: String) -> JSON? {
    members.map { .object($0.filter { $0.name != name }) }
  }
}
