import Primitives

extension VisitLedger {
  /// The positions of events of one visit that leave no trace in its state: who came and went, was
  /// muted or rung, and is not in it any more. Without them the state is the very same, which is
  /// not argued but tried: the visit is rebuilt with and without them, and compared.
  ///
  /// `log` has all events of the visit that are still replayed. Throws where it cannot be.
  public static func spentEvents(in log: [StoredEvent]) throws(RestoreError) -> [UInt64] {
    let replay = try VisitReplay(log)
    let whole = replay.state(without: [])
    precondition(whole != nil, "a log contradicts itself")
    var spent: Set<UInt64> = []
    // Halves of what still has a trace are tried by themselves, down to single groups. What is not
    // tried is replayed: that takes time, and is never wrong.
    var untried = [replay.groups[...]]
    var budget = Limits.eventsReplayedToFindSpent
    while budget > 0, let groups = untried.popLast() {
      budget -= log.count
      let attempt = spent.union(groups.joined())
      if replay.state(without: attempt) == whole {
        spent = attempt
      } else if groups.count > 1 {
        let middle = groups.startIndex + groups.count / 2
        untried += [groups[..<middle], groups[middle...]]
      }
    }
    return spent.sorted()
  }
}

/// The events of one visit, ready to be applied again and again.
private struct VisitReplay {
  private let beginning: VisitLedger
  private let events: [(position: UInt64, event: VisitEvent)]
  /// Positions of events that belong together: about one participant, or one part of their stay;
  /// one request; what was known about one person before the newest.
  let groups: [[UInt64]]

  init(_ log: [StoredEvent]) throws(RestoreError) {
    var ledger = VisitLedger()
    var events: [(position: UInt64, event: VisitEvent)] = []
    var rehearsal: VisitLedger?
    for stored in log {
      let event: VisitEvent
      do {
        event = try VisitEvent(stored, instant: .origin)
      } catch {
        throw RestoreError(position: stored.position, reason: error.reason)
      }
      if case .visitCreated(let record) = event.change {
        ledger.clinics[record.clinic] = Clinic(
          id: record.clinic, name: "", settings: ClinicSettings())
        rehearsal = ledger
      }
      if let contradiction = (rehearsal ?? ledger).contradiction(to: event) {
        throw RestoreError(position: stored.position, reason: contradiction)
      }
      rehearsal?.apply(event)
      events.append((stored.position, event))
    }
    beginning = ledger
    self.events = events
    let people = rehearsal?.visits.values.first?.people.keys.map(\.text) ?? []
    groups = Self.groups(of: log, knowing: Set(people))
  }

  /// The state that the events lead to without some of them; nil where it cannot be.
  func state(without spent: Set<UInt64>) -> VisitLedger? {
    var ledger = beginning
    for (position, event) in events where !spent.contains(position) {
      guard ledger.contradiction(to: event) == nil else { return nil }
      ledger.apply(event)
    }
    return ledger
  }

  /// `people` are those whom the visit still knows. Whom it does not, a stranger by a link, goes
  /// together with what was known about them.
  private static func groups(of log: [StoredEvent], knowing people: Set<String>) -> [[UInt64]] {
    var groups: [String: [UInt64]] = [:]
    var newest: [String: UInt64] = [:]
    var strangers: [String: String] = [:]
    for stored in log {
      func add(to group: String?) {
        if let group { groups[group, default: []].append(stored.position) }
      }
      let type = stored.payload["type"]?.string
      let person = stored.payload["person"]?.string
      let participant = stored.payload["participant"]?.string
      if type == "participant.arrived", let person, let participant, !people.contains(person) {
        strangers[participant] = person
      }
      switch type {
      case "person.recorded":
        guard let person else { continue }
        if !people.contains(person) {
          add(to: person)
        } else if let before = newest.updateValue(stored.position, forKey: person) {
          groups[person + " before", default: []].append(before)
        }
      case "call.staff_lost", "call.staff_returned": add(to: "call without staff")
      case "participant.muted", "participant.unmuted":
        add(to: participant.map { strangers[$0] ?? $0 + " muted" })
      default:
        add(to: participant.map { strangers[$0] ?? $0 } ?? stored.payload["request"]?.string)
      }
    }
    // In the order of the log, so that a half is what came before, or since.
    return groups.values.sorted { $0[0] < $1[0] }
  }
}
