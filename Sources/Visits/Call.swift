import Primitives

/// The live meeting of one visit. An ended call is gone from the state: its events tell of it.
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

  /// The word for the state on the wire.
  public var stateName: String { state == .open ? "open" : "waiting_for_staff" }
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
