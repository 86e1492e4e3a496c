import CSecurity
import Primitives

/// One side of one DTLS 1.2 association (RFC 6347) that makes SRTP keys (RFC 5764): OpenSSL's
/// protocol, our datagrams and our time.
///
/// OpenSSL's retransmission timer reads the real clock, so it is put off for good; the endpoint
/// keeps the datagrams of its last flight and sends them again by its own deadlines. Plaintext
/// alerts never reach OpenSSL. After completion nothing in the clear does: it only means that the
/// peer misses our last flight.
public final class DTLSEndpoint {
  /// Which side sends the ClientHello.
  public enum Role: Sendable {
    case client
    case server
  }

  private enum State: Equatable {
    case handshaking
    case connected
    case closed
  }

  private let role: Role
  private let channel: DatagramChannel
  let ssl: OpaquePointer
  private var state = State.handshaking
  private var lastFlight: [[UInt8]] = []
  private var resendInterval = DTLSEndpoint.firstResend
  private var lastSent = Instant.origin
  private var resendAt: Instant?
  private var outputs: [DTLSOutput] = []

  /// Time until an unanswered flight is sent again; doubles each time, up to `longestResend`.
  static let firstResend = Duration.milliseconds(50)
  static let longestResend = Duration.seconds(1)
  /// Bytes in the longest datagram that is sent: below every usual path's limit.
  static let maximumDatagram = 1_200

  /// Makes an endpoint. `profiles` are in order of preference; `acceptedDigests` are the SHA-256
  /// digests of the certificates that the peer may show.
  public init(
    role: Role, certificate: Certificate, profiles: [SRTPProfile], acceptedDigests: [[UInt8]]
  ) throws(OpenSSLError) {
    self.role = role
    channel = DatagramChannel(acceptedDigests: acceptedDigests)
    ssl = try Self.makeSSL(role, certificate, profiles, channel)
  }

  deinit { SSL_free(ssl) }

  /// Begins the handshake: a client sends its ClientHello.
  public func start(now: Instant) { advance(now: now) }

  /// Takes a datagram from the peer; records that must not reach OpenSSL are taken out.
  public func receive(_ datagram: RawSpan, now: Instant) {
    guard state != .closed else { return }
    var admitted: [UInt8] = []
    var peerRepeatsItself = false
    var offset = 0
    while let record = DTLSRecord(in: datagram, at: offset) {
      offset = record.range.upperBound
      if record.isPlaintextAlert { continue }
      if state == .connected, record.epoch == 0 || !record.isForConnected {
        peerRepeatsItself = true
        continue
      }
      // OpenSSL ends the association over a record that cannot even hold its tag.
      if record.epoch > 0, record.body.count < shortestSealedBody { continue }
      admitted.append(contentsOf: datagram.extracting(record.range).copied())
    }
    if peerRepeatsItself, now - lastSent >= Self.firstResend { resend(now: now) }
    guard !admitted.isEmpty else { return }
    channel.incoming = admitted
    if state == .handshaking { advance(now: now) }
    if state == .connected { read() }
    channel.incoming = nil
  }

  /// The next thing to do, until nil.
  public func poll() -> DTLSOutput? { outputs.isEmpty ? nil : outputs.removeFirst() }

  /// When `handleDeadline` wants to be called.
  public var nextDeadline: Instant? { resendAt }

  /// Whether the association is over, or never came about.
  public var isClosed: Bool { state == .closed }

  /// Sends the last flight again where it has gone unanswered for its time.
  public func handleDeadline(now: Instant) {
    guard let resendAt, resendAt <= now else { return }
    resend(now: now)
    resendInterval = min(resendInterval * 2, Self.longestResend)
    self.resendAt = now + resendInterval
  }

  /// Sends a close_notify, where there is an association to close.
  public func close() {
    guard state == .connected else {
      state = .closed
      return
    }
    ERR_clear_error()
    SSL_shutdown(ssl)
    transmit(takeWritten())
    end(nil)
  }

  /// Bytes that the agreed cipher adds to a record: the tag, and with AES-GCM the explicit part of
  /// the nonce (RFC 5288 section 3, RFC 7905 section 2). Before there is one, the most: a Finished
  /// is longer.
  private var shortestSealedBody: Int {
    guard let cipher = SSL_get_current_cipher(ssl) else { return 24 }
    return SSL_CIPHER_get_cipher_nid(cipher) == NID_chacha20_poly1305 ? 16 : 24
  }

  /// Goes on with the handshake as far as the bytes at hand allow.
  private func advance(now: Instant) {
    ERR_clear_error()
    let result = SSL_do_handshake(ssl)
    let written = takeWritten()
    transmit(written)
    if result == 1 {
      complete(finalFlight: written, now: now)
    } else if SSL_want(ssl) != SSL_READING {
      end(channel.hasRefusedCertificate ? .certificateRefused : .failed)
    } else if !written.isEmpty {
      lastFlight = written
      lastSent = now
      resendInterval = Self.firstResend
      resendAt = now + resendInterval
    }
  }

  private func complete(finalFlight: [[UInt8]], now: Instant) {
    // The client has seen the server's Finished: nothing of its own can be missing over there.
    lastFlight = role == .server ? finalFlight : []
    lastSent = now
    resendAt = nil
    do throws(DTLSCloseReason) {
      let keys = try exportKeys()
      state = .connected
      outputs.append(.connected(keys))
    } catch {
      SSL_shutdown(ssl)
      transmit(takeWritten())
      end(error)
    }
  }

  /// Reads what came after the handshake. Application data has no user yet and is dropped.
  private func read() {
    var buffer = [UInt8](repeating: 0, count: 2_048)
    while state == .connected {
      ERR_clear_error()
      let result = SSL_read(ssl, &buffer, Int32(buffer.count))
      if result > 0 { continue }
      // What it waits for, not `SSL_get_error`: a forged record that it ignores leaves a complaint
      // in the queue, which that takes for the end.
      if SSL_want(ssl) == SSL_READING {
        transmit(takeWritten())
        return
      }
      end(SSL_get_error(ssl, result) == SSL_ERROR_ZERO_RETURN ? .closedByPeer : .failed)
    }
  }

  private func end(_ reason: DTLSCloseReason?) {
    state = .closed
    resendAt = nil
    lastFlight = []
    if let reason { outputs.append(.closed(reason)) }
  }

  private func resend(now: Instant) {
    lastSent = now
    transmit(lastFlight)
  }

  private func transmit(_ datagrams: [[UInt8]]) {
    outputs.append(contentsOf: datagrams.map { .transmit($0) })
  }

  private func takeWritten() -> [[UInt8]] {
    defer { channel.outgoing = [] }
    return channel.outgoing
  }

  /// The keys for both directions, laid out client key, server key, client salt, server salt (RFC
  /// 5764 section 4.2).
  private func exportKeys() throws(DTLSCloseReason) -> SRTPKeyPair {
    guard let selected = SSL_get_selected_srtp_profile(ssl),
      let profile = SRTPProfile(rawValue: UInt16(truncatingIfNeeded: selected.pointee.id))
    else { throw .noProfile }
    let keyLength = profile.keyLength
    let saltLength = profile.saltLength
    var material = [UInt8](repeating: 0, count: 2 * (keyLength + saltLength))
    let label = "EXTRACTOR-dtls_srtp"
    guard
      SSL_export_keying_material(
        ssl, &material, material.count, label, label.utf8.count, nil, 0, 0) == 1
    else { throw .failed }
    func part(_ offset: Int, _ count: Int) -> [UInt8] { Array(material[offset..<offset + count]) }
    let client = SRTPMasterKey(
      profile: profile, key: part(0, keyLength), salt: part(2 * keyLength, saltLength))
    let server = SRTPMasterKey(
      profile: profile, key: part(keyLength, keyLength),
      salt: part(2 * keyLength + saltLength, saltLength))
    return role == .client
      ? SRTPKeyPair(local: client, remote: server) : SRTPKeyPair(local: server, remote: client)
  }
}

extension DTLSRecord {
  /// Whether an encrypted record means something once the handshake is over: a renegotiation
  /// does not.
  fileprivate var isForConnected: Bool {
    contentType == ContentType.alert || contentType == ContentType.applicationData
  }
}
