import PeerClient
import Primitives
import Wire

/// A published stream whose packets are made from a template: only what differs is written.
struct SinkSource {
  let track: SinkTrack
  let ssrc: UInt32
  /// When the next frame or sound goes out; nil while nothing is sent.
  private(set) var nextDue: Instant?
  /// Has the next frame say that it is a key frame.
  var needsKeyFrame = true
  /// Packets that were sent.
  private(set) var sent: UInt64 = 0
  /// What `sent` was when measuring began.
  var baseline: UInt64 = 0

  private var index: UInt64
  private var nextPlace = 0
  private var pictureID: UInt16
  private var number: UInt32 = 0
  private var template: [UInt8] = []
  private var headerLength = 0
  private var timestamp: UInt32 = 0
  private let timestampOffset: UInt32

  /// Bytes of the payload descriptor in front of each VP8 packet.
  private static let descriptorLength = 6
  /// Bytes of a key frame's header (RFC 6386 section 9.1); other frames leave as much room.
  static let frameHeaderLength = 10
  /// Where `MediaMark` has its number, and the time of capture.
  private static let numberOffset = 8
  private static let captureOffset = 16

  init(track: SinkTrack, random: inout RandomSource) {
    self.track = track
    ssrc = UInt32(truncatingIfNeeded: random.next()) | 1
    // Below 2^15, so that a lost first packet cannot be taken for a roll-over.
    index = random.next() & 0x7FFF
    pictureID = UInt16(truncatingIfNeeded: random.next() & 0x7FFF)
    timestampOffset = UInt32(truncatingIfNeeded: random.next())
  }

  /// Whether a session description has said how packets are to look.
  var isPrepared: Bool { !template.isEmpty }

  private var markOffset: Int {
    headerLength
      + (track.source.kind == .audio ? 1 : Self.descriptorLength + Self.frameHeaderLength)
  }

  /// Makes the template. `publisher` stands in the marks; `audioLevelID` is 0 without the
  /// extension.
  mutating func prepare(publisher: UInt32, payloadType: UInt8, audioLevelID: UInt8) {
    var header = [UInt8](repeating: 0, count: 32)
    headerLength = header.withUnsafeMutableBytes { slot in
      var bytes = slot.mutableBytes
      var writer = HeaderExtensionWriter()
      RTPHeader(payloadType: payloadType, sequenceNumber: 0, timestamp: 0, ssrc: ssrc)
        .write(to: &bytes)
      if track.source.kind == .audio {
        let level = AudioLevel(isVoice: true, attenuation: 30)
        writer.append(id: audioLevelID, level.byte, to: &bytes)
      }
      return writer.finish(&bytes)
    }
    var payload = ByteWriter(capacity: track.payloadBytes)
    switch track.source.kind {
    // A table-of-contents byte (RFC 6716 section 3.1): CELT, full band, 20 ms, mono.
    case .audio: payload.write(UInt8(0xF8))
    case .video:
      // Picture id, base layer index and layer (RFC 7741 section 4.2), written later.
      payload.write([0x80, 0xE0, 0x80, 0, 0, 0])
      payload.write(repeatElement(0, count: Self.frameHeaderLength))
    }
    MediaMark(publisher: publisher, source: track.source, number: 0, captured: .origin)
      .write(to: &payload)
    payload.write(repeatElement(0x5A, count: max(0, track.payloadBytes - payload.count)))
    template = header.prefix(headerLength) + payload.bytes
  }

  /// Begins with a frame that is due at an instant, or ends where that is nil.
  mutating func setSending(from due: Instant?) {
    nextDue = due
    nextPlace = 0
    needsKeyFrame = true
  }

  /// Begins what is due: the packets of a frame, or its next one; answers with their places, to be
  /// written one after the other. A frame's timestamp is that of now, however late it is: a camera
  /// that is held up shows what is there.
  mutating func begin(now: Instant) -> Range<Int> {
    guard let due = nextDue else { return 0..<0 }
    nextDue = due + track.interval
    let places = nextPlace..<nextPlace + track.packetsAtOnce
    nextPlace = places.upperBound % track.packetsPerFrame
    if places.lowerBound == 0 { beginFrame(now: now) }
    return places
  }

  private mutating func beginFrame(now: Instant) {
    let ticks = (now - .origin).ticks(at: track.source.kind.clockRate)
    timestamp = timestampOffset &+ UInt32(truncatingIfNeeded: ticks)
    number &+= 1
    pictureID = (pictureID + 1) & 0x7FFF
  }

  /// Writes the packet of the frame at `place`; its length, that of its header, and its index.
  mutating func write(
    to slot: UnsafeMutableRawBufferPointer, place: Int, now: Instant
  ) -> (length: Int, headerLength: Int, index: UInt64) {
    slot.copyBytes(from: template)
    var bytes = slot.mutableBytes
    if place == track.packetsPerFrame - 1 { bytes.store(template[1] | 0x80, at: 1) }
    bytes.store(UInt16(truncatingIfNeeded: index), at: 2)
    bytes.store(timestamp, at: 4)
    bytes.store(number, at: markOffset + Self.numberOffset)
    let captured = UInt64(bitPattern: now.nanoseconds)
    bytes.store(UInt32(truncatingIfNeeded: captured >> 32), at: markOffset + Self.captureOffset)
    bytes.store(UInt32(truncatingIfNeeded: captured), at: markOffset + Self.captureOffset + 4)
    if track.source.kind == .video { writeVideo(to: &bytes, isStart: place == 0) }
    defer {
      index += 1
      sent += 1
    }
    return (template.count, headerLength, index)
  }

  private mutating func writeVideo(to bytes: inout MutableRawSpan, isStart: Bool) {
    bytes.store(0x8000 | pictureID, at: headerLength + 2)
    bytes.store(UInt8(truncatingIfNeeded: pictureID), at: headerLength + 4)
    guard isStart else { return }
    bytes.store(UInt8(0x90), at: headerLength)
    let start = headerLength + Self.descriptorLength
    guard needsKeyFrame else {
      bytes.store(UInt8(0x11), at: start)
      return
    }
    needsKeyFrame = false
    // Frame tag, start code, and a picture of 640 by 360 (RFC 6386 section 9.1).
    for (offset, byte) in [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01].enumerated() {
      bytes.store(UInt8(byte), at: start + offset)
    }
  }

  /// What a sender report says; nil before the first packet.
  func report(now: Instant) -> SenderReport? {
    guard sent > 0 else { return nil }
    let ticks = (now - .origin).ticks(at: track.source.kind.clockRate)
    return SenderReport(
      ssrc: ssrc, ntpTime: Self.ntpTime(at: now),
      rtpTimestamp: timestampOffset &+ UInt32(truncatingIfNeeded: ticks),
      packetCount: UInt32(truncatingIfNeeded: sent),
      octetCount: UInt32(truncatingIfNeeded: sent * UInt64(track.payloadBytes)))
  }

  /// The NTP time (RFC 5905 section 6) of a clock whose origin lies somewhere in 2026.
  private static func ntpTime(at now: Instant) -> UInt64 {
    let time = now.nanoseconds.magnitude
    return (time / 1_000_000_000 + 3_976_300_800) << 32
      | (time % 1_000_000_000 << 32) / 1_000_000_000
  }
}
