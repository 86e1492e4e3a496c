import Primitives
import Wire

@testable import Relay

/// The numbers that a synthetic client agreed on. Publishers and viewers differ in all of them.
enum Agreed {
  static let opus: UInt8 = 111
  static let red: UInt8 = 63
  static let vp8: UInt8 = 96
  static let rtx: UInt8 = 97

  static let viewerOpus: UInt8 = 109
  static let viewerRED: UInt8 = 115
  static let viewerVP8: UInt8 = 120
  static let viewerRTX: UInt8 = 124

  static var publisherExtensions: ExtensionIDs {
    var ids = ExtensionIDs()
    ids.mid = 4
    ids.rid = 10
    ids.repairedRID = 11
    ids.audioLevel = 1
    ids.transportSequence = 3
    return ids
  }

  static var viewerExtensions: ExtensionIDs {
    var ids = ExtensionIDs()
    ids.audioLevel = 7
    return ids
  }

  /// SSRCs of a viewer's seat.
  static func audioSSRC(seat: Int) -> UInt32 { 0x0A00_0000 + UInt32(seat) }
  static func videoSSRC(seat: Int) -> UInt32 { 0x0B00_0000 + UInt32(seat) }
  static func rtxSSRC(seat: Int) -> UInt32 { 0x0C00_0000 + UInt32(seat) }

  static func viewer(
    seats: Int = 2, isRepaired: Bool = true, hasRED: Bool = false
  ) -> MediaPlan {
    let plans = (0..<seats).map { index in
      SeatPlan(
        index: index, kind: .person,
        audio: ReceiveSection(
          mid: "a\(index)", kind: .audio,
          payloadTypes: PayloadTypes(
            primary: viewerOpus, redundancy: hasRED ? viewerRED : nil),
          ssrc: audioSSRC(seat: index)),
        video: ReceiveSection(
          mid: "v\(index)", kind: .video,
          payloadTypes: PayloadTypes(
            primary: viewerVP8, retransmission: isRepaired ? viewerRTX : nil),
          ssrc: videoSSRC(seat: index),
          retransmissionSSRC: isRepaired ? rtxSSRC(seat: index) : nil))
    }
    return MediaPlan(seats: plans, extensions: viewerExtensions, cname: "viewer")
  }
}

/// A publisher of synthetic Opus and VP8 with clocks of its own.
struct SyntheticPublisher {
  /// Its number, which marks every packet.
  let number: UInt16
  /// How far its wall clock is ahead of the relay's, and its RTP clocks' readings at the origin.
  var clockOffset: Duration
  var audioClock: UInt32
  var videoClock: UInt32
  var audioSequence: UInt16
  var videoSequence: UInt16
  var transportSequence: UInt16 = 0
  var pictureID: UInt16
  var baseLayerIndex: UInt8
  var hasLongPictureID = true
  private var rtxSequence: UInt16 = 100
  private var packetNumber: UInt32 = 0

  init(number: UInt16, random: inout RandomSource) {
    self.number = number
    clockOffset = .milliseconds(Int(random.next() % 100_000_000))
    audioClock = UInt32(truncatingIfNeeded: random.next())
    videoClock = UInt32(truncatingIfNeeded: random.next())
    audioSequence = UInt16(truncatingIfNeeded: random.next())
    videoSequence = UInt16(truncatingIfNeeded: random.next())
    pictureID = UInt16(truncatingIfNeeded: random.next()) & 0x7FFF
    baseLayerIndex = UInt8(truncatingIfNeeded: random.next())
  }

  init(number: UInt16) {
    var random = RandomSource(seed: UInt64(number))
    self.init(number: number, random: &random)
  }

  var audioSSRC: UInt32 { UInt32(number) << 8 | 1 }
  var videoSSRC: UInt32 { UInt32(number) << 8 | 2 }
  var rtxSSRC: UInt32 { UInt32(number) << 8 | 3 }

  var plan: MediaPlan {
    MediaPlan(
      publish: [
        PublishSection(
          mid: "0", source: .microphone,
          payloadTypes: PayloadTypes(primary: Agreed.opus, redundancy: Agreed.red),
          streams: [AnnouncedStream(ssrc: audioSSRC)]),
        PublishSection(
          mid: "1", source: .camera,
          payloadTypes: PayloadTypes(primary: Agreed.vp8, retransmission: Agreed.rtx),
          streams: [AnnouncedStream(ssrc: videoSSRC, retransmissionSSRC: rtxSSRC)]),
      ], extensions: Agreed.publisherExtensions, cname: "publisher\(number)")
  }

  mutating func mark() -> PacketMark {
    packetNumber += 1
    return PacketMark(publisher: number, number: packetNumber)
  }

  /// A packet of sound that was captured at `capture`.
  mutating func audio(at capture: Instant, level: UInt8? = nil) -> [UInt8] {
    let elements = level.map { [(id: UInt8(1), bytes: [$0])] } ?? []
    return packet(
      type: Agreed.opus, sequence: takeAudioSequence(), timestamp: audioTimestamp(at: capture),
      ssrc: audioSSRC, elements: elements, payload: [0x78, 1, 2, 3] + mark().bytes)
  }

  /// The packets of a picture that was captured at `capture`.
  mutating func picture(
    at capture: Instant, isKeyFrame: Bool = false, packets: Int = 2
  ) -> [[UInt8]] {
    pictureID = (pictureID + 1) & (hasLongPictureID ? 0x7FFF : 0x7F)
    baseLayerIndex &+= 1
    return (0..<packets).map { index in
      let start: UInt8 = index == 0 ? 0x10 : 0
      let id: [UInt8] =
        hasLongPictureID
        ? [0x80 | UInt8(pictureID >> 8), UInt8(pictureID & 255)] : [UInt8(pictureID & 0x7F)]
      let descriptor = [0x80 | start, 0xC0] + id + [baseLayerIndex]
      let body: [UInt8] = [isKeyFrame ? 0x00 : 0x01, 9, 9]
      defer { videoSequence &+= 1 }
      return packet(
        type: Agreed.vp8, sequence: videoSequence, timestamp: videoTimestamp(at: capture),
        ssrc: videoSSRC, marker: index == packets - 1, payload: descriptor + body + mark().bytes)
    }
  }

  /// A packet of the camera with padding alone.
  mutating func padding(at capture: Instant) -> [UInt8] {
    defer { videoSequence &+= 1 }
    var bytes = packet(
      type: Agreed.vp8, sequence: videoSequence, timestamp: videoTimestamp(at: capture),
      ssrc: videoSSRC, payload: [0, 0, 0, 4])
    bytes[0] |= 0x20
    return bytes
  }

  /// The retransmission of a packet of the camera.
  mutating func retransmission(of original: [UInt8]) -> [UInt8] {
    rtxSequence &+= 1
    var bytes = original
    bytes[1] = original[1] & 0x80 | Agreed.rtx
    bytes.replaceSubrange(2..<4, with: [UInt8(rtxSequence >> 8), UInt8(rtxSequence & 255)])
    bytes.replaceSubrange(8..<12, with: Self.bytes(rtxSSRC))
    bytes.insert(contentsOf: original[2..<4], at: 12)
    return bytes
  }

  /// The sender reports of both streams at `instant` of the relay's clock.
  func reports(at instant: Instant) -> [RTCPPacket] {
    let time = NTPTime(at: instant + clockOffset).value
    return [
      .senderReport(
        SenderReport(
          ssrc: audioSSRC, ntpTime: time, rtpTimestamp: audioTimestamp(at: instant),
          packetCount: 1, octetCount: 1)),
      .senderReport(
        SenderReport(
          ssrc: videoSSRC, ntpTime: time, rtpTimestamp: videoTimestamp(at: instant),
          packetCount: 1, octetCount: 1)),
    ]
  }

  func audioTimestamp(at instant: Instant) -> UInt32 {
    audioClock &+ UInt32(truncatingIfNeeded: (instant - .origin).ticks(at: 48_000))
  }
  func videoTimestamp(at instant: Instant) -> UInt32 {
    videoClock &+ UInt32(truncatingIfNeeded: (instant - .origin).ticks(at: 90_000))
  }

  /// An RTP packet with one-byte header extension elements.
  func packet(
    type: UInt8, sequence: UInt16, timestamp: UInt32, ssrc: UInt32, marker: Bool = false,
    elements: [(id: UInt8, bytes: [UInt8])] = [], payload: [UInt8]
  ) -> [UInt8] {
    var bytes: [UInt8] = [
      elements.isEmpty ? 0x80 : 0x90, (marker ? 0x80 : 0) | type, UInt8(sequence >> 8),
      UInt8(sequence & 255),
    ]
    bytes += Self.bytes(timestamp) + Self.bytes(ssrc)
    if !elements.isEmpty {
      var block: [UInt8] = []
      for element in elements {
        block += [element.id << 4 | UInt8(element.bytes.count - 1)] + element.bytes
      }
      while block.count % 4 != 0 { block.append(0) }
      bytes += [0xBE, 0xDE, 0, UInt8(block.count / 4)] + block
    }
    return bytes + payload
  }

  private mutating func takeAudioSequence() -> UInt16 {
    defer { audioSequence &+= 1 }
    return audioSequence
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
  }
}
