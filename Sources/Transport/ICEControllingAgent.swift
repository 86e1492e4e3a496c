import Primitives
import Wire

/// The controlling side of ICE towards an ICE-lite server (RFC 8445 section 2): checks its
/// candidates until one answers, nominates that one, and goes on checking it for consent.
///
/// A check is never sent twice: a lost one is followed by a fresh one, since a repeated
/// transaction id proves nothing to the other side once the path has changed.
struct ICEControllingAgent {
  private struct Check {
    var id: STUNTransactionID
    var candidate: NetworkAddress
  }

  private(set) var plan: TransportPlan
  private var candidates: [NetworkAddress]
  private var random: RandomSource
  private let tieBreaker: UInt64
  /// Checks without an answer, oldest first, at most `outstandingKept`.
  private var outstanding: [Check] = []
  private var interval = ICEControllingAgent.firstInterval
  private(set) var nextCheck: Instant
  private var hurriedUntil = Instant.origin
  /// The candidate that answered and is nominated.
  private(set) var selected: NetworkAddress?
  /// Whether `plan` has been answered: false after a restart.
  private var isConfirmed = false

  /// The first pause between rounds of checks; it doubles up to `weakInterval`.
  static let firstInterval = Duration.milliseconds(100)
  /// Between checks while nothing answers.
  static let weakInterval = Duration.milliseconds(500)
  /// Between checks of a pair that answers.
  static let keepAliveInterval = Duration.milliseconds(2_500)
  /// Silence after which the pair counts as weak.
  static let weakAfter = Duration.seconds(3)
  /// How long checks come fast after our address has changed.
  static let hurryDuration = Duration.seconds(2)
  private static let outstandingKept = 32
  /// A host candidate of the one component (RFC 8445 section 5.1.2): 126 << 24 | 65535 << 8 | 255.
  private static let priority: UInt32 = 2_130_706_431

  init(
    plan: TransportPlan, candidates: [NetworkAddress], random: RandomSource, now: Instant
  ) {
    precondition(!candidates.isEmpty, "nothing to check")
    self.plan = plan
    self.candidates = candidates
    self.random = random
    tieBreaker = self.random.next()
    nextCheck = now
  }

  /// Takes new credentials and candidates; packets go on to the selected candidate meanwhile.
  mutating func restart(_ plan: TransportPlan, candidates: [NetworkAddress], now: Instant) {
    self.plan = plan
    self.candidates = candidates
    isConfirmed = false
    outstanding = []
    interval = Self.firstInterval
    nextCheck = now
  }

  /// Makes the next check due at once, and those after it come fast: our address has changed.
  mutating func hurry(now: Instant) {
    nextCheck = min(nextCheck, now)
    hurriedUntil = now + Self.hurryDuration
  }

  /// The checks that are due, with where each goes. `silence` is the time since anything
  /// authenticated came.
  mutating func takeChecks(silence: Duration, now: Instant) -> [([UInt8], NetworkAddress)] {
    guard nextCheck <= now else { return [] }
    if isConfirmed, silence < Self.weakAfter, let selected {
      nextCheck = now + (now < hurriedUntil ? Self.weakInterval : Self.keepAliveInterval)
      return [makeCheck(of: selected, nominates: true)]
    }
    nextCheck = now + interval
    interval = min(interval * 2, Self.weakInterval)
    let selected = isConfirmed ? selected : nil
    return candidates.map { makeCheck(of: $0, nominates: $0 == selected) }
  }

  /// Takes what claims to be the answer to a check; true where it selected another candidate.
  /// Throws, and has changed nothing, where it is not the server's answer.
  mutating func receiveAnswer(
    _ bytes: RawSpan, from address: NetworkAddress, silence: Duration, now: Instant
  ) throws(TransportDrop) -> Bool {
    guard let answer = try? STUNMessage(parsing: bytes) else { throw .malformedSTUN }
    guard answer.messageClass == .success || answer.messageClass == .error,
      let index = outstanding.firstIndex(where: {
        $0.id == answer.transactionID && $0.candidate == address
      })
    else { throw .unexpectedSTUN }
    guard answer.hasFingerprint else { throw .wrongFingerprint }
    try BindingMessages.authenticate(answer, in: bytes, password: plan.remote.password)
    outstanding.remove(at: index)
    guard answer.messageClass == .success else { throw .refusedCheck }
    let isNew = !isConfirmed || (selected != address && silence >= Self.weakAfter)
    guard isNew else { return false }
    isConfirmed = true
    selected = address
    interval = Self.firstInterval
    nextCheck = now
    return true
  }

  /// The response to a check that the other side makes itself, as some agents do that call
  /// themselves ICE-lite (RFC 8445 section 7.3); nil where the datagram is no request. Throws where
  /// it is not the server's.
  func answer(
    _ bytes: RawSpan, from address: NetworkAddress
  ) throws(TransportDrop) -> [UInt8]? {
    guard let check = try? STUNMessage(parsing: bytes), check.messageClass == .request,
      check.method == STUNMessage.binding
    else { return nil }
    guard check.hasFingerprint else { throw .wrongFingerprint }
    guard let names = check.usernameFragments(in: bytes),
      names.receiver == plan.local.usernameFragment,
      names.sender == plan.remote.usernameFragment
    else { throw .wrongUsername }
    try BindingMessages.authenticate(check, in: bytes, password: plan.local.password)
    return BindingMessages.success(check, from: address, password: plan.local.password)
  }

  private mutating func makeCheck(
    of candidate: NetworkAddress, nominates: Bool
  ) -> ([UInt8], NetworkAddress) {
    let id = STUNTransactionID(random: &random)
    if outstanding.count == Self.outstandingKept { outstanding.removeFirst() }
    outstanding.append(Check(id: id, candidate: candidate))
    let check = BindingMessages.check(
      transactionID: id, plan: plan, priority: Self.priority, tieBreaker: tieBreaker,
      nominates: nominates)
    return (check, candidate)
  }
}
