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

  // What was decoded.
  var glassToGlass = Histogram()
  var mouthToEar = Histogram()
  var likeness = Likeness()
  var wrong: UInt64 = 0
  var undecodable: UInt64 = 0
  var undecoded: UInt64 = 0

  // The tester itself.
  var overflows: UInt64 = 0
  var unsent: UInt64 = 0
  /// Whether the kernel gave every socket the receive buffer that it asked for.
  var hasFullBuffers = true
  /// How late sounds and frames were sent that had their time.
  var lateness = Histogram()

  /// How like their originals pictures were, in decibels.
  struct Likeness {
    private var sum = 0.0
    private var count = 0
    private(set) var least: Double?
    var mean: Double? { count == 0 ? nil : sum / Double(count) }

    mutating func add(_ decibels: Double) {
      // A perfect picture has no finite likeness.
      let decibels = min(decibels, 99)
      sum += decibels
      count += 1
      least = min(least ?? decibels, decibels)
    }
  }

  /// Adds what was decoded; `sent` tells when a frame or sound of a loop last went out.
  mutating func add(
    _ finding: DecodeThread.Finding, sent: (DecodeThread.Stream, UInt32) -> Instant?
  ) {
    switch finding {
    case .picture(let stream, let number, let decibels, let time):
      likeness.add(decibels)
      if let sent = sent(stream, number) { glassToGlass.add(time - sent) }
    case .sound(let stream, let number, let time):
      if let sent = sent(stream, number) { mouthToEar.add(time - sent) }
    case .wrong: wrong += 1
    case .undecodable: undecodable += 1
    }
  }

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
