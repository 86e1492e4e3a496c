import Primitives
import Visits

/// Which messages go out when: the unsettled ones of all visits, each until it has been taken,
/// refused, or tried for `Limits.deliveryLifetime`.
///
/// What one person gets by one channel about one visit goes out in order, one at a time, so that
/// nobody is told of a change before they have been invited. A message keeps its identifier at
/// every attempt, before and after a restart: it is the key by which a gateway that sees it twice
/// sends it once.
struct Outbox: Sendable {
  /// What is to be done about the first message of a line.
  enum Step: Equatable, Sendable {
    /// Try to send it; `handle` is told how that came out.
    case send(OutgoingMessage, of: VisitID)
    /// It is too old for that.
    case settle(OutgoingMessage, of: VisitID, OutgoingMessage.Outcome)
  }

  /// Everything for one person by one channel about one visit.
  private struct Address: Hashable, Sendable {
    var visit: VisitID
    var person: PersonID
    var channel: OutgoingMessage.Channel
  }

  private struct Line: Sendable {
    /// In the order in which they were queued; the first is the one that is tried.
    var messages: [OutgoingMessage]
    var failures = 0
  }

  /// When a line's first message is tried.
  private struct Appointment: Sendable {
    var due: Instant
    var message: MessageID
    var address: Address
  }

  private let channels: Set<OutgoingMessage.Channel>
  private let backoff = Backoff(first: .seconds(5), longest: .minutes(30))
  private var lines: [Address: Line] = [:]
  /// One for each line whose first message is not under way; the next stands last.
  private var appointments: [Appointment] = []
  private var underWay: [MessageID: Address] = [:]
  private var isClosed = false

  /// For messages by the given channels; others are not for us to send.
  init(channels: Set<OutgoingMessage.Channel>) { self.channels = channels }

  // MARK: What changes it

  /// Takes a message that is queued on disk.
  mutating func add(_ message: OutgoingMessage, of visit: VisitID, at now: Instant) {
    guard channels.contains(message.channel), !message.isSettled else { return }
    let address = Address(visit: visit, person: message.person, channel: message.channel)
    lines[address, default: Line(messages: [])].messages.append(message)
    if lines[address]?.messages.count == 1 { schedule(address, at: now) }
  }

  /// The next message that is due, until there is none or `Limits.deliveriesUnderWay` are out.
  mutating func next(at moment: Moment) -> Step? {
    guard !isFull, let next = appointments.last, next.due <= moment.instant,
      let message = lines[next.address]?.messages.first
    else { return nil }
    appointments.removeLast()
    guard message.queuedAt + Limits.deliveryLifetime > moment.wall else {
      advance(next.address, at: moment.instant)
      return .settle(message, of: next.address.visit, .failed(.unavailable))
    }
    underWay[message.id] = next.address
    return .send(message, of: next.address.visit)
  }

  /// Takes how an attempt came out; returns what became of the message, where that is known now.
  mutating func handle(
    _ outcome: DeliveryOutcome, of id: MessageID, at moment: Moment, random: inout RandomSource
  ) -> (visit: VisitID, outcome: OutgoingMessage.Outcome)? {
    guard let address = underWay.removeValue(forKey: id), let message = lines[address]?.messages[0]
    else { return nil }
    switch outcome {
    case .sent:
      advance(address, at: moment.instant)
      return (address.visit, .sent)
    case .refused:
      advance(address, at: moment.instant)
      return (address.visit, .failed(.rejected))
    case .deferred(_, let notBefore):
      let failures = (lines[address]?.failures ?? 0) + 1
      let wait = max(
        backoff.wait(afterFailures: failures, random: &random), notBefore ?? .zero)
      guard message.queuedAt + Limits.deliveryLifetime > moment.wall + wait else {
        advance(address, at: moment.instant)
        return (address.visit, .failed(.unavailable))
      }
      lines[address]?.failures = failures
      schedule(address, at: moment.instant + wait)
      return nil
    }
  }

  /// The message that `next` gave is not to go out after all.
  mutating func drop(_ id: MessageID, at now: Instant) {
    if let address = underWay.removeValue(forKey: id) { advance(address, at: now) }
  }

  /// Lets nothing more out.
  mutating func close() { isClosed = true }

  private mutating func advance(_ address: Address, at now: Instant) {
    lines[address]?.messages.removeFirst()
    lines[address]?.failures = 0
    if lines[address]?.messages.isEmpty == true {
      lines[address] = nil
    } else {
      schedule(address, at: now)
    }
  }

  private mutating func schedule(_ address: Address, at due: Instant) {
    guard let message = lines[address]?.messages.first?.id else { return }
    // By identifier where the time is the same, so that the order does not depend on a hash.
    var (low, high) = (0, appointments.count)
    while low < high {
      let middle = (low + high) / 2
      let other = appointments[middle]
      if (other.due, other.message) > (due, message) { low = middle + 1 } else { high = middle }
    }
    appointments.insert(Appointment(due: due, message: message, address: address), at: low)
  }

  // MARK: What reads it

  /// When `next` is to be asked again; nil while so many are out that it has to wait for them.
  var nextDeadline: Instant? { isFull ? nil : appointments.last?.due }

  /// How many messages wait or are under way.
  var count: Int { lines.values.reduce(0) { $0 + $1.messages.count } }

  /// How many are under way.
  var countUnderWay: Int { underWay.count }

  private var isFull: Bool { isClosed || underWay.count >= Limits.deliveriesUnderWay }
}
