import Primitives
import Wire

/// What the peers of the targets for relay and worker agreed on: the payload types and extension
/// ids of Chromium's offers, which the packets in the corpus have too.
enum FuzzAgreement {
  static let opus: UInt8 = 111
  static let red: UInt8 = 63
  static let vp8: UInt8 = 96
  static let rtx: UInt8 = 97

  /// Peer 0 takes RED and RTX; peer 1 neither; peer 2 takes both and publishes in three layers.
  static func plan(of peer: Int) -> MediaPlan {
    var extensions = ExtensionIDs()
    extensions.mid = 4
    extensions.rid = 10
    extensions.repairedRID = 11
    extensions.audioLevel = peer == 1 ? 0 : 1
    extensions.transportSequence = 3
    let isPlain = peer == 1
    let audio = PayloadTypes(primary: opus, redundancy: isPlain ? nil : red)
    let video = PayloadTypes(primary: vp8, retransmission: isPlain ? nil : rtx)
    let isLayered = peer == 2
    return MediaPlan(
      publish: [
        PublishSection(
          mid: "0", source: .microphone, payloadTypes: audio,
          streams: [AnnouncedStream(ssrc: ssrc(of: peer, .audio))]),
        PublishSection(
          mid: "1", source: .camera, payloadTypes: video,
          rids: isLayered ? ["q", "h", "f"] : [],
          streams: isLayered
            ? []
            : [
              AnnouncedStream(
                ssrc: ssrc(of: peer, .video), retransmissionSSRC: ssrc(of: peer, .repair))
            ]),
      ],
      seats: (0..<2).map { seat(at: $0, audio: audio, video: video) },
      extensions: extensions, cname: "peer \(peer)")
  }

  /// The streams of one peer or one seat.
  enum Stream: UInt32 {
    case audio = 1
    case video
    case repair
  }

  static func ssrc(of peer: Int, _ stream: Stream) -> UInt32 {
    UInt32(peer) << 8 | stream.rawValue
  }

  static func ssrc(ofSeat seat: Int, _ stream: Stream) -> UInt32 {
    0x0A00_0000 | UInt32(seat) << 8 | stream.rawValue
  }

  /// Which seat's stream an SSRC is.
  static func seat(of ssrc: UInt32) -> (seat: Int, stream: Stream)? {
    Stream(rawValue: ssrc & 0xFF).map { (Int(ssrc >> 8 & 0xFF), $0) }
  }

  private static func seat(at index: Int, audio: PayloadTypes, video: PayloadTypes) -> SeatPlan {
    SeatPlan(
      index: index, kind: .person,
      audio: ReceiveSection(
        mid: "a\(index)", kind: .audio, payloadTypes: audio, ssrc: ssrc(ofSeat: index, .audio)),
      video: ReceiveSection(
        mid: "v\(index)", kind: .video, payloadTypes: video, ssrc: ssrc(ofSeat: index, .video),
        retransmissionSSRC: video.retransmission.map { _ in ssrc(ofSeat: index, .repair) }))
  }
}
