import Primitives
import Runtime

/// How a run stands, once a second.
public struct LoadProgress: Sendable {
  /// Time since it began.
  public var elapsed: Duration
  /// Rooms with somebody in them.
  public var rooms: Int
  /// People with media.
  public var people: Int
  /// RTP packets received in a second.
  public var packetsPerSecond: Int
  /// The part of packets that was lost so far.
  public var loss: Double
  /// The part of its core that the tester used in the last second.
  public var ownLoad: Double
}

/// Looks at a run and at the tester itself, once a second.
struct LoadWatch {
  private static let interval = Duration.seconds(1)
  /// Seconds over which the tester's use of its core is judged.
  private static let window = 5

  private(set) var nextTick = Instant.distantFuture
  private var start = Instant.origin
  private var last = Instant.origin
  private var lastPackets: UInt64 = 0
  private var lastTimes: (media: Duration, signaling: Duration) = (.zero, .zero)
  private var recent: [Double] = []

  /// The most that the tester used of one core, over some seconds.
  private(set) var highestLoad = 0.0
  private(set) var mediaTime = Duration.zero
  private(set) var signalingTime = Duration.zero
  private(set) var mostPackets = 0

  /// Bytes that the server's process had in memory, second by second.
  private(set) var memory: [(at: Duration, bytes: Int)] = []

  /// Begins to look; on the thread of the run.
  mutating func start(now: Instant) {
    start = now
    last = now
    nextTick = now + Self.interval
    lastTimes.media = ThreadClock.now()
  }

  /// Notes what the tester has used since the last look: seconds of its busiest thread.
  private mutating func noteOwnTime(signaling: Duration) -> Double {
    let media = ThreadClock.now()
    let used = (media: media - lastTimes.media, signaling: signaling - lastTimes.signaling)
    lastTimes = (media, signaling)
    mediaTime = mediaTime + used.media
    signalingTime = signaling
    return max(used.media, used.signaling).seconds
  }

  mutating func tick(
    _ tally: LoadTally, server: ServerProcess?, rooms: Int, people: Int, signaling: Duration, now: Instant
  ) -> LoadProgress {
    let span = (now - last).seconds
    let load = noteOwnTime(signaling: signaling) / span
    recent.append(load)
    if recent.count > Self.window { recent.removeFirst() }
    if recent.count == Self.window {
      highestLoad = max(highestLoad, recent.reduce(0, +) / Double(Self.window))
    }
    let received = tally.client.packetsReceived
    let packets = Int(Double(received - min(lastPackets, received)) / span)
    lastPackets = received
    mostPackets = max(mostPackets, packets)
    if let bytes = server?.residentBytes { memory.append((now - start, bytes)) }
    last = now
    nextTick = now + Self.interval
    return LoadProgress(
      elapsed: now - start, rooms: rooms, people: people, packetsPerSecond: packets,
      loss: tally.downlink.part, ownLoad: load)
  }
}
