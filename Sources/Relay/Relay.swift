import Primitives
import Wire

/// What the relay tells its owner.
public enum RelayEvent: Equatable, Sendable {
  /// Who has been speaking in the last moments, on the whole relay, loudest first.
  case speakers([Handle])
  /// A viewer needs a key frame of a layer of what a mirror stands for.
  case keyFrameWanted(Handle, MediaSource, layer: UInt8)
}

/// The packet-routing core of one worker: takes clear RTP and RTCP from publishers, and gives each
/// viewer what sits on the viewer's seats.
///
/// It owns peers, their tracks and received streams, and the streams that go out, each kind side
/// by side in one table and named by handles. A packet touches plain values in those tables only:
/// nothing is allocated, locked or counted by reference for it. It never sees a key or an address.
///
/// Packets go out in `forward` and RTCP in `handleDeadline`, which the owner calls one after the
/// other, as soon as `nextDeadline` has come, after every batch of packets and every command.
public struct Relay: ~Copyable {
  private let place = InPlace()
  /// What has become of all packets.
  public internal(set) var counters = RelayCounters()

  var peers: SlotTable<Peer>
  var tracks: SlotTable<Track>
  var receivers: SlotTable<ReceiveStream>
  var senders: SlotTable<SendStream>
  /// When something is due for each peer, by its place in the table.
  var timers: DeadlineQueue
  var speakers = SpeakerDetector()
  var random: RandomSource
  /// When the packets that wait on each track are due at the latest, by its place in the table.
  var gathering: DeadlineQueue
  /// The tracks whose packets are due.
  var dueTracks: [DueTrack] = []
  /// The one of them that is forwarded next.
  var nextDue = 0
  /// Whether a track has as many packets waiting as it can.
  var isCrowded = false
  var events: [RelayEvent] = []

  /// A track whose packets are due, and its publisher's group.
  struct DueTrack {
    var track: Handle
    var group: UInt64
  }

  /// A relay without peers; `peers` is how many it takes at most, and `mirrors` how many more that
  /// stand for others elsewhere.
  public init(random: RandomSource, peers: Int = Limits.peersPerWorker, mirrors: Int = 0) {
    self.random = random
    let publishers = peers + mirrors
    self.peers = SlotTable(capacity: publishers)
    tracks = SlotTable(capacity: publishers * Limits.tracksPerPeer)
    receivers = SlotTable(capacity: publishers * Limits.tracksPerPeer * 2)
    senders = SlotTable(
      capacity: max(
        peers * Limits.sendStreamsPerPeer,
        min(peers, Limits.peersWithMostStreams) * Limits.mostSendStreamsPerPeer))
    timers = DeadlineQueue(capacity: publishers)
    gathering = DeadlineQueue(capacity: publishers * Limits.tracksPerPeer)
    dueTracks.reserveCapacity(publishers * Limits.tracksPerPeer)
  }

  /// The next event, or nil.
  public mutating func poll() -> RelayEvent? {
    events.isEmpty ? nil : events.removeFirst()
  }

  /// When `forward` and `handleDeadline` are to be called; nil while nothing is waiting. A deadline
  /// in the past means now.
  public var nextDeadline: Instant? {
    if !dueTracks.isEmpty { return .origin }
    return earliest(
      gathering.earliest?.deadline, earliest(timers.earliest?.deadline, speakers.nextDeadline))
  }

  /// Sends the reports, requests and feedback that are due. False where the sink wanted to be
  /// flushed before all was done: call again after that.
  public mutating func handleDeadline(
    now: Instant, sink: inout some PacketSink & ~Copyable
  ) -> Bool {
    while let (holder, deadline) = timers.earliest, deadline <= now {
      if sink.wantsFlush { return false }
      guard let peer = peers.handle(at: holder) else {
        timers.set(holder, to: nil)
        continue
      }
      sendFeedback(to: peer, now: now, sink: &sink)
      sendReports(to: peer, now: now, sink: &sink)
      timers.set(holder, to: nextDeadline(of: peer))
    }
    if let loudest = speakers.handleDeadline(now: now) {
      // Only the latest answer counts.
      events.removeAll { if case .speakers = $0 { true } else { false } }
      events.append(.speakers(loudest))
    }
    return true
  }

  private func nextDeadline(of peer: Handle) -> Instant? {
    var result = earliest(peers[peer].reportsDue, peers[peer].feedback.nextDeadline)
    for track in peers[peer].tracks {
      for index in 0..<tracks[track].layers.count {
        result = earliest(result, receivers[tracks[track].layers[index]].nextDeadline)
      }
    }
    return result
  }
}
