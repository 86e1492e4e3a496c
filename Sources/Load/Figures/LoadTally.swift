import PeerClient
import Primitives
import Wire

/// A run's tally, which everybody in it adds to.
final class LoadTallyBox {
  var value = LoadTally()

  /// Counts an error by its reason.
  func fail(_ reason: String) { value.errors[reason, default: 0] += 1 }
}

/// What a run has measured so far. Participants add to it; what they still hold themselves comes
/// when they go.
struct LoadTally {
  // Joining.
  var joins = Histogram()
  var firstSounds = Histogram()
  var firstPictures = Histogram()
  var resumes = Histogram()
  var errors: [String: Int] = [:]

  // Tracks: one for each viewer and each device that another in the room publishes from.
  var tracksExpected = 0
  var tracksReceived = 0

  // Media.
  var sounds = LossAccount()
  var pictures = LossAccount()
  /// Packets that the server, by its reports, did not get the first time.
  var uplinkLost: UInt64 = 0
  var soundDelays = Histogram()
  var pictureDelays = Histogram()
  var soundJitter = Histogram()
  var pictureJitter = Histogram()
  var freezes = Histogram()
  var frozen = Duration.zero
  var client = PeerClientCounters()
  /// Seconds that participants were in their calls, added up.
  var attendance = Duration.zero

  // The tester itself.
  var overflows: UInt64 = 0
  var unsent: UInt64 = 0
  /// Whether the kernel gave every socket the receive buffer that it asked for.
  var hasFullBuffers = true
  /// How late sounds and frames were sent that had their time.
  var lateness = Histogram()

  mutating func addFreeze(_ span: Duration) {
    freezes.add(span)
    frozen = frozen + span
  }

  mutating func add(_ stream: PeerClient.StreamAccount) {
    switch stream.kind {
    case .audio: sounds.add(stream)
    case .video: pictures.add(stream)
    }
  }

  /// Received streams of either kind.
  var downlink: LossAccount {
    var all = sounds
    all.add(pictures)
    return all
  }
}

extension PeerClientCounters {
  /// Adds another client's.
  mutating func add(_ other: PeerClientCounters) {
    packetsSent += other.packetsSent
    retransmissionsSent += other.retransmissionsSent
    keyFrameRequests += other.keyFrameRequests
    packetsConfirmed += other.packetsConfirmed
    packetsReceived += other.packetsReceived
    recovered += other.recovered
    packetsAskedFor += other.packetsAskedFor
    keyFramesAskedFor += other.keyFramesAskedFor
    duplicates += other.duplicates
    discontinuities += other.discontinuities
    unannounced += other.unannounced
    unreadable += other.unreadable
  }
}
