import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Decides a command, hands its events to the store, and says whether the reply waits.
  mutating func carryOut(
    _ command: Command, by actor: Actor, reply: PendingAnswer?
  ) throws(ControlRefusal) -> VisitJournal.Outcome {
    let outcome = try journal.decide(command, by: actor, at: moment, reply: reply)
    if !outcome.stored.isEmpty { emit(.append(outcome.stored)) }
    for event in outcome.stored {
      log(
        LogRecord(
          .info, "decided", ("type", event.payload["type"]?.string ?? ""),
          ("visit", event.visit?.text ?? ""), ("position", event.position)))
    }
    for event in outcome.events { note(event) }
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

  /// A command from a session: answered now, or when it is on disk.
  mutating func request(
    _ command: VisitCommand, in visit: VisitID, from session: SessionID, as reply: PendingReply
  ) throws(SignalingError) {
    guard let identity = sessions[session]?.identity else { return }
    let outcome: VisitJournal.Outcome
    do {
      outcome = try carryOut(.visit(visit, command), by: .session(identity), reply: .session(reply))
    } catch {
      throw SignalingError(error)
    }
    // A command that changes nothing is settled too: its reply may depend on the visit.
    touched.insert(visit)
    if !outcome.waits { answer(reply, isDurable: outcome.isDurable) }
  }

  /// An entry is on disk: what it gives holds from now on.
  mutating func complete(_ entry: VisitJournal.Entry) {
    for event in entry.events { touched.formUnion(event.visit.map { [$0] } ?? []) }
    switch entry.reply {
    case .session(let reply): answer(reply, isDurable: true)
    case .exchange(let reply): answer(reply, isDurable: true)
    case nil: break
    }
  }

  /// An entry could not be put on record, and what it gave has been undone.
  mutating func refuse(_ entry: VisitJournal.Entry) {
    for event in entry.events { touched.formUnion(event.visit.map { [$0] } ?? []) }
    switch entry.reply {
    case .session(let reply):
      sendError(SignalingError(ControlRefusal.storageUnavailable), to: reply)
    case .exchange(let reply):
      respond(APIProblem(SignalingError(ControlRefusal.storageUnavailable)), to: reply.exchange)
    case nil: break
    }
  }

  /// Remembers what cannot be read from the state afterwards: why somebody or a call is gone.
  private mutating func note(_ event: VisitEvent) {
    guard let visit = event.visit else { return }
    touched.insert(visit)
    switch event.change {
    case .departed(let participant, let reason): departures[participant] = reason
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
