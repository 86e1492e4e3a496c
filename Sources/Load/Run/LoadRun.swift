import PeerClient
import Primitives
import Runtime
import Security
import Wire

/// A load test: everybody's signaling and media, in one event loop on the calling thread.
public final class LoadRun {
  private enum Token {
    static let lines = UInt64(UInt32.max)
    static let signals = lines - 1
    static let findings = lines - 2
  }

  /// When somebody is to come, or to go and be followed.
  private struct Entry {
    var due: Instant
    var slot: Int
  }

  /// After the last media was sent, what is still on its way comes.
  private static let drain = Duration.seconds(2)
  private static let farewell = Duration.seconds(1)

  let plan: LoadPlan
  let lines: LoadLines
  let network: LoadNetwork
  private let surroundings: Participant.Surroundings
  private let signals: StopSignals
  private let server: ServerProbe
  private let progress: (LoadProgress) -> Void
  private let decoding: DecodeThread?
  private let sink: LoadSink?
  /// When everybody should have come, and the sink begins to count.
  private var measuresFrom: Instant?
  private var loop: EventLoop
  private var random: RandomSource
  private var deadlines: DeadlineQueue

  private var rooms: [LoadRoom] = []
  private(set) var people: [Participant?]
  private var owners: [UInt64: Participant] = [:]
  private var entries: [Entry] = []
  private var lastIdentity: UInt32 = 0
  private var nextChurn: Instant?
  private var nextReconnect: Instant?
  var watch: LoadWatch

  /// Gets everything ready; nothing is sent before `run`. `progress` is told every second.
  public init(
    _ plan: LoadPlan, clinic: LoadClinic, media: LoadMedia,
    server: ServerProbe, progress: @escaping (LoadProgress) -> Void
  ) throws {
    self.plan = plan
    self.progress = progress
    self.server = server
    signals = try StopSignals()
    var random = RandomSource(seed: plan.seed)
    lines = try LoadLines(to: plan)
    network = LoadNetwork(plan)
    decoding = plan.decode > 0 ? try DecodeThread() : nil
    sink = plan.usesSink ? try LoadSink(plan) : nil
    let now = WallClock.now()
    surroundings = Participant.Surroundings(
      plan: plan, clinic: clinic, lines: lines, network: network,
      certificate: try Certificate.generate(
        validFrom: now + .hours(-24), until: now + .hours(30 * 24), random: &random),
      media: media, decoding: decoding, sink: sink)
    let name = random.string(length: 10, alphabet: "abcdefghijklmnopqrstuvwxyz0123456789")
    self.random = random
    loop = try EventLoop()
    deadlines = DeadlineQueue(capacity: plan.people)
    people = Array(repeating: nil, count: plan.people)
    rooms = (0..<plan.rooms).map { LoadRoom(index: $0, places: plan.participants, run: name) }
    watch = LoadWatch()
    try watch(lines.events.descriptor, token: Token.lines)
    if let decoding { try watch(decoding.findings.descriptor, token: Token.findings) }
    try watch(signals.descriptor, token: Token.signals)
  }

  /// A sink has an event loop of its own, which is then that of the run.
  private func watch(_ descriptor: Int32, token: UInt64) throws {
    if let sink { return try sink.sink.watch(descriptor, token: Int(token)) }
    try loop.watch(descriptor, for: .reading, token: token)
  }

  private func wait(until deadline: Instant?) -> [UInt64] {
    if let sink {
      return sink.sink.turn(until: deadline ?? .distantFuture).map { UInt64($0) }
    }
    loop.wait(until: deadline)
    return loop.ready
  }

  /// Runs to the end of the plan, or until the operator interrupts.
  public func run() throws -> LoadReport {
    let decoder = try decoding?.start()
    let before = server.sample()
    let start = MonotonicClock.now()
    watch.start(others: otherThreads, now: start)
    schedule(from: start)
    let end = start + plan.ramp + plan.duration
    try turn(until: end)
    let stopped = MonotonicClock.now()
    stayAsYouAre()
    for person in people.compactMap({ $0 }) { finish(person, now: stopped) }
    let drained = MonotonicClock.now() + Self.drain
    wasInterrupted = false
    try turn(until: drained)
    let figures = tally(now: stopped)
    let after = server.sample()
    let now = MonotonicClock.now()
    for person in people.compactMap({ $0 }) { person.leave(now: now) }
    try turn(until: now + Self.farewell)
    lines.client.stop()
    decoding?.requestStop()
    decoder?.join()
    return LoadReport(
      Measurement(
        plan: plan, tally: figures, watch: watch, droppedReceiving: network.droppedReceiving,
        droppedSending: network.droppedSending, span: stopped - start, before: before,
        after: after))
  }

  /// Whether the operator has asked to end early.
  private var wasInterrupted = false

  // MARK: Turns

  private func turn(until end: Instant) throws {
    while !wasInterrupted {
      var now = MonotonicClock.now()
      guard now < end else { return }
      var deadline: Instant? = min(end, watch.nextTick)
      if let due = deadlines.earliest?.deadline { deadline = earliest(deadline, due) }
      deadline = earliest(deadline, network.nextDeadline)
      deadline = earliest(deadline, entries.first?.due)
      deadline = earliest(earliest(deadline, nextChurn), nextReconnect)
      if lines.flush() { deadline = earliest(deadline, now + .milliseconds(1)) }
      for token in wait(until: deadline) {
        switch token {
        case Token.lines: takeEvents()
        case Token.findings: takeFindings()
        case Token.signals: if signals.take() == .stop { wasInterrupted = true }
        default:
          guard let person = people[Int(token)] else { continue }
          network.receive(person)
          deadlines.set(person.slot, to: person.nextDeadline)
        }
      }
      now = MonotonicClock.now()
      for person in network.release(now: now) {
        deadlines.lower(person.slot, to: person.nextDeadline)
      }
      handleDeadlines(now: now)
      for person in sink?.takeConnected() ?? [] { person.publish(now: now) }
      if let due = measuresFrom, due <= now {
        measuresFrom = nil
        sink?.sink.beginMeasuring()
      }
      try comeAndGo(now: now)
      if now >= watch.nextTick { tick(now: now) }
    }
  }

  private func handleDeadlines(now: Instant) {
    while let (slot, due) = deadlines.earliest, due <= now {
      guard let person = people[slot] else {
        deadlines.set(slot, to: nil)
        continue
      }
      person.handleDeadline(now: MonotonicClock.now())
      deadlines.set(slot, to: person.nextDeadline)
    }
  }

  private func takeEvents() {
    lines.events.acknowledge()
    while let event = lines.events.take() {
      let now = MonotonicClock.now()
      switch event {
      case .opened(let line): owners[line]?.opened(now: now)
      case .received(let line, let bytes):
        guard let person = owners[line] else { continue }
        person.receive(bytes, now: now)
        touch(person)
      case .closed(let line, let reason):
        guard let person = owners.removeValue(forKey: line) else { continue }
        person.closed(reason: reason, now: now)
        if person.line != line { owners[person.line] = person }
      }
    }
  }

  private func takeFindings() {
    guard let decoding else { return }
    decoding.findings.acknowledge()
    while let finding = decoding.findings.take() {
      network.tally.value.add(finding) { stream, number in
        let publisher = people.lazy.compactMap { $0 }.first { $0.identity == stream.publisher }
        let times = publisher?.media?.sentTimes(of: stream.source) ?? []
        return times.indices.contains(Int(number)) ? times[Int(number)] : nil
      }
    }
  }

  private func touch(_ person: Participant) {
    guard people[person.slot] === person else { return }
    person.drainMedia(now: MonotonicClock.now())
    deadlines.set(person.slot, to: person.nextDeadline)
  }

  // MARK: Coming and going

  private func schedule(from start: Instant) {
    let step = plan.ramp / max(1, plan.people)
    // All who start calls come first within their share of the ramp, as the others need them.
    entries = (0..<plan.people).map { Entry(due: start + step * $0, slot: $0) }
    let settled = start + plan.ramp
    if sink != nil { measuresFrom = settled + .seconds(1) }
    if plan.churnPerMinute > 0 { nextChurn = settled + .minutes(1) / plan.churnPerMinute }
    nextReconnect = plan.reconnectEvery.map { settled + $0 }
  }

  private func comeAndGo(now: Instant) throws {
    while let entry = entries.first, entry.due <= now {
      entries.removeFirst()
      let room = rooms[entry.slot / plan.participants]
      let place = entry.slot % plan.participants
      guard place == 0 || room.isOpen else {
        // The call has not begun: asked again in a moment.
        entries.append(Entry(due: now + .milliseconds(20), slot: entry.slot))
        entries.sort { $0.due < $1.due }
        continue
      }
      try enter(slot: entry.slot, room: room, place: place, now: now)
    }
    if let due = nextChurn, due <= now {
      nextChurn = due + .minutes(1) / plan.churnPerMinute
      try churn(now: now)
    }
    if let due = nextReconnect, let interval = plan.reconnectEvery, due <= now {
      nextReconnect = due + interval
      for person in people.compactMap({ $0 }) { person.loseLine(now: now) }
    }
  }

  /// Nobody comes or goes any more, and no connection is cut.
  private func stayAsYouAre() {
    entries = []
    nextChurn = nil
    nextReconnect = nil
  }

  private func enter(slot: Int, room: LoadRoom, place: Int, now: Instant) throws {
    lastIdentity += 1
    let person = try Participant(
      identity: lastIdentity, slot: slot, room: room, position: place,
      decodes: slot < plan.decode, random: random.fork(), around: surroundings, now: now)
    people[slot] = person
    room.members[place] = person
    owners[person.line] = person
    if let descriptor = person.descriptor { try watch(descriptor, token: UInt64(slot)) }
  }

  /// One who did not start the call goes, and another comes.
  private func churn(now: Instant) throws {
    let candidates = people.compactMap { $0 }.filter { !$0.isHost && $0.present != nil }
    guard let person = candidates.randomElement(using: &random) else { return }
    finish(person, now: now)
    for other in person.room.others(than: person) { other.settle(person, now: now) }
    person.add(to: &network.tally.value, now: now)
    person.leave(now: now)
    if let descriptor = person.descriptor { loop.unwatch(descriptor) }
    people[person.slot] = nil
    let place = person.slot % plan.participants
    person.room.members[place] = nil
    try enter(slot: person.slot, room: person.room, place: place, now: now)
  }

  /// Has one publish no more, and settles what they got of everybody.
  private func finish(_ person: Participant, now: Instant) {
    for other in person.room.others(than: person) { person.settle(other, now: now) }
    person.settleSink(now: now)
    person.stopPublishing(now: now)
    deadlines.set(person.slot, to: person.nextDeadline)
  }

  // MARK: Figures

  /// Everything so far: the common tally, and what those who are here hold themselves.
  private func tally(now: Instant) -> LoadTally {
    var tally = network.tally.value
    for person in people.compactMap({ $0 }) { person.add(to: &tally, now: now) }
    sink?.add(to: &tally)
    return tally
  }

  /// Processor time of the threads beside this one.
  private var otherThreads: [Duration] {
    [lines.client.processorTime] + (decoding.map { [$0.processorTime] } ?? [])
  }

  private func tick(now: Instant) {
    let figures = tally(now: now)
    let present = people.compactMap { $0 }.filter { $0.present != nil }
    progress(
      watch.tick(
        figures, server: server.process, rooms: Set(present.map(\.room.index)).count,
        people: present.count,
        others: otherThreads, now: now))
  }
}
