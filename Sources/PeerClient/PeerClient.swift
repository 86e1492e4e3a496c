import Primitives
import Relay
import Security
import Transport
import Wire

/// A native WebRTC client without I/O, for simulation, tests and load: it offers, publishes
/// synthetic media, and receives on seats, with the feedback that browsers send.
///
/// Its media is marked (`MediaMark`), so that whoever receives it can check whose it is. After
/// each call that changes it, `poll` until nil.
public struct PeerClient: ~Copyable {
  /// What a client offers and publishes.
  public struct Configuration: Hashable, Sendable {
    /// Names this client in the marks of its media.
    public var publisher: UInt32
    /// The devices for which sections are offered.
    public var sources: [MediaSource] = [.microphone, .camera]
    /// Person seats in the first offer.
    public var personSeats = 4
    /// Screen seats in the first offer.
    public var screenSeats = 1
    /// Voice seats in the first offer.
    public var voiceSeats = 3
    /// Time between two video frames.
    public var frameInterval = Duration.milliseconds(66)
    /// Packets in a video frame, 1...256.
    public var packetsPerFrame = 3
    /// Bytes of payload in a video packet, 40...1,200.
    public var payloadBytes = 400
    /// Whether sounds travel twice (RED, RFC 2198), as Chromium sends them.
    public var isRedundant = true
    /// Whether retransmission (RTX) is offered.
    public var offersRetransmission = true
    /// The ways to protect media that are offered; the server chooses.
    public var profiles = SRTPProfile.allCases
    /// Whether frames and sounds are handed out with their bytes, for a decoder.
    public var keepsPayloads = false
    /// What this client's wall clock, in sender reports, is ahead of that of the run.
    public var clockOffset = Duration.zero

    /// A browser's usual form.
    public init(publisher: UInt32) { self.publisher = publisher }
  }

  /// A complete frame that a decoder could show.
  public struct ReceivedFrame: Hashable, Sendable {
    /// The seat, as the server numbers it.
    public var seat: Int
    /// The RTP timestamp, as a page sees it.
    public var rtpTimestamp: UInt32
    /// When it was captured, as the server's reports say: since NTP's epoch on the server's clock,
    /// the same for sound and picture of one moment. Nil before the first report.
    public var senderTime: Duration?
    /// Whose frame it is.
    public var mark: MediaMark
    /// Whether it refers to no other frame.
    public var isKeyFrame: Bool
    /// The encoded frame, where the client keeps payloads.
    public var payload: [UInt8] = []
  }

  /// 20 ms of sound, each given out once though RED brings it twice.
  public struct ReceivedSound: Hashable, Sendable {
    /// The seat, as the server numbers it.
    public var seat: Int
    /// The RTP timestamp.
    public var rtpTimestamp: UInt32
    /// As of a frame: sound and picture that are played in step have the same.
    public var senderTime: Duration?
    /// Whose sound it is.
    public var mark: MediaMark
    /// The Opus packet, where the client keeps payloads.
    public var payload: [UInt8] = []
  }

  /// What has come of one received stream, retransmissions not counted.
  public struct StreamAccount: Hashable, Sendable {
    /// Whether it is sound or pictures.
    public var kind: MediaKind
    /// Packets from the first sequence number to the highest.
    public var expected: UInt64
    /// Packets of these that came.
    public var received: UInt64
    /// The interarrival jitter (RFC 3550 section 6.4.1).
    public var jitter: Duration
  }

  /// What the client wants done, or has to tell.
  public enum Output: Equatable, Sendable {
    /// Send this datagram.
    case transmit([UInt8], to: NetworkAddress)
    /// A picture has come.
    case frame(ReceivedFrame)
    /// A sound has come.
    case sound(ReceivedSound)
    /// ICE and DTLS are up.
    case connected
    /// Nothing authenticated has come for some seconds.
    case silent
    /// The silent server was heard again.
    case heard
    /// The transport is over.
    case closed(TransportCloseReason)
  }

  /// What happened so far.
  public internal(set) var counters = PeerClientCounters()
  let configuration: Configuration
  let certificate: Certificate
  var random: RandomSource
  var credentials: ICECredentials
  var isRestarting = false
  var offerVersion: UInt64 = 1
  let offerID: UInt64
  let cname: String
  let reportSSRC: UInt32
  var published: [PublishedTrack] = []
  var seats: [OfferedSeat] = []
  var received: [ReceivedTrack] = []
  var extensions = ExtensionIDs()
  var transport: ClientTransport?
  var wanted: Set<MediaSource> = []
  /// Prepared media by the device that it stands for.
  let loops: [MediaSource: MediaLoop]
  var feedback = FeedbackBuilder()
  var transportSequence: UInt16 = 0
  var nextReport: Instant?
  let slot: UnsafeMutableRawBufferPointer
  private var outputs: [Output] = []
  private var firstOutput = 0

  /// Makes a client that has offered nothing yet. All it does follows from `random` and its
  /// inputs. For a device with a loop that is sent, and for the others synthetic media.
  public init(
    configuration: Configuration, certificate: Certificate, random: RandomSource,
    loops: [MediaSource: MediaLoop] = [:]
  ) {
    precondition((1...256).contains(configuration.packetsPerFrame))
    precondition((40...1_200).contains(configuration.payloadBytes))
    self.configuration = configuration
    self.certificate = certificate
    self.random = random
    self.loops = loops
    credentials = ICECredentials(random: &self.random)
    offerID = self.random.next() >> 2
    cname = self.random.string(length: 16)
    reportSSRC = UInt32(truncatingIfNeeded: self.random.next())
    slot = .allocate(byteCount: Limits.datagramBytes + 200, alignment: 16)
    addSections()
  }

  deinit { slot.deallocate() }

  /// Takes a datagram that came from an address. It is decrypted in a slot of the client's own.
  public mutating func receive(_ datagram: RawSpan, from address: NetworkAddress, now: Instant) {
    guard datagram.byteCount <= Limits.datagramBytes else { return }
    datagram.withUnsafeBytes { slot.copyMemory(from: $0) }
    let result = transport?.receive(slot, length: datagram.byteCount, from: address, now: now)
    drainTransport(now: now)
    switch result {
    case .rtp(let length): receiveRTP(length: length, now: now)
    case .rtcp(let length): receiveRTCP(length: length, now: now)
    case .nothing, .dropped, nil: break
    }
  }

  /// Publishes from these devices and no others; nothing leaves before the transport is up.
  public mutating func setPublishing(_ sources: Set<MediaSource>, now: Instant) {
    wanted = sources
    applyPublishing(now: now)
  }

  /// Makes the next connectivity check due at once: the client's address has changed.
  public mutating func checkPath(now: Instant) { transport?.checkPath(now: now) }

  /// Ends the transport with a close_notify; only what `poll` still has is to be sent.
  public mutating func close(now: Instant) {
    transport?.close(now: now)
    drainTransport(now: now)
  }

  /// The next thing to do or to know, until nil.
  public mutating func poll() -> Output? {
    guard firstOutput < outputs.count else {
      outputs.removeAll(keepingCapacity: true)
      firstOutput = 0
      return nil
    }
    defer { firstOutput += 1 }
    return outputs[firstOutput]
  }

  /// When `handleDeadline` wants to be called.
  public var nextDeadline: Instant? {
    var deadline = transportDeadline
    guard isConnected else { return deadline }
    deadline = earliest(earliest(deadline, nextReport), feedback.nextDeadline)
    // By index: a track is large, and a copy of it with every packet would show.
    for index in published.indices where published[index].payloadTypes != nil {
      deadline = earliest(deadline, published[index].nextCapture)
    }
    for index in received.indices { deadline = earliest(deadline, received[index].nextDeadline) }
    return deadline
  }

  /// Does what is due: checks, sounds and frames, requests for repair, reports.
  public mutating func handleDeadline(now: Instant) {
    if let due = transportDeadline, due <= now { transport?.handleDeadline(now: now) }
    drainTransport(now: now)
    guard isConnected else { return }
    capture(now: now)
    sendFeedback(now: now)
    if let due = nextReport, due <= now { sendReports(now: now) }
  }

  /// The streams that the server sends, one a section.
  public var streams: [StreamAccount] { received.map(\.account) }

  /// Whether the server announced a stream of this SSRC, other than one of retransmissions.
  public func expects(_ ssrc: UInt32) -> Bool { received.contains { $0.section.ssrc == ssrc } }

  /// What the server reported last of the streams that are published.
  public var receptionReports: [ReportBlock] { published.compactMap(\.receptionReport) }

  /// When each frame of a device's loop was last sent; empty where it has no loop.
  public func sentTimes(of source: MediaSource) -> [Instant] {
    published.first { $0.source == source }?.sentTimes ?? []
  }

  /// Whether media can flow.
  public var isConnected: Bool {
    switch transport {
    case .some(let transport): transport.isConnected
    case nil: false
    }
  }

  private var transportDeadline: Instant? {
    switch transport {
    case .some(let transport): transport.nextDeadline
    case nil: nil
    }
  }

  /// Queues an output.
  mutating func emit(_ output: Output) { outputs.append(output) }

  /// Queues a datagram for the server.
  mutating func transmit(_ datagram: [UInt8]) {
    guard let address = transport?.remoteAddress else { return }
    outputs.append(.transmit(datagram, to: address))
  }

  /// Lets a track read the clear packet in the slot, and queues what it brings.
  mutating func deliver(
    _ header: RTPHeader, to index: Int, length: Int, isRetransmission: Bool, now: Instant
  ) {
    let packet = UnsafeRawBufferPointer(rebasing: slot[..<length])
    received[index].receive(
      header, in: packet.bytes, isRetransmission: isRetransmission, now: now,
      counters: &counters, outputs: &outputs)
  }

  private mutating func drainTransport(now: Instant) {
    while let output = transport?.poll() {
      switch output {
      case .transmit(let datagram, let address): emit(.transmit(datagram, to: address))
      case .connected:
        nextReport = now + .milliseconds(100)
        applyPublishing(now: now)
        emit(.connected)
      case .silent: emit(.silent)
      case .heard: emit(.heard)
      case .closed(let reason): emit(.closed(reason))
      case .movedTo, .bound, .unbound: break
      }
    }
  }
}
