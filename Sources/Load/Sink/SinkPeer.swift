import PeerClient
import Primitives
import Runtime
import Security
import Transport
import Wire

/// One peer connection of a sink: its address, its transport, what it publishes and what comes.
final class SinkPeer {
  /// Between two reports of a stream.
  private static let reportInterval = Duration.seconds(1)
  /// Between two requests for a picture that has not come.
  private static let pictureInterval = Duration.milliseconds(500)

  let number: Int
  /// Its own address: the candidate that an offer names.
  let localAddress: NetworkAddress
  let credentials: ICECredentials
  let descriptionID: UInt64
  var sources: [SinkSource]
  var streams: [SinkStream] = []
  private(set) var counts = SinkPeerCounts()
  /// When the first packet of media was decrypted.
  private(set) var firstMedia: Instant?
  /// Set once the transport is over.
  private(set) var closeReason: TransportCloseReason?

  private var random: RandomSource
  private var transport: ClientTransport?
  private let socket: SinkSocket
  private let place: Int
  private var remote: NetworkAddress?
  private var path: SinkPath?
  private var nextReport: Instant?
  private var nextPictureRequest: Instant?
  private let reportSSRC: UInt32
  private let cname: String
  private var lastStream = 0

  /// Makes a peer connection at one of the addresses of a socket.
  init(
    number: Int, tracks: [SinkTrack], socket: SinkSocket, place: Int, random: RandomSource
  ) {
    self.number = number
    self.random = random
    self.socket = socket
    self.place = place
    localAddress = socket.address(at: place)
    credentials = ICECredentials(random: &self.random)
    descriptionID = self.random.next() >> 2
    reportSSRC = UInt32(truncatingIfNeeded: self.random.next())
    cname = self.random.string(length: 16)
    sources = []
    for track in tracks { sources.append(SinkSource(track: track, random: &self.random)) }
  }

  /// The canonical name that its streams share.
  var canonicalName: String { cname }

  /// Whether ICE and DTLS are up.
  var isConnected: Bool {
    switch transport {
    case .some(let transport): transport.isConnected
    case nil: false
    }
  }

  /// Begins to connect to the other side of a negotiation.
  func connect(
    to remote: NetworkAddress, plan: TransportPlan, certificate: Certificate,
    profiles: [SRTPProfile], now: Instant
  ) throws {
    self.remote = remote
    path = socket.path(from: place, to: remote)
    transport = try ClientTransport(
      plan: plan, candidates: [remote], certificate: certificate, profiles: profiles,
      random: random.fork(), now: now)
  }

  // MARK: Time

  /// When `handleDeadline` wants to be called.
  var nextDeadline: Instant? {
    let own = earliest(nextReport, nextPictureRequest)
    switch transport {
    case .some(let transport): return earliest(own, transport.nextDeadline)
    case nil: return own
    }
  }

  /// Does what is due: checks, handshakes, reports and requests.
  func handleDeadline(now: Instant) {
    transport?.handleDeadline(now: now)
    drainTransport(now: now)
    if let due = nextReport, due <= now { sendReports(now: now) }
    if let due = nextPictureRequest, due <= now { requestPictures(now: now) }
  }

  // MARK: Sending

  /// Sends what is due of a source: a frame, or a packet of it.
  func sendFrame(of source: Int, through outbox: inout SinkOutbox, now: Instant) {
    for place in sources[source].begin(now: now) {
      let slot = outbox.slot
      let (length, headerLength, index) = sources[source].write(to: slot, place: place, now: now)
      let protected = transport?.protectRTP(
        slot, length: length, headerLength: headerLength, index: index)
      if let protected { append(length: protected, to: &outbox) }
    }
    counts.unsent += UInt64(outbox.send(on: socket.descriptor))
  }

  private func append(length: Int, to outbox: inout SinkOutbox) {
    switch path {
    case .some(let path): outbox.append(length: length, along: path)
    case nil: break
    }
  }

  private func sendReports(now: Instant) {
    nextReport = now + Self.reportInterval
    for source in sources {
      guard let report = source.report(now: now) else { continue }
      send([.senderReport(report), description(of: source.ssrc)])
    }
    var blocks: [ReportBlock] = []
    for index in streams.indices {
      if let block = streams[index].takeReport(now: now) { blocks.append(block) }
    }
    for start in stride(from: 0, to: blocks.count, by: 31) {
      let part = Array(blocks[start..<min(start + 31, blocks.count)])
      send([
        .receiverReport(ReceiverReport(ssrc: reportSSRC, blocks: part)),
        description(of: reportSSRC),
      ])
    }
  }

  private func requestPictures(now: Instant) {
    nextPictureRequest = nil
    for stream in streams where stream.kind == .video && !stream.isFlowing {
      nextPictureRequest = now + Self.pictureInterval
      send([
        .pictureLossIndication(
          PictureLossIndication(senderSSRC: reportSSRC, mediaSSRC: stream.ssrc))
      ])
    }
  }

  private func description(of ssrc: UInt32) -> RTCPPacket {
    .sourceDescription(SourceDescription(chunks: [.init(ssrc: ssrc, cname: cname)]))
  }

  private func send(_ packets: [RTCPPacket]) {
    var bytes = RTCPPacket.bytes(of: packets)
    guard transport?.protectRTCP(&bytes) == true else { return }
    transmit(bytes)
  }

  private func transmit(_ datagram: [UInt8]) {
    switch path {
    case .some(let path): if !socket.send(datagram, along: path) { counts.unsent += 1 }
    case nil: break
    }
  }

  // MARK: Receiving

  /// Takes a datagram, which may be changed. True where `nextDeadline` may have come closer.
  func receive(
    _ datagram: UnsafeMutableRawBufferPointer, into delays: inout [Duration], now: Instant
  ) -> Bool {
    let bytes = UnsafeRawBufferPointer(datagram).bytes
    guard DatagramKind(bytes) == .rtp, datagram.count >= RTPHeader.fixedLength else {
      receiveControl(datagram, now: now)
      return true
    }
    guard let stream = find(bytes.uint32(at: 8)) else {
      counts.unannounced += 1
      return false
    }
    let isSample = streams[stream].receive(
      number: bytes.uint16(at: 2), timestamp: bytes.uint32(at: 4))
    if isSample { look(into: datagram, of: stream, delays: &delays, now: now) }
    return false
  }

  /// Whether a datagram from there is from the other side of the negotiation. Others are nothing to
  /// it, as they would be to a connected socket.
  func isRemote(_ source: NetworkAddress) -> Bool { remote == source }

  private func find(_ ssrc: UInt32) -> Int? {
    if lastStream < streams.count, streams[lastStream].ssrc == ssrc { return lastStream }
    for index in streams.indices where streams[index].ssrc == ssrc {
      lastStream = index
      return index
    }
    return nil
  }

  private func look(
    into datagram: UnsafeMutableRawBufferPointer, of stream: Int, delays: inout [Duration],
    now: Instant
  ) {
    guard let remote,
      case .rtp(let length) = transport?.receive(
        datagram, length: datagram.count, from: remote, now: now)
    else {
      counts.unreadable += 1
      streams[stream].sampleNext()
      return
    }
    let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(datagram)[..<length]).bytes
    guard let header = try? RTPHeader(parsing: bytes),
      let mark = Self.mark(in: bytes, header, kind: streams[stream].kind)
    else {
      counts.unreadable += 1
      return
    }
    if firstMedia == nil { firstMedia = now }
    streams[stream].look(at: mark, timestamp: header.timestamp)
    delays.append(now - mark.captured)
  }

  private static func mark(
    in bytes: RawSpan, _ header: RTPHeader, kind: MediaKind
  ) -> MediaMark? {
    let payload = header.payloadRange
    guard kind == .video else { return MediaMark(in: bytes, at: payload.dropFirst()) }
    guard let descriptor = try? VP8Descriptor(parsing: bytes, at: payload) else { return nil }
    return MediaMark(
      in: bytes, at: payload.dropFirst(descriptor.length + SinkSource.frameHeaderLength))
  }

  private func receiveControl(_ datagram: UnsafeMutableRawBufferPointer, now: Instant) {
    guard let remote else { return }
    let result = transport?.receive(datagram, length: datagram.count, from: remote, now: now)
    drainTransport(now: now)
    guard case .rtcp(let length) = result else { return }
    let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(datagram)[..<length]).bytes
    guard let packets = try? RTCPPacket.parse(bytes) else {
      counts.unreadable += 1
      return
    }
    for packet in packets { receive(packet, now: now) }
  }

  private func receive(_ packet: RTCPPacket, now: Instant) {
    switch packet {
    case .senderReport(let report):
      if let stream = find(report.ssrc) { streams[stream].receive(report, now: now) }
    case .pictureLossIndication(let indication): sendKeyFrame(of: indication.mediaSSRC)
    case .fullIntraRequest(let request):
      for entry in request.entries { sendKeyFrame(of: entry.ssrc) }
    case .genericNACK(let request): counts.askedAgain += UInt64(request.missing.count)
    default: break
    }
  }

  private func sendKeyFrame(of ssrc: UInt32) {
    counts.keyFrameRequests += 1
    for index in sources.indices where sources[index].ssrc == ssrc {
      sources[index].needsKeyFrame = true
    }
  }

  private func drainTransport(now: Instant) {
    while let output = transport?.poll() {
      switch output {
      case .transmit(let datagram, _): transmit(datagram)
      case .connected:
        nextReport = now + Self.reportInterval
        nextPictureRequest = now
      case .closed(let reason): closeReason = reason
      case .silent, .heard, .movedTo, .bound, .unbound: break
      }
    }
  }
}

/// What a peer connection counts beside its streams.
struct SinkPeerCounts {
  /// Packets with an SSRC that no description announced.
  var unannounced: UInt64 = 0
  /// Packets that should have been decrypted and could not, or had no mark.
  var unreadable: UInt64 = 0
  /// Datagrams that the kernel did not take.
  var unsent: UInt64 = 0
  /// Requests for a key frame.
  var keyFrameRequests: UInt64 = 0
  /// Packets that were asked for again. None is sent again: they are lost.
  var askedAgain: UInt64 = 0

  static func += (sum: inout SinkPeerCounts, counts: SinkPeerCounts) {
    sum.unannounced += counts.unannounced
    sum.unreadable += counts.unreadable
    sum.unsent += counts.unsent
    sum.keyFrameRequests += counts.keyFrameRequests
    sum.askedAgain += counts.askedAgain
  }
}
