import Primitives
import Visits

/// Commit before effect: what has been decided, what of it is on disk, and what waits between.
///
/// Two ledgers are kept. `decided` has every event, so that each command is judged by all that
/// came before it. `durable` has only what the store has acknowledged. What people may do and see
/// is the lesser of the two: an admission counts when both have it, a removal when either has it.
/// So what gives access waits for the disk, and what takes it away does not.
struct VisitJournal: Sendable {
  /// A decided command on its way to the disk.
  struct Entry: Sendable {
    /// What was asked for, and by whom: decided anew where the store has failed.
    let command: Command
    /// Who asked.
    let actor: Actor
    /// What was decided.
    let events: [VisitEvent]
    /// On disk when the store has acknowledged this position.
    let position: UInt64
    /// Whether the effects wait for the disk.
    let givesAccess: Bool
    /// Who is answered when it is on disk; nil where the answer has been given.
    var reply: PendingAnswer?
    /// What its first durable event carries.
    var mark: RequestMark?
  }

  /// What follows from a command.
  struct Outcome: Sendable {
    /// What was decided.
    var events: [VisitEvent]
    /// For the store, in order.
    var stored: [StoredEvent]
    /// Whether the reply waits, and will be among those that `commit` or `fail` returns.
    var waits: Bool
    /// Whether all that was decided is on disk already, or needs no disk.
    var isDurable: Bool
  }

  /// All that has been decided.
  private(set) var decided: VisitLedger
  private var durable: VisitLedger
  /// Who is here, of every visit in which anybody is: kept up with each event, as one change in a
  /// visit is told to all who are in it, and everybody asks.
  private var presences: [VisitID: Presence] = [:]
  private var waiting: [Entry] = []
  private var nextPosition: UInt64
  private(set) var isFailing = false
  /// How often the store has failed.
  private(set) var failures = 0

  /// Rebuilds the state from the store's events; `last` is the position that the log ends with.
  init(
    restoring events: [StoredEvent], through last: UInt64, at now: Moment
  ) throws(RestoreError) {
    decided = try VisitLedger(restoring: events, at: now)
    durable = decided
    nextPosition = last + 1
    renewPresences(of: Set(decided.visits.keys))
  }

  // MARK: What changes it

  /// Decides a command. Throws a refusal, or `storage_unavailable` for what gives access while the
  /// store is failing.
  mutating func decide(
    _ command: Command, by actor: Actor, at moment: Moment, reply: PendingAnswer?
  ) throws(ControlRefusal) -> Outcome {
    let events: [VisitEvent]
    do {
      events = try decided.decide(command, by: actor, at: moment)
    } catch {
      throw .rules(error)
    }
    let givesAccess = events.contains(where: \.givesAccess)
    if isFailing && givesAccess { throw .storageUnavailable }
    for event in events { decided.apply(event) }
    let stored = number(events, mark: reply?.mark)
    guard !stored.isEmpty || !waiting.isEmpty else {
      for event in events { durable.apply(event) }
      renewPresences(of: Self.visits(in: events))
      return Outcome(events: events, stored: [], waits: false, isDurable: true)
    }
    renewPresences(of: Self.visits(in: events))
    // With nothing to do, what was asked for may still hold only by an entry before this one.
    let waits = givesAccess || (events.isEmpty && waiting.contains(where: \.givesAccess))
    waiting.append(
      Entry(
        command: command, actor: actor, events: events, position: nextPosition - 1,
        givesAccess: waits, reply: waits ? reply : nil, mark: reply?.mark))
    return Outcome(
      events: events, stored: isFailing ? [] : stored, waits: waits, isDurable: stored.isEmpty)
  }

  /// The store has everything up to `position`; returns the entries that this completes.
  mutating func commit(through position: UInt64) -> [Entry] {
    let count = waiting.prefix { $0.position <= position }.count
    let done = Array(waiting.prefix(count))
    waiting.removeFirst(count)
    for entry in done {
      for event in entry.events { durable.apply(event) }
    }
    renewPresences(of: Self.visits(in: done.flatMap(\.events)))
    return done
  }

  /// The store has nothing after what it acknowledged. What would have given access is undone and
  /// returned; the rest is decided again and kept for `retry`.
  mutating func fail(at moment: Moment) -> [Entry] {
    let (refused, kept) = (waiting.filter(\.givesAccess), waiting.filter { !$0.givesAccess })
    isFailing = true
    failures += 1
    rebuild(from: kept, at: moment)
    return refused
  }

  /// Time to try the store again; returns what to write.
  mutating func retry(at moment: Moment) -> [StoredEvent] {
    isFailing = false
    return rebuild(from: waiting, at: moment)
  }

  @discardableResult
  private mutating func rebuild(from kept: [Entry], at moment: Moment) -> [StoredEvent] {
    for entry in waiting { nextPosition -= UInt64(entry.events.count(where: \.isDurable)) }
    var touched = Self.visits(in: waiting.flatMap(\.events))
    decided = durable
    waiting = []
    var stored: [StoredEvent] = []
    for entry in kept {
      // Without what has been undone, there can be nothing left to take away.
      guard let events = try? decided.decide(entry.command, by: entry.actor, at: moment),
        !events.contains(where: \.givesAccess)
      else { continue }
      for event in events { decided.apply(event) }
      touched.formUnion(Self.visits(in: events))
      stored += number(events, mark: entry.mark)
      waiting.append(
        Entry(
          command: entry.command, actor: entry.actor, events: events, position: nextPosition - 1,
          givesAccess: false, mark: entry.mark))
    }
    renewPresences(of: touched)
    return stored
  }

  private static func visits(in events: [VisitEvent]) -> Set<VisitID> {
    Set(events.lazy.compactMap(\.visit))
  }

  private mutating func renewPresences(of visits: Set<VisitID>) {
    for id in visits {
      guard let visit = decided.visits[id], let kept = durable.visits[id],
        !visit.participants.isEmpty
      else {
        presences[id] = nil
        continue
      }
      presences[id] = Presence(visit.participants, keptAs: kept.participants)
    }
  }

  private mutating func number(_ events: [VisitEvent], mark: RequestMark?) -> [StoredEvent] {
    var stored: [StoredEvent] = []
    for event in events where event.isDurable {
      stored.append(event.stored(at: nextPosition))
      nextPosition += 1
    }
    if let mark, let first = stored.first {
      stored[0].payload = first.payload.with(StoredEvent.markName, .string(mark.text))
    }
    return stored
  }

  // MARK: What reads it

  /// Whether all that has been decided is on disk.
  var isSettled: Bool { waiting.isEmpty }

  /// Whether the disk has the visit in the version that has been decided.
  func isOnDisk(_ id: VisitID) -> Bool {
    waiting.isEmpty || decided.visits[id]?.version == durable.visits[id]?.version
  }

  /// A visit as it holds for people now; nil where there is none, or none yet.
  func scene(of id: VisitID) -> Scene? {
    guard let visit = decided.visits[id], let kept = durable.visits[id],
      let clinic = decided.clinics[visit.clinic]
    else { return nil }
    return Scene(
      visit, clinic: clinic, call: visit.call?.id == kept.call?.id ? visit.call : nil,
      presence: presences[id] ?? Presence())
  }
}

/// Why the control plane did not carry a command out.
enum ControlRefusal: Error, Equatable {
  /// The rules of visits say no.
  case rules(Refusal)
  /// It would give access, and nothing can be put on record.
  case storageUnavailable
}
