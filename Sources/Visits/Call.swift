import Primitives

/// The live meeting of one visit. An ended one is a `PastCall`.
public struct Call: Equatable, Sendable {
  /// How the call stands.
  public enum State: Equatable, Sendable {
    /// Staff is in it.
    case open
    /// The last member of staff is gone: nobody is let in, and at the deadline it ends.
    case waitingForStaff(until: Instant, endsAt: WallTime)
  }

  /// The call's identifier.
  public let id: CallID
  /// How the call stands.
  public var state: State
  /// When staff started it.
  public let startedAt: WallTime
  /// Who was rung, in order; at most `Limits.requestsPerCall`.
  public var requests: [CallRequest] = []
  /// Who has been in it and may come to rate it: staff, patient and proxies.
  public var attendees: [PersonID: Role] = [:]
  /// The ratings of those who left before it ended.
  public var feedback: [PersonID: Feedback] = [:]
  /// The chat, oldest first: what somebody who is in the call still has, at most
  /// `Limits.chatMessagesPerCall`. Not kept.
  public var messages: [ChatMessage] = []

  /// The word for the state on the wire.
  public var stateName: String { state == .open ? "open" : "waiting_for_staff" }
}

/// What stays of a call that has ended.
public struct PastCall: Equatable, Sendable {
  /// The call's identifier.
  public let id: CallID
  /// When staff started it.
  public let startedAt: WallTime
  /// When it ended.
  public let endedAt: WallTime
  /// Why it ended.
  public let reason: CallEnd
  /// Who was in it and may rate it: staff, patient and proxies.
  public let attendees: [PersonID: Role]
  /// The ratings.
  public internal(set) var feedback: [PersonID: Feedback]
  /// Until when it can be rated, exclusive.
  public internal(set) var ratableUntil: Instant

  init(_ call: Call, _ reason: CallEnd, at moment: Moment) {
    id = call.id
    startedAt = call.startedAt
    endedAt = moment.wall
    self.reason = reason
    attendees = call.attendees
    feedback = call.feedback
    ratableUntil = moment.instant + Limits.ratingWindow
  }
}

/// Why a call ended.
public enum CallEnd: String, Sendable, CaseIterable {
  /// Staff ended it for all.
  case endedByStaff = "ended_by_staff"
  /// No staff came back in the clinic's time.
  case noStaff = "no_staff"
}

/// The ringing at one patient or proxy.
public struct CallRequest: Equatable, Sendable {
  /// How it stands, and how it came out.
  public enum State: String, Sendable, CaseIterable {
    /// It rings.
    case sent
    /// The person comes.
    case accepted
    /// The person does not come.
    case declined
    /// Nobody answered.
    case timedOut = "timed_out"
    /// Staff stopped ringing, or the call ended.
    case withdrawn
  }

  /// The request's identifier.
  public let id: CallRequestID
  /// Who is rung.
  public let person: PersonID
  /// Who rings.
  public let by: Author
  /// How it stands.
  public var state: State
  /// When it stops ringing, while it rings.
  public let until: Instant
}
