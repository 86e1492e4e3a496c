import Primitives
import Wire

/// The lite side of ICE for one peer (RFC 8445 section 2.5): answers authenticated checks, keeps
/// the addresses they came from, and decides where media goes.
///
/// Nothing is kept for, and nothing is sent to, an address before an authenticated check came
/// from it. At most `Limits.remoteAddressesPerTransport` addresses are bound; the one that was
/// quiet longest gives way, the selected one never.
struct ICELiteAgent {
  private struct Remote {
    var address: NetworkAddress
    var lastHeard: Instant
  }

  /// What an authenticated check led to.
  struct Answer {
    var response: [UInt8]
    /// False where the transaction id was seen before: then the check proves nothing new.
    var isFresh: Bool
    var isRefusal = false
    var bound: NetworkAddress?
    var unbound: NetworkAddress?
  }

  /// Where media goes: nominated, or moved to by the rules of `heardPacket` and `moveWhenQuiet`.
  /// It stands first, as each packet asks for it.
  private(set) var selected: NetworkAddress?
  private var plan: TransportPlan
  /// The credentials before a restart, good until the first check with the new ones.
  private var previous: TransportPlan?
  private var remotes: [Remote] = []
  private var seen = SeenTransactions()
  /// Nominated by a fresh check while the selected address was not quiet yet; media moves there
  /// once it has been.
  private var nominated: NetworkAddress?

  /// Silence on the selected address after which a nominating check may move media elsewhere: a
  /// viewer who is muted sends next to nothing, but checks.
  static let selectedQuiet = Duration.seconds(1)

  init(plan: TransportPlan) { self.plan = plan }

  /// Takes new credentials; the old ones stay good until the first check with the new.
  mutating func restart(_ plan: TransportPlan) {
    previous = self.plan
    self.plan = plan
  }

  /// Takes what claims to be a check. Throws, and has changed nothing, where it is not from the
  /// peer.
  mutating func receiveCheck(
    _ bytes: RawSpan, from address: NetworkAddress, now: Instant
  ) throws(TransportDrop) -> Answer {
    let check = try Self.parse(bytes)
    let credentials = try authenticate(check, in: bytes)
    let isBound = isBound(address)
    let isFresh = seen.insert(check.transactionID)
    guard isFresh || isBound else { throw .repeatedTransaction }
    if let refusal = BindingMessages.refusal(check, password: credentials.local.password) {
      return Answer(response: refusal, isFresh: isFresh, isRefusal: true)
    }
    var answer = Answer(
      response: BindingMessages.success(
        check, from: address, password: credentials.local.password),
      isFresh: isFresh)
    guard isFresh else { return answer }
    if !isBound {
      answer.unbound = makeRoom()
      answer.bound = address
      remotes.append(Remote(address: address, lastHeard: now))
    }
    note(address, now: now)
    if check.nominates {
      nominated = address
      moveWhenQuiet(now: now)
    }
    return answer
  }

  /// Notes a packet that decrypted and was not seen before, from a bound address: media goes
  /// where it came from.
  mutating func heardPacket(from address: NetworkAddress, now: Instant) {
    select(address)
    note(address, now: now)
  }

  /// Sends media to the bound address that the handshake was completed from: whoever completed it
  /// there receives what is sent there, which a check alone does not prove.
  mutating func select(_ address: NetworkAddress) {
    selected = address
    nominated = nil
  }

  /// When `moveWhenQuiet` wants to be called.
  var nextDeadline: Instant? {
    nominated == nil ? nil : selectedLastHeard.map { $0 + Self.selectedQuiet }
  }

  /// Sends media to the nominated address where the selected one has been quiet for
  /// `selectedQuiet`, or is the same, or there is none.
  mutating func moveWhenQuiet(now: Instant) {
    guard let nominated else { return }
    if nominated != selected, let last = selectedLastHeard, now - last < Self.selectedQuiet {
      return
    }
    select(nominated)
  }

  /// Whether an authenticated check came from the address.
  func isBound(_ address: NetworkAddress) -> Bool {
    remotes.contains { $0.address == address }
  }

  /// The fragment that names the receiving agent in a Binding request, or nil where `bytes` are
  /// none. Nothing is verified.
  static func receiverFragment(of bytes: RawSpan) -> String? {
    guard let message = try? parse(bytes) else { return nil }
    return message.usernameFragments(in: bytes)?.receiver
  }

  private static func parse(_ bytes: RawSpan) throws(TransportDrop) -> STUNMessage {
    guard let message = try? STUNMessage(parsing: bytes) else { throw .malformedSTUN }
    guard message.messageClass == .request, message.method == STUNMessage.binding else {
      throw .unexpectedSTUN
    }
    guard message.hasFingerprint else { throw .wrongFingerprint }
    return message
  }

  /// The credentials that the check was made with.
  private mutating func authenticate(
    _ check: STUNMessage, in bytes: RawSpan
  ) throws(TransportDrop) -> TransportPlan {
    guard let names = check.usernameFragments(in: bytes) else { throw .wrongUsername }
    func isNamed(_ plan: TransportPlan) -> Bool {
      names.receiver == plan.local.usernameFragment
        && names.sender == plan.remote.usernameFragment
    }
    if isNamed(plan) {
      try BindingMessages.authenticate(check, in: bytes, password: plan.local.password)
      previous = nil
      return plan
    }
    guard let previous, isNamed(previous) else { throw .wrongUsername }
    try BindingMessages.authenticate(check, in: bytes, password: previous.local.password)
    return previous
  }

  private var selectedLastHeard: Instant? {
    remotes.first { $0.address == selected }?.lastHeard
  }

  private mutating func note(_ address: NetworkAddress, now: Instant) {
    guard let index = remotes.firstIndex(where: { $0.address == address }) else { return }
    remotes[index].lastHeard = now
  }

  /// Unbinds an address where the table is full.
  private mutating func makeRoom() -> NetworkAddress? {
    guard remotes.count == Limits.remoteAddressesPerTransport else { return nil }
    let quietest = remotes.indices.filter { remotes[$0].address != selected }
      .min { remotes[$0].lastHeard < remotes[$1].lastHeard }
    guard let quietest else { return nil }
    let address = remotes.remove(at: quietest).address
    if nominated == address { nominated = nil }
    return address
  }
}
