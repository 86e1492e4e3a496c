import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Decides a command, hands its events to the store, and says whether the reply waits.
  mutating func carryOut(
    _ command: Command, by actor: Actor, reply: PendingAnswer?
  ) throws(ControlRefusal) -> VisitJournal.Outcome {
    let before = command.visit.flatMap { journal.decided.visits[$0] }
    let outcome = try journal.decide(command, by: actor, at: moment, reply: reply)
    if !outcome.stored.isEmpty { emit(.append(outcome.stored)) }
    for event in outcome.stored {
      log(
        LogRecord(
          .info, "decided", ("type", event.payload["type"]?.string ?? ""),
          ("visit", event.visit?.text ?? ""), ("position", event.position)))
    }
    for event in outcome.events { note(event) }
    note(outcome, before: before)
    return outcome
  }

  /// A command without a session behind it.
  mutating func administer(_ command: Command) {
    do {
      _ = try carryOut(command, by: .system, reply: nil)
    } catch {
      log(LogRecord(.warning, "command_refused", ("reason", SignalingError(error).reason)))
    }
  }

  /// A command about a visit, from a session.
  mutating func request(
    _ command: VisitCommand, in visit: VisitID, from session: SessionID, as reply: PendingReply
  ) throws(SignalingError) {
    try request(.visit(visit, command), about: visit, from: session, as: reply)
  }

  /// A command from a session: answered now, or when it is on disk.
  mutating func request(
    _ command: Command, about visit: VisitID, from session: SessionID, as reply: PendingReply
  ) throws(SignalingError) {
    guard let identity = sessions[session]?.identity else { return }
    let outcome: VisitJournal.Outcome
    do {
      outcome = try carryOut(command, by: .session(identity), reply: .session(reply))
    } catch {
      throw SignalingError(error)
    }
    // A command that changes nothing is settled too: its reply may depend on the visit.
    touched.insert(visit)
    if outcome.waits {
      sessions[session]?.waiting += 1
    } else {
      answer(reply, isDurable: outcome.isDurable)
    }
  }

  /// An entry is on disk: what it gives holds from now on.
  mutating func complete(_ entry: VisitJournal.Entry) {
    for event in entry.events { touched.formUnion(event.visit.map { [$0] } ?? []) }
    if let (visit, fresh) = unwritten.removeValue(forKey: entry.position) {
      news[visit, default: VisitNews()].merge(fresh)
    }
    queueMessages(of: entry)
    switch entry.reply {
    case .session(let reply):
      sessions[reply.session]?.waiting -= 1
      answer(reply, isDurable: true)
    case .exchange(let reply): answer(reply, isDurable: true)
    case nil: break
    }
  }

  /// An entry could not be put on record, and what it gave has been undone.
  mutating func refuse(_ entry: VisitJournal.Entry) {
    for event in entry.events { touched.formUnion(event.visit.map { [$0] } ?? []) }
    unwritten[entry.position] = nil
    switch entry.reply {
    case .session(let reply):
      sessions[reply.session]?.waiting -= 1
      sendError(SignalingError(ControlRefusal.storageUnavailable), to: reply)
    case .exchange(let reply):
      if let mark = reply.mark { idempotencyKeys.forget(mark) }
      respond(APIProblem(SignalingError(ControlRefusal.storageUnavailable)), to: reply.exchange)
    case nil: break
    }
  }

  /// Remembers what cannot be read from the state afterwards: why somebody or a call is gone.
  private mutating func note(_ event: VisitEvent) {
    guard let visit = event.visit else { return }
    touched.insert(visit)
    switch event.change {
    case .departed(let participant, let reason):
      departures[participant] = reason
      attendances[visit]?.qualities[participant] = nil
    case .callEnded(let reason): endings[visit] = reason
    default: break
    }
  }
}

extension SignalingError {
  /// What a client is told about a command that was not carried out.
  init(_ refusal: ControlRefusal) {
    switch refusal {
    case .rules(let refusal): self.init(refusal)
    case .storageUnavailable:
      self.init(
        .unavailable, "storage_unavailable", message: "nothing can be put on record at the moment")
    }
  }
}

extension Command {
  /// The visit that it is about, where there is one already.
  fileprivate var visit: VisitID? { if case .visit(let id, _) = self { id } else { nil } }
}
