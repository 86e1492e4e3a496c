import Primitives

/// The passive side of DTLS on one transport, where anybody who can forge the peer's address can
/// forge a ClientHello.
///
/// Each distinct ClientHello random gets a handshake of its own, at most
/// `Limits.handshakesPerTransport`, and the first one that completes with the right certificate
/// wins; the others are forgotten. A second ClientHello is not answered before the first
/// handshake has been quiet for `patience`: an answer to a forged one would get between the true
/// peer and its own.
public struct DTLSAcceptor: ~Copyable {
  private struct Attempt {
    let random: [UInt8]
    let record: [UInt8]
    let receivedAt: Instant
    /// Nil until begun.
    var endpoint: DTLSEndpoint?
    var hasFailed = false

    var isUnderWay: Bool { endpoint.map { !$0.isClosed } ?? false }
  }

  private let certificate: Certificate
  private let profiles: [SRTPProfile]
  private let acceptedDigests: [[UInt8]]
  private var assembler = ClientHelloAssembler()
  private var attempts: [Attempt] = []
  private var winner: DTLSEndpoint?
  /// When a record other than a ClientHello came last.
  private var lastProgress = Instant.origin

  /// How long a handshake must have been quiet before another ClientHello is answered.
  static let patience = Duration.seconds(1)

  /// Makes an acceptor; the parameters are those of `DTLSEndpoint`.
  public init(certificate: Certificate, profiles: [SRTPProfile], acceptedDigests: [[UInt8]]) {
    self.certificate = certificate
    self.profiles = profiles
    self.acceptedDigests = acceptedDigests
  }

  /// Takes a datagram from a validated address.
  public mutating func receive(_ datagram: RawSpan, now: Instant) {
    if let winner {
      winner.receive(datagram, now: now)
      return
    }
    var rest: [UInt8] = []
    var offset = 0
    while let record = DTLSRecord(in: datagram, at: offset) {
      offset = record.range.upperBound
      if !ClientHelloAssembler.isClientHello(record, in: datagram) {
        rest.append(contentsOf: datagram.extracting(record.range).copied())
      } else if let hello = assembler.receive(record, in: datagram) {
        note(hello, now: now)
      }
    }
    guard !rest.isEmpty else { return }
    lastProgress = now
    for attempt in attempts { attempt.endpoint?.receive(rest.span.bytes, now: now) }
  }

  /// The next thing to do, until nil.
  public mutating func poll() -> DTLSOutput? {
    if let winner { return winner.poll() }
    for index in attempts.indices {
      guard let endpoint = attempts[index].endpoint else { continue }
      while let output = endpoint.poll() {
        switch output {
        case .transmit:
          // The alert about a forged ClientHello would end the true peer's handshake over there.
          if endpoint.isClosed { continue }
          return output
        case .connected:
          winner = endpoint
          attempts = []
          assembler = ClientHelloAssembler()
          return output
        case .closed:
          attempts[index].hasFailed = true
          attempts[index].endpoint = nil
        }
      }
    }
    return nil
  }

  /// When `handleDeadline` wants to be called.
  public var nextDeadline: Instant? {
    if let winner { return winner.nextDeadline }
    return attempts.reduce(nil) { earliest($0, deadline(of: $1)) }
  }

  /// Repeats flights and begins the handshakes that were held back.
  public mutating func handleDeadline(now: Instant) {
    winner?.handleDeadline(now: now)
    for index in attempts.indices {
      guard let deadline = deadline(of: attempts[index]), deadline <= now else { continue }
      if let endpoint = attempts[index].endpoint {
        endpoint.handleDeadline(now: now)
      } else {
        begin(index, now: now)
      }
    }
  }

  /// Sends a close_notify, where there is an association.
  public mutating func close() {
    winner?.close()
    attempts = []
  }

  private func deadline(of attempt: Attempt) -> Instant? {
    if attempt.hasFailed { return nil }
    if let endpoint = attempt.endpoint { return endpoint.nextDeadline }
    return max(attempt.receivedAt, lastProgress) + Self.patience
  }

  private mutating func note(_ hello: ClientHello, now: Instant) {
    // A repeated one means that our flight was lost: its own deadline repeats it.
    guard !attempts.contains(where: { $0.random == hello.random }) else { return }
    if attempts.count == Limits.handshakesPerTransport, !makeRoom(now: now) { return }
    let isFirst = !attempts.contains { $0.isUnderWay }
    attempts.append(Attempt(random: hello.random, record: hello.record, receivedAt: now))
    if isFirst { begin(attempts.count - 1, now: now) }
  }

  /// Gives up a handshake that failed, or one that never began, or one that does not get on.
  private mutating func makeRoom(now: Instant) -> Bool {
    let candidate =
      attempts.firstIndex { $0.hasFailed }
      ?? attempts.firstIndex { $0.endpoint == nil && now - $0.receivedAt > Self.patience * 2 }
      ?? attempts.firstIndex { now - $0.receivedAt > Self.patience * 10 }
    guard let candidate else { return false }
    attempts.remove(at: candidate)
    return true
  }

  private mutating func begin(_ index: Int, now: Instant) {
    guard
      let endpoint = try? DTLSEndpoint(
        role: .server, certificate: certificate, profiles: profiles,
        acceptedDigests: acceptedDigests)
    else {
      attempts[index].hasFailed = true
      return
    }
    attempts[index].endpoint = endpoint
    let record = attempts[index].record
    endpoint.receive(record.span.bytes, now: now)
  }
}
