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
  /// Processor time of each of the tester's threads.
  private var lastTimes: [Duration] = []
  private var recent: [Double] = []

  private var lastWait = Duration.zero
  private var recentWaits: [Double] = []
  /// The largest part of some seconds in which this thread could have run and had no processor.
  private(set) var longestWait = 0.0

  /// The most that the tester used of one core, over some seconds.
  private(set) var highestLoad = 0.0
  /// Processor time of all of its threads.
  private(set) var ownTime = Duration.zero
  private(set) var mostPackets = 0

  /// Bytes that the server's process had in memory, second by second.
  private(set) var memory: [(at: Duration, bytes: Int)] = []

  /// Begins to look; on the thread of the run.
  mutating func start(others: [Duration], now: Instant) {
    start = now
    last = now
    nextTick = now + Self.interval
    lastTimes = [ThreadClock.now()] + others
    lastWait = Self.waitedForProcessor
  }

  /// Takes a second's value into the mean of the last few, and that into the highest.
  private static func note(_ value: Double, in recent: inout [Double], highest: inout Double) {
    recent.append(value)
    if recent.count > window { recent.removeFirst() }
    if recent.count == window {
      highest = max(highest, recent.reduce(0, +) / Double(window))
    }
  }

  /// How long the calling thread has been ready and not run (the kernel's schedstat, field 2).
  private static var waitedForProcessor: Duration {
    let fields = readText("/proc/thread-self/schedstat")?.split(separator: " ") ?? []
    return fields.count > 1 ? Duration(nanoseconds: Int64(fields[1]) ?? 0) : .zero
  }

  /// Notes what the tester has used since the last look: seconds of its busiest thread.
  private mutating func noteOwnTime(_ others: [Duration]) -> Double {
    let times = [ThreadClock.now()] + others
    let used = zip(times, lastTimes).map { $0 - $1 }
    lastTimes = times
    ownTime = used.reduce(ownTime, +)
    return used.max()?.seconds ?? 0
  }

  /// Takes the figures of a second. `others` are the processor times of the tester's threads beside
  /// this one, as many as at the start.
  mutating func tick(
    _ tally: LoadTally, server: ServerProcess?, rooms: Int, people: Int, others: [Duration],
    now: Instant
  ) -> LoadProgress {
    let span = (now - last).seconds
    let load = noteOwnTime(others) / span
    Self.note(load, in: &recent, highest: &highestLoad)
    let wait = Self.waitedForProcessor
    Self.note((wait - lastWait).seconds / span, in: &recentWaits, highest: &longestWait)
    lastWait = wait
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
