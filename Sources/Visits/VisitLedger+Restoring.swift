import Primitives

/// Why a log cannot be replayed.
public struct RestoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The place in the log.
  public var position: UInt64
  /// What is wrong there.
  public var reason: String

  /// The reason with its place.
  public var description: String { "event \(position): \(reason)" }
}

extension VisitLedger {
  /// Rebuilds the state from the log. Everybody who was in a lobby or a call counts as lost from
  /// now on and has `Limits.resumeWindow` to come back; deadlines start anew.
  ///
  /// Events that leave no trace (`spentEvents`) can be left out. A log out of order, with an event
  /// that cannot be read, or with one that contradicts those before it is refused as a whole: half
  /// a state could let somebody in.
  public init(restoring log: [StoredEvent], at now: Moment) throws(RestoreError) {
    self.init()
    var last: UInt64 = 0
    for stored in log {
      guard stored.position > last else {
        throw RestoreError(position: stored.position, reason: "is out of order")
      }
      last = stored.position
      let event: VisitEvent
      do {
        event = try VisitEvent(stored, instant: now.instant)
      } catch {
        throw RestoreError(position: stored.position, reason: error.reason)
      }
      if let contradiction = contradiction(to: event) {
        throw RestoreError(position: stored.position, reason: contradiction)
      }
      apply(event)
    }
    for id in visits.keys { visits[id]?.resume(at: now) }
    if let problem = problems().first {
      throw RestoreError(position: last, reason: problem)
    }
  }
}

extension Visit {
  /// The process has been away: nobody's session is there, a call without staff gets its whole
  /// time again, and what is left of the time for ratings follows from the civil clock.
  fileprivate mutating func resume(at now: Moment) {
    for index in participants.indices {
      participants[index].connection = .reconnecting(until: now.instant + Limits.resumeWindow)
    }
    if case .waitingForStaff(let until, _)? = call?.state {
      call?.state = .waitingForStaff(until: until, endsAt: now.wall + (until - now.instant))
    }
    for index in pastCalls.indices {
      let passed = max(0, now.wall.milliseconds &- pastCalls[index].endedAt.milliseconds)
      let left = Limits.ratingWindow - .milliseconds(Int(passed))
      pastCalls[index].ratableUntil = now.instant + max(.zero, left)
    }
  }
}
