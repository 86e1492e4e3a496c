import Primitives
import Security
import Wire

/// The client's side of a media transport towards an ICE-lite server: controlling ICE, active
/// DTLS, SRTP. What a browser does, for the simulator, tests and load.
///
/// It does not know its own address: when the caller's changes, the next check tells the server
/// (at once, with `checkPath`).
public struct ClientTransport: ~Copyable {
  /// How many datagrams were dropped, by reason.
  public private(set) var counters = TransportCounters()

  private var agent: ICEControllingAgent
  private let dtls: DTLSEndpoint
  private var hasStartedDTLS = false
  private var srtp: SRTPSession?
  private var liveness: Liveness
  private var isClosed = false
  private var outputs: [TransportOutput] = []

  /// Makes a transport that checks the server's candidates, at least one, from `now` on.
  /// `profiles` are those offered; the server chooses.
  public init(
    plan: TransportPlan, candidates: [NetworkAddress], certificate: Certificate,
    profiles: [SRTPProfile], random: RandomSource, now: Instant
  ) throws(OpenSSLError) {
    agent = ICEControllingAgent(plan: plan, candidates: candidates, random: random, now: now)
    dtls = try DTLSEndpoint(
      role: .client, certificate: certificate, profiles: profiles,
      acceptedDigests: plan.remoteFingerprints.map(\.digest))
    liveness = Liveness(now: now)
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
      case .stun:
        if let answer = try agent.answer(datagram.bytes, from: address) {
          outputs.append(.transmit(answer, to: address))
        } else {
          try receiveAnswer(datagram, from: address, now: now)
        }
      case .dtls:
        guard address == agent.selected else { throw .unboundAddress }
        dtls.receive(datagram.bytes, now: now)
        drainDTLS(now: now)
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

  /// As `PeerTransport.protectRTP`.
  public mutating func protectRTP(
    _ slot: UnsafeMutableRawBufferPointer, length: Int, headerLength: Int, index: UInt64
  ) -> Int? {
    srtp?.protectRTP(slot, length: length, headerLength: headerLength, index: index) ?? nil
  }

  /// As `PeerTransport.protectRTCP`.
  public mutating func protectRTCP(_ packet: inout [UInt8]) -> Bool {
    srtp?.protectRTCP(&packet) ?? false
  }

  /// ICE restart with new credentials on both sides; packets go on to where they went until the
  /// new credentials are answered.
  public mutating func restart(
    _ plan: TransportPlan, candidates: [NetworkAddress], now: Instant
  ) {
    agent.restart(plan, candidates: candidates, now: now)
  }

  /// Checks at once, and often for two seconds: the caller's address has changed.
  public mutating func checkPath(now: Instant) { agent.hurry(now: now) }

  /// Ends the transport with a close_notify; only what `poll` still has is to be sent.
  public mutating func close(now: Instant) {
    guard !isClosed else { return }
    dtls.close()
    drainDTLS(now: now)
    isClosed = true
  }

  /// The next thing to do or to know, until nil.
  public mutating func poll() -> TransportOutput? {
    outputs.isEmpty ? nil : outputs.removeFirst()
  }

  /// When `handleDeadline` wants to be called; nil once the transport is over.
  public var nextDeadline: Instant? {
    if isClosed { return nil }
    return earliest(min(liveness.nextDeadline, agent.nextCheck), dtls.nextDeadline)
  }

  /// Sends the checks that are due, repeats what went unanswered, and notices silence.
  public mutating func handleDeadline(now: Instant) {
    guard !isClosed else { return }
    for (check, address) in agent.takeChecks(silence: liveness.silence(at: now), now: now) {
      outputs.append(.transmit(check, to: address))
    }
    dtls.handleDeadline(now: now)
    drainDTLS(now: now)
    switch liveness.handleDeadline(now: now) {
    case .silent: outputs.append(.silent)
    case .expired(let reason): end(reason)
    case nil: break
    }
  }

  /// Where packets go; nil until ICE and DTLS are up.
  public var remoteAddress: NetworkAddress? { srtp == nil ? nil : agent.selected }

  /// Whether ICE and DTLS are up.
  public var isConnected: Bool { liveness.isConnected && !isClosed }

  private mutating func receiveAnswer(
    _ datagram: UnsafeRawBufferPointer, from address: NetworkAddress, now: Instant
  ) throws(TransportDrop) {
    let hasMoved = try agent.receiveAnswer(
      datagram.bytes, from: address, silence: liveness.silence(at: now), now: now)
    heard(now: now)
    if hasMoved, srtp != nil { outputs.append(.movedTo(address)) }
    guard hasMoved, !hasStartedDTLS else { return }
    hasStartedDTLS = true
    dtls.start(now: now)
    drainDTLS(now: now)
  }

  private mutating func receiveMedia(
    _ kind: DatagramKind, _ slot: UnsafeMutableRawBufferPointer, length: Int,
    from address: NetworkAddress, now: Instant
  ) throws(TransportDrop) -> Received {
    guard address == agent.selected else { throw .unboundAddress }
    guard let received = try srtp?.unprotect(kind, slot, length: length) else {
      throw .beforeKeys
    }
    heard(now: now)
    return received
  }

  private mutating func drainDTLS(now: Instant) {
    while let output = dtls.poll() {
      switch output {
      case .transmit(let datagram):
        guard let address = agent.selected else { continue }
        outputs.append(.transmit(datagram, to: address))
      case .connected(let keys):
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

  private mutating func end(_ reason: TransportCloseReason) {
    isClosed = true
    outputs.append(.closed(reason))
  }
}
