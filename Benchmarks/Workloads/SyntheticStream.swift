import Primitives
import Wire

/// What the people in the benchmarks agreed on.
enum Agreed {
  static let opus: UInt8 = 111
  static let vp8: UInt8 = 96
  static let rtx: UInt8 = 97

  /// The header extensions of everybody.
  static var extensions: ExtensionIDs {
    var ids = ExtensionIDs()
    ids.audioLevel = 1
    ids.transportSequence = 3
    ids.mid = 4
    return ids
  }

  /// What the microphone and the camera of a publisher are sent on.
  static func publishing(_ publisher: Int) -> [PublishSection] {
    [
      PublishSection(
        mid: "0", source: .microphone, payloadTypes: PayloadTypes(primary: opus),
        streams: [AnnouncedStream(ssrc: SyntheticStream.audioSSRC(publisher))]),
      PublishSection(
        mid: "1", source: .camera,
        payloadTypes: PayloadTypes(primary: vp8, retransmission: rtx),
        streams: [
          AnnouncedStream(
            ssrc: SyntheticStream.videoSSRC(publisher),
            retransmissionSSRC: SyntheticStream.videoSSRC(publisher) + 1)
        ]),
    ]
  }

  /// Person seats to receive on.
  static func seats(_ count: Int) -> [SeatPlan] {
    (0..<count).map { seat in
      let ssrc = 0x0A00_0000 + UInt32(4 * seat)
      return SeatPlan(
        index: seat, kind: .person,
        audio: ReceiveSection(
          mid: "a\(seat)", kind: .audio, payloadTypes: PayloadTypes(primary: opus), ssrc: ssrc),
        video: ReceiveSection(
          mid: "v\(seat)", kind: .video,
          payloadTypes: PayloadTypes(primary: vp8, retransmission: rtx), ssrc: ssrc + 1,
          retransmissionSSRC: ssrc + 2))
    }
  }

  /// The plan of somebody who publishes, by a number of their own, or not, and has seats.
  static func plan(publisher: Int?, seats count: Int) -> MediaPlan {
    MediaPlan(
      publish: publisher.map(publishing) ?? [], seats: seats(count), extensions: extensions,
      cname: "benchmark")
  }
}

/// A publisher's packets of one kind and one size, in the clear.
struct SyntheticStream {
  /// Time between two frames in the benchmarks: so short that nothing falls due within a run, and
  /// that longer than a tick of the media's clock.
  static let frameInterval = Duration.microseconds(25)
  /// Bytes of a packet of sound, and of one of pictures.
  static let audioBytes = 130
  static let videoBytes = 1_100

  let kind: MediaKind
  /// Bytes in a packet, its header included.
  let size: Int
  /// Packets in a frame.
  let burst: Int
  private let ssrc: UInt32
  private var index: UInt64 = 1_000
  private var transportSequence: UInt16 = 0
  private var pictureID: UInt16 = 0
  private var baseLayerIndex: UInt8 = 0
  private var isKeyFrame = true

  static func audioSSRC(_ publisher: Int) -> UInt32 { UInt32(publisher) << 8 | 1 }
  static func videoSSRC(_ publisher: Int) -> UInt32 { UInt32(publisher) << 8 | 2 }

  /// Frames of one packet of Opus, or of `burst` packets of VP8, by a publisher of that number.
  init(_ kind: MediaKind, of publisher: Int, size: Int, burst: Int) {
    self.kind = kind
    self.size = size
    self.burst = burst
    ssrc = kind == .audio ? Self.audioSSRC(publisher) : Self.videoSSRC(publisher)
  }

  /// Sound in small packets, pictures in large ones.
  static func of(size: Int, publisher: Int = 1) -> SyntheticStream {
    size <= audioBytes
      ? SyntheticStream(.audio, of: publisher, size: size, burst: 1)
      : SyntheticStream(.video, of: publisher, size: size, burst: 4)
  }

  /// One packet of a frame, as it stands in a slot.
  struct Written {
    var length: Int
    var headerLength: Int
    /// The SRTP packet index.
    var index: UInt64
  }

  /// Writes packet number `position` of the frame that is captured at `now`.
  mutating func write(
    _ position: Int, at now: Instant, to slot: UnsafeMutableRawBufferPointer
  ) -> Written {
    index += 1
    transportSequence &+= 1
    let ticks = (now - .origin).ticks(at: kind.clockRate)
    let header = RTPHeader(
      payloadType: kind == .audio ? Agreed.opus : Agreed.vp8,
      sequenceNumber: UInt16(truncatingIfNeeded: index),
      timestamp: UInt32(truncatingIfNeeded: ticks), ssrc: ssrc,
      marker: kind == .video && position == burst - 1)
    var bytes = slot.mutableBytes
    header.write(to: &bytes)
    var extensions = HeaderExtensionWriter()
    extensions.append(
      id: Agreed.extensions.transportSequence, transportSequence, to: &bytes)
    if kind == .audio {
      let level = AudioLevel(isVoice: true, attenuation: 30)
      extensions.append(id: Agreed.extensions.audioLevel, level.byte, to: &bytes)
    }
    let headerLength = extensions.finish(&bytes)
    if kind == .video { writeDescriptor(position, to: slot, at: headerLength) }
    return Written(length: size, headerLength: headerLength, index: index)
  }

  /// A VP8 payload descriptor with a picture id of 15 bits and TL0PICIDX (RFC 7741 section 4.2),
  /// and the first byte of the payload header, which says whether it is a key frame.
  private mutating func writeDescriptor(
    _ position: Int, to slot: UnsafeMutableRawBufferPointer, at start: Int
  ) {
    if position == 0 {
      pictureID = (pictureID + 1) & 0x7FFF
      baseLayerIndex &+= 1
    }
    slot[start] = 0x80 | (position == 0 ? 0x10 : 0)
    slot[start + 1] = 0xC0
    slot[start + 2] = 0x80 | UInt8(pictureID >> 8)
    slot[start + 3] = UInt8(pictureID & 0xFF)
    slot[start + 4] = baseLayerIndex
    slot[start + 5] = isKeyFrame ? 0 : 1
    if position == burst - 1 { isKeyFrame = false }
  }
}
