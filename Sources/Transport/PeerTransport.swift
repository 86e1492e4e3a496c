import Primitives
import Security
import Wire

/// The relay's side of one peer's media transport: ICE-lite, passive DTLS, SRTP.
///
/// Nothing is done for a datagram, and nothing is sent, before a check from its address has
/// authenticated. Datagrams go in by `receive`, RTP and RTCP come back in place; then `poll` until
/// nil. The transport ends by itself, with `closed`, when the peer's consent runs out.
public struct PeerTransport: ~Copyable {
  private let place = InPlace()
  /// Up to where a transport's memory is needed for a packet that is sent: what is needed for each
  /// stands first.
  public static let bytesForPacket =
    MemoryLayout<Int>.stride + MemoryLayout<SRTPSession?>.stride
    + MemoryLayout<NetworkAddress?>.stride

  /// Whether the peer's RTP is let through. While it is not, RTP is dropped before it is
  /// decrypted; RTCP is not.
  public var isMediaAdmitted = false
  private var srtp: SRTPSession?
  private var agent: ICELiteAgent

  /// How many datagrams were dropped, by reason.
  public private(set) var counters = TransportCounters()
  private var dtls: DTLSAcceptor
  /// Where the handshake goes on: the bound address that DTLS came from last.
  private var handshakeAddress: NetworkAddress?
  private var liveness: Liveness
  private var isClosed = false
  private var outputs: [TransportOutput] = []

  /// Makes a transport that waits for the peer's first check. `profiles` are in our order of
  /// preference. The plan has at least one fingerprint.
  public init(
    plan: TransportPlan, certificate: Certificate, profiles: [SRTPProfile], now: Instant
  ) {
    precondition(!plan.remoteFingerprints.isEmpty, "nobody could ever connect")
    agent = ICELiteAgent(plan: plan)
    dtls = DTLSAcceptor(
      certificate: certificate, profiles: profiles,
      acceptedDigests: plan.remoteFingerprints.map(\.digest))
    liveness = Liveness(now: now)
  }

  /// Which transport an unauthenticated Binding request is meant for: the local username fragment
  /// that it names, or nil where the bytes are no Binding request.
  public static func usernameFragment(ofBindingRequest bytes: RawSpan) -> String? {
    ICELiteAgent.receiverFragment(of: bytes)
  }

  /// Takes the datagram in the first `length` bytes of `slot`; RTP and RTCP are decrypted there.
  public mutating func receive(
    _ slot: UnsafeMutableRawBufferPointer, length: Int, from address: NetworkAddress, now: Instant
  ) -> Received {
    do throws(TransportDrop) {
      guard !isClosed else { throw .closed }
      guard length <= Limits.datagramBytes else { throw .tooLong }
      let datagram = UnsafeRawBufferPointer(rebasing: slot[..<length])
      let kind = DatagramKind(datagram.bytes)
      switch kind {
      case .stun: try receiveCheck(datagram, from: address, now: now)
      case .dtls: try receiveDTLS(datagram, from: address, now: now)
      case .rtp, .rtcp:
        return try receiveMedia(kind, slot, length: length, from: address, now: now)
      case .unknown: throw .unknownKind
      }
      return .nothing
    } catch {
      counters.count(error)
      return .dropped(error)
    }
  }

  /// Protects an RTP packet in place. The slot holds `length` clear bytes and room for the
  /// trailer; `index` is roll-over counter and sequence number (RFC 3711 section 3.3.1). Returns
  /// the protected length, or nil where there are no keys or the index is too old. `rest` is what
  /// of the packet, behind the header, does not stand in the slot yet.
  public mutating func protectRTP(
    _ slot: UnsafeMutableRawBufferPointer, length: Int, headerLength: Int, index: UInt64,
    rest: PacketRest = .none
  ) -> Int? {
    srtp?.protectRTP(
      slot, length: length, headerLength: headerLength, index: index, rest: rest) ?? nil
  }

  /// Protects an RTCP compound packet; false, and nothing changed, where there are no keys.
  public mutating func protectRTCP(_ packet: inout [UInt8]) -> Bool {
    srtp?.protectRTCP(&packet) ?? false
  }

  /// ICE restart: the new credentials are good at once, the old ones until the first check with
  /// the new. DTLS and SRTP go on under their keys.
  public mutating func restart(_ plan: TransportPlan, now: Instant) { agent.restart(plan) }

  /// Ends the transport with a close_notify; only what `poll` still has is to be sent.
  public mutating func close(now: Instant) {
    guard !isClosed else { return }
    handshakeAddress = agent.selected
    dtls.close()
    drainDTLS(now: now)
    isClosed = true
  }

  /// The next thing to do or to know, until nil.
  public mutating func poll() -> TransportOutput? {
    outputs.isEmpty ? nil : outputs.removeFirst()
  }

  /// Whether `poll` has something.
  public var hasOutput: Bool { !outputs.isEmpty }

  /// When `handleDeadline` wants to be called; nil once the transport is over.
  public var nextDeadline: Instant? {
    if isClosed { return nil }
    return earliest(liveness.nextDeadline, earliest(dtls.nextDeadline, agent.nextDeadline))
  }

  /// Repeats what went unanswered, moves media where a nomination waits, and notices silence.
  public mutating func handleDeadline(now: Instant) {
    guard !isClosed else { return }
    let before = agent.selected
    agent.moveWhenQuiet(now: now)
    reportMove(from: before)
    dtls.handleDeadline(now: now)
    drainDTLS(now: now)
    switch liveness.handleDeadline(now: now) {
    case .silent: outputs.append(.silent)
    case .expired(let reason): end(reason)
    case nil: break
    }
  }

  /// Where media goes; nil until ICE and DTLS are up.
  public var remoteAddress: NetworkAddress? { srtp == nil ? nil : agent.selected }

  /// Has the processor bring near what protecting an RTP packet needs.
  public func prefetchKeys() { srtp?.prefetchKeys() }

  /// Whether ICE and DTLS are up.
  public var isConnected: Bool { liveness.isConnected && !isClosed }

  private mutating func receiveCheck(
    _ datagram: UnsafeRawBufferPointer, from address: NetworkAddress, now: Instant
  ) throws(TransportDrop) {
    let before = agent.selected
    let answer = try agent.receiveCheck(datagram.bytes, from: address, now: now)
    outputs.append(.transmit(answer.response, to: address))
    if answer.isRefusal { counters.count(.refusedCheck) }
    if let unbound = answer.unbound { outputs.append(.unbound(unbound)) }
    if let bound = answer.bound { outputs.append(.bound(bound)) }
    if answer.isFresh { heard(now: now) }
    reportMove(from: before)
  }

  private mutating func receiveDTLS(
    _ datagram: UnsafeRawBufferPointer, from address: NetworkAddress, now: Instant
  ) throws(TransportDrop) {
    guard agent.isBound(address) else { throw .unboundAddress }
    handshakeAddress = address
    dtls.receive(datagram.bytes, now: now)
    drainDTLS(now: now)
  }

  private mutating func receiveMedia(
    _ kind: DatagramKind, _ slot: UnsafeMutableRawBufferPointer, length: Int,
    from address: NetworkAddress, now: Instant
  ) throws(TransportDrop) -> Received {
    guard agent.isBound(address) else { throw .unboundAddress }
    guard srtp != nil else { throw .beforeKeys }
    guard isMediaAdmitted || kind == .rtcp else { throw .notAdmitted }
    guard let received = try srtp?.unprotect(kind, slot, length: length) else {
      throw .beforeKeys
    }
    let before = agent.selected
    agent.heardPacket(from: address, now: now)
    heard(now: now)
    reportMove(from: before)
    return received
  }

  private mutating func drainDTLS(now: Instant) {
    while let output = dtls.poll() {
      switch output {
      case .transmit(let datagram):
        guard let address = handshakeAddress else { continue }
        outputs.append(.transmit(datagram, to: address))
      case .connected(let keys):
        if let address = handshakeAddress { agent.select(address) }
        srtp = SRTPSession(keys)
        liveness.connected(now: now)
        outputs.append(.connected)
      case .closed(let reason): end(TransportCloseReason(reason))
      }
    }
  }

  private mutating func heard(now: Instant) {
    if liveness.heard(now: now) { outputs.append(.heard) }
  }

  private mutating func reportMove(from before: NetworkAddress?) {
    guard srtp != nil, let selected = agent.selected, selected != before else { return }
    outputs.append(.movedTo(selected))
  }

  private mutating func end(_ reason: TransportCloseReason) {
    isClosed = true
    outputs.append(.closed(reason))
  }
}
