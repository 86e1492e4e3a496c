import Engine
import Primitives
import Signaling
import Testing
import Visits
import Wire

/// A viewer's client, the relay and the ways between them, with delays of any length: what is
/// sent arrives in order on its own way, and in any order between the ways.
private struct SeatWorld {
  struct Frame {
    var seat: Int
    var timestamp: UInt32
    var owner: PeerNumber
  }
  struct Tile {
    var epoch: UInt64 = 0
    var shown: Seating.Change?
  }

  var random: RandomSource
  var seating = Seating()
  let people: [Seating.Candidate]
  var present: [Seating.Candidate] = []
  var pins: [Pin] = []
  var speakers: [ParticipantID] = []

  var toWorker: [SeatAssignment] = []
  var fromWorker: [(SeatAssignment, UInt32)] = []
  var toClient: [Seating.Change] = []
  var fromClient: [SeatAcknowledgement] = []
  var heard: [SeatAcknowledgement] = []
  var frames: [Frame] = []

  var relay: [Int: (owner: PeerNumber, from: UInt32)] = [:]
  var clock: [Int: UInt32] = [:]
  var tiles: [Int: Tile] = [:]
  /// One way that stands still for a while, by the number of its step.
  var stalled = 0
  var framesSeen = 0
  var wrong: [String] = []

  init(seed: UInt64) {
    random = RandomSource(seed: seed)
    var identifiers = RandomSource(seed: 99)
    people = (1...7).map {
      Seating.Candidate(
        participant: ParticipantID(random: &identifiers), peer: PeerNumber(UInt64($0)),
        sharesScreen: $0 % 3 == 0)
    }
    let kinds: [SeatKind] = [.person, .person, .person, .screen, .voice, .voice]
    seating.extend(
      to: kinds.enumerated().map { SeatPlan(index: $0, kind: $1, audio: nil, video: nil) })
    // Near the end of the 32 bits, so that the comparison has to wrap.
    for seat in kinds.indices { clock[seat] = UInt32.max - 500 }
  }

  mutating func step() {
    if Int.random(in: 0..<40, using: &random) == 0 {
      stalled = Int.random(in: 5...10, using: &random)
    }
    let act = Int.random(in: 0..<16, using: &random)
    guard act != stalled && !(act == 8 && stalled == 9) && !(act == 9 && stalled == 8) else {
      return
    }
    switch act {
    case 0, 1: join()
    case 2: leave()
    case 3: pin()
    case 4: speak()
    case 5, 6: runWorker()
    case 7: hearWorker()
    case 8, 9: runClient()
    case 10: hearClient()
    case 11, 12, 13: sendFrame()
    default: showFrame()
    }
  }

  /// Everything that is under way arrives.
  mutating func drain() {
    while !(toWorker.isEmpty && fromWorker.isEmpty && toClient.isEmpty && fromClient.isEmpty) {
      runWorker()
      hearWorker()
      runClient()
      hearClient()
    }
    while !frames.isEmpty { showFrame() }
  }

  mutating func arrange() {
    let outcome = seating.arrange(present, pins: pins, speakers: speakers)
    toWorker += outcome.commands
    toClient += outcome.changes
  }

  private mutating func join() {
    let absent = people.filter { !present.contains($0) }
    if let person = absent.randomElement(using: &random) { present.append(person) }
    arrange()
  }

  private mutating func leave() {
    if let person = present.randomElement(using: &random) { present.removeAll { $0 == person } }
    arrange()
  }

  private mutating func pin() {
    pins = (0..<Int.random(in: 0...2, using: &random)).compactMap { _ in
      people.randomElement(using: &random).map {
        Pin(participant: $0.participant, source: Bool.random(using: &random) ? .camera : .screen)
      }
    }
    arrange()
  }

  private mutating func speak() {
    speakers = people.shuffled(using: &random).prefix(2).map(\.participant)
    arrange()
  }

  private mutating func runWorker() {
    guard !toWorker.isEmpty else { return }
    let command = toWorker.removeFirst()
    let from = clock[command.seat, default: 0] &+ 1
    relay[command.seat] = command.occupant.map { (owner: $0, from: from) }
    fromWorker.append((command, from))
  }

  private mutating func hearWorker() {
    guard !fromWorker.isEmpty else { return }
    let (assignment, from) = fromWorker.removeFirst()
    if let change = seating.seated(assignment, audioFrom: from, videoFrom: from) {
      toClient.append(change)
    }
  }

  /// The rule of the client: blank at once, acknowledge; show only from the timestamp on.
  private mutating func runClient() {
    guard !toClient.isEmpty else { return }
    let change = toClient.removeFirst()
    if change.epoch <= tiles[change.seat, default: Tile()].epoch {
      wrong.append("epoch \(change.epoch) of seat \(change.seat) does not grow")
    }
    tiles[change.seat] = Tile(epoch: change.epoch, shown: change.participant == nil ? nil : change)
    if change.participant == nil {
      fromClient.append(SeatAcknowledgement(seat: change.seat, epoch: change.epoch))
    }
  }

  private mutating func hearClient() {
    guard !fromClient.isEmpty else { return }
    let acknowledgement = fromClient.removeFirst()
    seating.acknowledge(acknowledgement)
    // A repetition, however late, changes nothing.
    heard.append(acknowledgement)
    if let old = heard.randomElement(using: &random) { seating.acknowledge(old) }
    arrange()
  }

  private mutating func sendFrame() {
    guard let seat = relay.keys.sorted().randomElement(using: &random), let sent = relay[seat]
    else { return }
    let timestamp = clock[seat, default: 0] &+ UInt32.random(in: 1...40, using: &random)
    clock[seat] = timestamp
    frames.append(Frame(seat: seat, timestamp: timestamp, owner: sent.owner))
  }

  private mutating func showFrame() {
    guard let at = frames.indices.randomElement(using: &random) else { return }
    let frame = frames.remove(at: at)
    guard let shown = tiles[frame.seat]?.shown, let from = shown.from?.video,
      Int32(bitPattern: frame.timestamp &- from) >= 0
    else { return }
    framesSeen += 1
    let name = people.first { $0.peer == frame.owner }?.participant
    if name != shown.participant { wrong.append("a frame of \(frame.owner) under another name") }
  }
}

@Suite struct ControlSeatingPropertyTests {
  @Test func neverAFrameOfOnePersonUnderAnothersName() {
    var framesSeen = 0
    for seed: UInt64 in 1...500 {
      var world = SeatWorld(seed: seed)
      for _ in 0..<400 { world.step() }
      world.drain()
      #expect(world.wrong.isEmpty, "seed \(seed): \(world.wrong.first ?? "")")
      framesSeen += world.framesSeen
    }
    #expect(framesSeen > 1_000)
  }

  @Test func everybodyWhoFitsSitsInTheEnd() {
    for seed: UInt64 in 1...100 {
      var world = SeatWorld(seed: seed)
      for _ in 0..<200 { world.step() }
      world.arrange()
      world.drain()
      let persons = world.seating.snapshot.prefix(3).compactMap(\.participant)
      #expect(persons.count == min(3, world.present.count), "seed \(seed)")
      #expect(Set(persons).count == persons.count, "seed \(seed)")
      #expect(
        Set(persons).isSubset(of: world.present.map(\.participant)), "seed \(seed)")
    }
  }
}
