import Load
import Primitives
import Wire

/// What people do in one kind of room, and how many such rooms the default load has.
struct PeerScenario {
  /// How packets of a stream lie in time.
  enum Spacing: String, CaseIterable {
    /// Frames of four packets, the time between all packets the same.
    case even
    /// Frames of four packets at once.
    case burst
  }

  let name: String
  /// What it is, in a few words.
  let title: String
  /// Those who publish.
  let publishers: Int
  /// Those who only receive.
  let viewers: Int
  /// Whether those who publish receive each other.
  let isAllToAll: Bool
  /// Sounds and pictures a second that each publisher sends.
  let audioRate: Int
  let videoRate: Int
  /// Rooms of the default load.
  let rooms: Int

  /// Bytes of payload in a sound, and in a packet of video.
  private static let audioBytes = 100
  private static let videoBytes = 1_100

  /// The four that are compared; `receivers` are the viewers of S2.
  static func all(receivers: Int) -> [PeerScenario] {
    [
      PeerScenario(
        name: "S1", title: "rooms of 3, sound and video", publishers: 3, viewers: 0,
        isAllToAll: true, audioRate: 50, videoRate: 100, rooms: 10),
      PeerScenario(
        name: "S2", title: "one video to \(receivers)", publishers: 1, viewers: receivers,
        isAllToAll: false, audioRate: 0, videoRate: 300, rooms: 1),
      PeerScenario(
        name: "S3", title: "12 all to all, sound and video", publishers: 12, viewers: 0,
        isAllToAll: true, audioRate: 50, videoRate: 100, rooms: 1),
      PeerScenario(
        name: "S4", title: "30 all to all, sound", publishers: 30, viewers: 0, isAllToAll: true,
        audioRate: 50, videoRate: 0, rooms: 1),
    ]
  }

  /// What each publisher sends.
  func tracks(_ spacing: Spacing) -> [SinkTrack] {
    var tracks: [SinkTrack] = []
    if audioRate > 0 {
      tracks.append(
        SinkTrack(source: .microphone, rate: audioRate, payloadBytes: Self.audioBytes))
    }
    if videoRate > 0 {
      tracks.append(
        SinkTrack(
          source: .camera, rate: videoRate, payloadBytes: Self.videoBytes,
          packetsPerFrame: 4, isPaced: spacing == .even))
    }
    return tracks
  }

  var hasVideo: Bool { videoRate > 0 }
  /// People whom each receiver sees or hears.
  var feeds: Int { isAllToAll ? publishers - 1 : publishers }
  /// Streams that one room has on the way out.
  var streams: Int {
    let perFeed = (audioRate > 0 ? 1 : 0) + (videoRate > 0 ? 1 : 0)
    return (viewers + (isAllToAll ? publishers : 0)) * feeds * perFeed
  }
  /// Packets a second that one room has on the way out.
  var forwardedRate: Int {
    (viewers + (isAllToAll ? publishers : 0)) * feeds * (audioRate + videoRate)
  }
}
