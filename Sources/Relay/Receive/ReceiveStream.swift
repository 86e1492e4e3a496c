import Primitives
import Wire

/// One stream of a publisher: a track, or one simulcast layer of it, with the retransmissions that
/// belong to it.
///
/// It extends sequence numbers, finds duplicates and gaps, keeps the statistics for receiver
/// reports and the capture clock, and decides when to ask for packets and key frames.
struct ReceiveStream: ~Copyable {
  private let place = InPlace()
  /// What a packet is to the stream.
  enum Arrival {
    /// It is new; packets behind it may have come before it.
    case new(sequence: UInt64, isLate: Bool)
    case dropped(RelayDrop)
  }

  /// A jump ahead by more than this is not loss but a new beginning (RFC 3550 section A.1).
  private static let longestJump = 3_000

  /// The peer that sends it.
  let peer: Handle
  /// The track that it is a layer of.
  let track: Handle
  /// The SSRC of its media, once it is known.
  var ssrc: UInt32?
  /// Which layer it is, and how often it began anew.
  private(set) var layer: LayerVersion
  /// Whether lost packets are asked for: video with RTX.
  let isRepaired: Bool

  /// When its samples were captured.
  var clock: CaptureClock
  /// When it is asked for a key frame.
  var keyFrames = KeyFrameRequester()
  /// When it is asked for packets.
  var gaps = NACKGenerator()
  /// What its receiver reports say.
  var statistics: ReceptionStatistics
  /// The last sender report's time, and when it came: for LSR and DLSR.
  var lastReport: (time: NTPTime, arrival: Instant)?
  /// When its last packet came.
  private(set) var lastArrival: Instant?

  private let clockRate: Int
  private var highest: ExtendedSequenceNumber?
  private var seen = SequenceWindow()
  /// The number that would confirm a jump.
  private var jumpContinues: UInt16?

  /// A stream that has not sent anything yet.
  init(peer: Handle, track: Handle, layer: UInt8, kind: MediaKind, isRepaired: Bool) {
    self.peer = peer
    self.track = track
    self.layer = LayerVersion(layer: layer, version: 0)
    self.isRepaired = isRepaired
    clockRate = kind.clockRate
    clock = CaptureClock(rate: clockRate)
    statistics = ReceptionStatistics(clockRate: clockRate)
  }

  /// Takes in a packet, by the header that the publisher gave it first.
  mutating func receive(_ header: RTPHeader, isRetransmission: Bool, now: Instant) -> Arrival {
    guard let sequence = extend(header.sequenceNumber, isRetransmission: isRetransmission) else {
      return .dropped(isRetransmission ? .tooOld : .sequenceJump)
    }
    if !isRetransmission {
      statistics.record(sequence: sequence, timestamp: header.timestamp, arrival: now)
    }
    switch seen.insert(sequence) {
    case .duplicate: return .dropped(.duplicate)
    case .tooOld: return .dropped(.tooOld)
    case .new: break
    }
    lastArrival = now
    clock.receive(timestamp: header.timestamp, now: now)
    keyFrames.receivePacket()
    if isRepaired, case .overflow = gaps.receive(sequence, now: now) {
      keyFrames.request(now: now)
    }
    let isLate = sequence < (highest?.value ?? 0)
    if !isLate { highest = ExtendedSequenceNumber(sequence) }
    return .new(sequence: sequence, isLate: isLate)
  }

  /// Begins anew: the publisher has changed the SSRC, or jumped.
  mutating func restart() {
    layer.version &+= 1
    highest = nil
    seen = SequenceWindow()
    gaps.reset()
    clock.reset()
    statistics = ReceptionStatistics(clockRate: clockRate)
    lastReport = nil
    jumpContinues = nil
  }

  /// When the stream itself has something to ask for.
  var nextDeadline: Instant? { earliest(keyFrames.nextDeadline, gaps.nextDeadline) }

  /// The number beyond 16 bits, or nil for one that is out of reach.
  private mutating func extend(_ number: UInt16, isRetransmission: Bool) -> UInt64? {
    guard let highest else {
      // One roll-over is left below the first packet, for those that it overtook.
      return isRetransmission ? nil : 1 << 16 | UInt64(number)
    }
    let distance = SequenceNumber.distance(from: highest.number, to: number)
    guard distance > Self.longestJump || distance <= -Int(SequenceWindow.length) else {
      if !isRetransmission { jumpContinues = nil }
      return highest.nearest(number)?.value
    }
    if isRetransmission { return nil }
    guard jumpContinues == number else {
      jumpContinues = number &+ 1
      return nil
    }
    restart()
    return 1 << 16 | UInt64(number)
  }
}
