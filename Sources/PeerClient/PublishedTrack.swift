import Primitives
import Wire

/// A source and its RTP stream: Opus sounds of 20 ms, or VP8 frames of a few packets; synthetic, or
/// those of a prepared loop.
struct PublishedTrack {
  let source: MediaSource
  let mid: String
  /// The SSRCs, with one for retransmissions on video.
  let stream: AnnouncedStream
  /// What the answer took; nil while it takes nothing.
  var payloadTypes: PayloadTypes?
  /// When the next sound or frame is captured; nil while nothing is published.
  private(set) var nextCapture: Instant?
  /// Asks for a key frame as the next frame.
  var needsKeyFrame = true
  private(set) var packetCount: UInt32 = 0

  private let timestampOffset: UInt32
  private var index: UInt64
  private var retransmissionIndex: UInt64
  private var number: UInt32 = 0
  private var pictureID: UInt16
  private var baseLayerIndex: UInt8
  private var octetCount: UInt32 = 0
  private var lastSound: (payload: [UInt8], timestamp: UInt32)?
  private var history: [OutgoingPacket?]
  private let loop: MediaLoop?
  /// The place in the loop of what comes next.
  private var place = 0
  /// When each of the loop's frames was last sent.
  private(set) var sentTimes: [Instant]
  /// The last word of the other side on the stream.
  var receptionReport: ReportBlock?

  init(
    source: MediaSource, mid: String, stream: AnnouncedStream, loop: MediaLoop?,
    random: inout RandomSource
  ) {
    self.source = source
    self.loop = loop
    sentTimes = Array(repeating: .origin, count: loop?.count ?? 0)
    self.mid = mid
    self.stream = stream
    timestampOffset = UInt32(truncatingIfNeeded: random.next())
    // Below 2^15, so that a lost first packet cannot be taken for a roll-over.
    index = random.next() & 0x7FFF
    retransmissionIndex = random.next() & 0x7FFF
    pictureID = UInt16(truncatingIfNeeded: random.next() & 0x7FFF)
    baseLayerIndex = UInt8(truncatingIfNeeded: random.next())
    history = Array(repeating: nil, count: 512)
  }

  /// Begins or ends capturing.
  mutating func setPublishing(_ isPublishing: Bool, now: Instant) {
    guard isPublishing != (nextCapture != nil) else { return }
    nextCapture = isPublishing ? now : nil
    needsKeyFrame = true
  }

  /// The packets of the sound or frame that is due.
  mutating func capture(_ form: PeerClient.Configuration, now: Instant) -> [OutgoingPacket] {
    guard let due = nextCapture, due <= now, let types = payloadTypes else { return [] }
    let usual = source.kind == .audio ? Duration.milliseconds(20) : form.frameInterval
    let interval = loop?.interval ?? usual
    nextCapture = max(due + interval, now)
    let mark = MediaMark(
      publisher: form.publisher, source: source, number: number, captured: now)
    number &+= 1
    let packets =
      source.kind == .audio
      ? [sound(mark, types, isRedundant: form.isRedundant)] : frame(mark, types, form)
    needsKeyFrame = false
    if let loop { place = (place + 1) % loop.count }
    for packet in packets {
      history[Int(packet.index % UInt64(history.count))] = packet
      packetCount &+= 1
      octetCount &+= UInt32(packet.payloadLength)
    }
    return packets
  }

  /// The retransmission of a packet that was asked for (RFC 4588); nil where it is too old.
  mutating func retransmission(of number: UInt16) -> OutgoingPacket? {
    guard let type = payloadTypes?.retransmission, let ssrc = stream.retransmissionSSRC,
      var packet = history[Int(number) % history.count],
      UInt16(truncatingIfNeeded: packet.index) == number
    else { return nil }
    packet.prefix.insert(
      contentsOf: [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)],
      at: 0)
    packet.payloadType = type
    packet.ssrc = ssrc
    packet.index = retransmissionIndex
    retransmissionIndex += 1
    return packet
  }

  /// What a sender report says now.
  func report(clockOffset: Duration, now: Instant) -> SenderReport {
    SenderReport(
      ssrc: stream.ssrc, ntpTime: UInt64(ntpTimeAt: now, clockOffset: clockOffset),
      rtpTimestamp: timestamp(at: now), packetCount: packetCount, octetCount: octetCount)
  }

  private func timestamp(at now: Instant) -> UInt32 {
    let ticks = (now - .origin).ticks(at: source.kind.clockRate)
    return timestampOffset &+ UInt32(truncatingIfNeeded: ticks)
  }

  private mutating func sound(
    _ mark: MediaMark, _ types: PayloadTypes, isRedundant: Bool
  ) -> OutgoingPacket {
    let timestamp = timestamp(at: mark.captured)
    let payload = soundPayload(mark)
    var packet = OutgoingPacket(
      payloadType: types.primary, ssrc: stream.ssrc, index: takeIndex(), timestamp: timestamp,
      marker: mark.number == 0, payload: payload,
      level: AudioLevel(isVoice: true, attenuation: 30))
    if isRedundant, let type = types.redundancy {
      packet.payloadType = type
      packet.payload = redundant(payload, at: timestamp, primary: types.primary)
    }
    lastSound = (payload, timestamp)
    return packet
  }

  private mutating func soundPayload(_ mark: MediaMark) -> [UInt8] {
    if let loop {
      sentTimes[place] = mark.captured
      return loop.units[place].packets[0] + mark.bytes
    }
    var writer = ByteWriter(capacity: 64)
    // A table-of-contents byte (RFC 6716 section 3.1): CELT, full band, 20 ms, mono.
    writer.write(UInt8(0xF8))
    mark.write(to: &writer)
    writer.pad(to: 40)
    return writer.bytes
  }

  /// The last sound and this one in one payload (RFC 2198 section 3).
  private func redundant(_ sound: [UInt8], at timestamp: UInt32, primary: UInt8) -> [UInt8] {
    var writer = ByteWriter(capacity: 100)
    if let lastSound, timestamp &- lastSound.timestamp < 1 << 14 {
      let offset = UInt32(timestamp &- lastSound.timestamp)
      writer.write(0x80 | primary)
      writer.writeUInt24(offset << 10 | UInt32(lastSound.payload.count))
      writer.write(primary)
      writer.write(lastSound.payload)
    } else {
      writer.write(primary)
    }
    writer.write(sound)
    return writer.bytes
  }

  private mutating func frame(
    _ mark: MediaMark, _ types: PayloadTypes, _ form: PeerClient.Configuration
  ) -> [OutgoingPacket] {
    pictureID = (pictureID + 1) & 0x7FFF
    baseLayerIndex &+= 1
    let timestamp = timestamp(at: mark.captured)
    let (payloads, trailer) =
      loop.map { prepared(mark, $0) } ?? (synthetic(mark, form), [])
    return payloads.indices.map { packet in
      OutgoingPacket(
        payloadType: types.primary, ssrc: stream.ssrc, index: takeIndex(), timestamp: timestamp,
        marker: packet == payloads.count - 1, prefix: descriptor(isStart: packet == 0),
        payload: payloads[packet], trailer: packet == payloads.count - 1 ? trailer : [])
    }
  }

  /// The next frame of the loop, or its next key frame where one is wanted.
  private mutating func prepared(
    _ mark: MediaMark, _ loop: MediaLoop
  ) -> (payloads: [[UInt8]], trailer: [UInt8]) {
    if needsKeyFrame { place = loop.keyFrame(from: place) }
    sentTimes[place] = mark.captured
    var mark = mark
    mark.packets = UInt16(truncatingIfNeeded: loop.units[place].packets.count)
    return (loop.units[place].packets, mark.bytes)
  }

  private func synthetic(_ mark: MediaMark, _ form: PeerClient.Configuration) -> [[UInt8]] {
    (0..<form.packetsPerFrame).map { packet in
      var mark = mark
      mark.packet = UInt8(truncatingIfNeeded: packet)
      mark.packets = UInt16(truncatingIfNeeded: form.packetsPerFrame)
      var writer = ByteWriter(capacity: form.payloadBytes)
      // The VP8 payload header (RFC 7741 section 4.3), whose last bit is clear in a key frame.
      writer.write(UInt8(packet == 0 ? (needsKeyFrame ? 0x10 : 0x11) : 0))
      mark.write(to: &writer)
      let length = form.payloadBytes - Self.descriptorBytes
      writer.write(repeatElement(0, count: max(0, length - writer.count)))
      return writer.bytes
    }
  }

  /// A payload descriptor (RFC 7741 section 4.2) with a picture id of 15 bits and a layer index.
  private func descriptor(isStart: Bool) -> [UInt8] {
    var writer = ByteWriter(capacity: Self.descriptorBytes)
    writer.write(UInt8(isStart ? 0x90 : 0x80))
    writer.write(UInt8(0xE0))
    writer.write(0x8000 | pictureID)
    writer.write(baseLayerIndex)
    writer.write(UInt8(0))
    return writer.bytes
  }

  private static let descriptorBytes = 6

  private mutating func takeIndex() -> UInt64 {
    defer { index += 1 }
    return index
  }
}
