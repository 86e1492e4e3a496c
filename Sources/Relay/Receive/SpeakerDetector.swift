import Primitives
import Wire

/// Tells who has been speaking in the last moments, by the audio levels that publishers send
/// (RFC 6464).
///
/// Loudness is smoothed, there are two thresholds, and the answer changes at most every 300 ms.
struct SpeakerDetector {
  private struct Voice {
    var peer: Handle
    /// Smoothed loudness: 0 is silence, 127 the loudest possible; times 16.
    var loudness: Int
    var lastHeard: Instant
    var isSpeaking: Bool
  }

  /// The shortest time between two changes.
  static let interval = Duration.milliseconds(300)
  /// Loudness, in dB above silence, from which a silent peer speaks.
  private static let startThreshold = 82
  /// Loudness, in dB above silence, down to which a speaking peer goes on to speak.
  private static let stopThreshold = 70
  /// Loudness falls by this much in each interval without a packet.
  private static let decay = 20
  /// Peers whose voices are followed at the same time.
  private static let voices = 256

  /// When the voices are judged next; nil while there are none.
  private(set) var nextDeadline: Instant?
  private var followed: [Voice] = []
  private var speakers: [Handle] = []

  /// Starts in silence.
  init() { followed.reserveCapacity(Self.voices) }

  /// Notes how loud a peer's packet is.
  mutating func receive(_ level: AudioLevel, from peer: Handle, now: Instant) {
    let loudness = (127 - Int(level.attenuation)) * 16
    for index in followed.indices where followed[index].peer == peer {
      // A voice rises fast and falls slowly, so that pauses between words do not end it.
      let difference = loudness - followed[index].loudness
      followed[index].loudness += difference > 0 ? difference / 4 : difference / 64
      followed[index].lastHeard = now
      return
    }
    guard loudness >= Self.startThreshold * 16, followed.count < Self.voices else { return }
    followed.append(
      Voice(peer: peer, loudness: loudness / 2, lastHeard: now, isSpeaking: false))
    if nextDeadline == nil { nextDeadline = now + Self.interval }
  }

  /// Forgets a peer that is gone.
  mutating func remove(_ peer: Handle) { followed.removeAll { $0.peer == peer } }

  /// Judges the voices; the speakers, loudest first, where they are others than before.
  mutating func handleDeadline(now: Instant) -> [Handle]? {
    guard let nextDeadline, nextDeadline <= now else { return nil }
    for index in followed.indices {
      if followed[index].lastHeard + Self.interval < now {
        followed[index].loudness -= Self.decay * 16
      }
      let threshold = followed[index].isSpeaking ? Self.stopThreshold : Self.startThreshold
      followed[index].isSpeaking = followed[index].loudness >= threshold * 16
    }
    let found = followed.filter(\.isSpeaking).sorted { rank($0) > rank($1) }.map(\.peer)
    followed.removeAll { $0.loudness < Self.stopThreshold * 8 }
    self.nextDeadline = followed.isEmpty ? nil : now + Self.interval
    guard found != speakers else { return nil }
    speakers = found
    return found
  }

  /// Loudness in steps of 6 dB, who spoke before ahead of the others: so that two voices do not
  /// change places all the time.
  private func rank(_ voice: Voice) -> (Int, Int) {
    (voice.loudness / (16 * 6), -(speakers.firstIndex(of: voice.peer) ?? speakers.count))
  }
}
