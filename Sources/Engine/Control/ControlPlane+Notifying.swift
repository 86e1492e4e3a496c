import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// A snapshot is about to tell the client everything, so that nothing is left for notifications.
  mutating func showAll(_ session: SessionID) {
    if let visit = sessions[session]?.visit { renewRosters(of: visit) }
    let view = view(of: session)
    sessions[session]?.shown = view
    let visit = describeVisit(of: session)
    sessions[session]?.shownVisit = visit
  }

  /// Tells a viewer's client who sits where.
  mutating func notifySeats(_ changes: [Seating.Change], of viewer: PeerNumber) {
    guard !changes.isEmpty, let peer = peers[viewer], let session = sessionID(of: peer) else {
      return
    }
    notify(session, .seatsChanged, ["seats": .array(changes.map(\.json))])
  }

  /// Numbers a notification, and sends it where there is a connection.
  mutating func notify(_ session: SessionID, _ method: SignalingNotification, _ params: JSON) {
    guard let text = sessions[session]?.signaling.notify(method.rawValue, params) else { return }
    if let connection = sessions[session]?.signaling.connection { emit(.send(connection, text)) }
  }

  /// Tells a client what has changed in its view.
  mutating func settleSession(
    _ session: SessionID, _ visit: VisitID, _ known: inout RosterChanges
  ) {
    guard let state = sessions[session] else { return }
    let old = state.shown
    if let participant = state.identity.participant,
      journal.scene(of: visit)?.participant(participant) == nil,
      journal.decided.visits[visit]?.participant(participant) == nil
    {
      sessions[session]?.identity.participant = nil
      watchExpiry(of: session)
    }
    let new = view(of: session)
    sessions[session]?.shown = new
    guard new != old else { return }
    if old.place == .call, new.place != .call { sessions[session]?.signaling.forgetMissed() }
    if old.place != new.place {
      // One sees more of the visit, or less, from another place.
      let described = describeVisit(of: session)
      sessions[session]?.shownVisit = described
      notifyMove(session, from: old, to: new, visit)
    } else if new.place == .call {
      if old.roster != new.roster {
        notifyRoster(session, known.change(from: old.roster, to: new.roster), you: new.participant)
      }
      notifyChat(session, from: old, to: new)
      if old.waiting != new.waiting, let waiting = new.waiting {
        notify(session, .lobbyChanged, ["waiting": .array(waiting.map(\.json))])
      }
      if old.speakers != new.speakers {
        let speakers = new.speakers.map { JSON.string($0.text) }
        notify(session, .speakersChanged, ["participants": .array(speakers)])
      }
    }
    if old.place == new.place { notifyCall(session, from: old, to: new, visit) }
    if old.place != .out, new.place == .out,
      let reason = old.participant.flatMap({ departures[$0] })
    {
      endStay(of: session, because: reason, in: visit)
    } else if old.place == .out, new.place == .out, old.call != nil, new.call == nil {
      endAbsence(of: session, in: visit)
    }
  }

  /// The person was let in, sent back, or is out.
  private mutating func notifyMove(
    _ session: SessionID, from old: CallView, to new: CallView, _ visit: VisitID
  ) {
    switch new.place {
    case .call:
      notify(
        session, .lobbyStatus,
        .compact([
          "status": "admitted", "visit": describeVisit(of: session),
          "snapshot": describeSnapshot(session),
        ]))
    case .lobby:
      notify(
        session, .lobbyStatus,
        .compact([
          "status": old.place == .call ? "held" : "waiting",
          "reason": new.held.map { .string($0.rawValue) },
        ]))
    case .out:
      switch old.participant.flatMap({ departures[$0] }) {
      case .denied: notify(session, .lobbyStatus, ["status": "denied"])
      case .removed, .revoked: notify(session, .lobbyStatus, ["status": "removed"])
      case .callEnded:
        notifyEnd(of: visit, session, new)
      case .visitClosed, .left, .lost, nil: break
      }
    }
  }

  private mutating func notifyRoster(
    _ session: SessionID, _ change: RosterChange, you: ParticipantID?
  ) {
    for id in change.left {
      let reason = departures[id]?.rawValue ?? "held"
      notify(
        session, .participantLeft, ["participant": .string(id.text), "reason": .string(reason)])
    }
    for (before, now) in change.news {
      if let before {
        notifyChange(session, from: before, to: now, you: you)
      } else {
        notify(session, .participantJoined, ["participant": now.json(you: you)])
      }
    }
  }

  /// What has changed about one person: shared screens and the connection's quality are told by
  /// themselves.
  private mutating func notifyChange(
    _ session: SessionID, from old: Roster.Member, to new: Roster.Member, you: ParticipantID?
  ) {
    var known = old
    (known.sharing, known.quality) = (new.sharing, new.quality)
    if known != new {
      notify(session, .participantChanged, ["participant": new.json(you: you)])
    }
    if old.sharing != new.sharing {
      notify(
        session, .shareChanged,
        [
          "participant": .string(new.id.text), "sharing": .bool(new.sharing != nil),
          "audio": .bool(new.sharing?.audio ?? false),
        ])
    }
    if old.quality != new.quality, let quality = new.quality {
      notify(
        session, .qualityChanged,
        ["participant": .string(new.id.text), "quality": .string(quality.rawValue)])
    }
  }

  /// What has been said since. Whoever comes in has been told nothing yet, and gets nothing older.
  private mutating func notifyChat(
    _ session: SessionID, from old: CallView, to new: CallView
  ) {
    guard old.chat != new.chat else { return }
    let known = Set(old.chat)
    for message in messages(of: session) where !known.contains(message.id) {
      notify(session, .chatMessage, describe(message, for: new))
    }
  }

  /// The call itself has begun, ended or waits; requests have been made or answered.
  private mutating func notifyCall(
    _ session: SessionID, from old: CallView, to new: CallView, _ visit: VisitID
  ) {
    if old.call != new.call {
      if let call = new.call {
        if let endsAt = call.endsAt {
          notify(session, .callWaitingForStaff, ["ends_at": .integer(endsAt.milliseconds)])
        } else {
          notify(session, .callStarted, ["call": call.json(place: nil)])
        }
      } else {
        notifyEnd(of: visit, session, new)
      }
    }
    guard let told = journal.decided.visits[visit] else { return }
    for request in new.requests {
      let before = old.requests.first { $0.id == request.id }?.state
      guard before != request.state else { continue }
      if request.state == .sent {
        guard new.place != .call, sessions[session]?.identity.person == request.person else {
          continue
        }
        notify(session, .callRequested, describe(request, in: told))
      } else if before != nil {
        notify(session, .callAnswered, describeAnswer(to: request, in: told))
      }
    }
  }

  /// The call is over; who may rate it is told how.
  private mutating func notifyEnd(of visit: VisitID, _ session: SessionID, _ view: CallView) {
    notify(
      session, .callEnded,
      .compact([
        "reason": .string(endReason(of: visit)), "rating": view.rating.map(\.json),
      ]))
  }

  private func endReason(of visit: VisitID) -> String {
    (endings[visit] ?? .noStaff).rawValue
  }
}
