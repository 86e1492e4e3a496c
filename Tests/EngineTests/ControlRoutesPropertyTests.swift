import Primitives
import Signaling
import Testing
import Visits
import Wire

@testable import Engine

/// What a worker does by the commands that it was given, and nothing else.
private struct Routes {
  var registered: Set<PeerNumber> = []
  var admitted: Set<PeerNumber> = []
  var open: [PeerNumber: Set<MediaSource>] = [:]
  var seats: [PeerNumber: [Int: PeerNumber]] = [:]
  /// Publishers elsewhere, each with the worker that has its transport.
  var mirrors: [PeerNumber: Int] = [:]
  var shared: [PeerNumber: [Int]] = [:]

  mutating func take(_ command: WorkerCommand) {
    switch command {
    case .register(let peer, _, _, _): registered.insert(peer)
    case .admit(let peer, true): admitted.insert(peer)
    case .admit(let peer, false): admitted.remove(peer)
    case .openSources(let peer, let sources): open[peer] = sources
    case .seat(let viewer, let seat): seats[viewer, default: [:]][seat.seat] = seat.occupant
    case .remove(let peer):
      registered.remove(peer)
      mirrors[peer] = nil
      shared[peer] = nil
      admitted.remove(peer)
      open[peer] = nil
      seats[peer] = nil
      for viewer in seats.keys {
        seats[viewer] = seats[viewer]?.filter { $0.value != peer }
      }
    case .share(let peer, let workers): shared[peer] = workers
    case .mirror(let peer, _, let worker, _): mirrors[peer] = worker
    case .updateMedia, .restart, .limitLayers: break
    }
  }
}

/// A clinic in which people come, go, are let in, held and turned out, at random.
private struct RouteWorld {
  private enum Who: CaseIterable {
    case staff, colleague, patient, guest, stranger
  }

  var bench: ControlBench
  var random: RandomSource
  var workers: [Routes]
  /// Turns after which two people had each other's media.
  var turnsWithMedia = 0
  /// Turns after which the call was on several workers.
  var turnsWithMirrors = 0
  private var connections: [Who: ConnectionID] = [:]
  private var participants: [Who: JSON] = [:]
  private var calm = false

  init(seed: UInt64, workers count: Int, peersPerWorker: Int) throws {
    bench = try ControlBench(seed: seed, workers: count, peersPerWorker: peersPerWorker)
    workers = Array(repeating: Routes(), count: count)
    random = RandomSource(seed: seed)
  }

  mutating func step() {
    let who = Who.allCases.randomElement(using: &random) ?? .staff
    switch Int.random(in: 0..<20, using: &random) {
    case 0...2: enter(who)
    case 3: leave(who)
    case 4: lose(who)
    case 5, 6: negotiate(who)
    case 7...10: byStaff("lobby.admit", who, ["agreed_with_patient": true])
    case 11: byStaff("participant.hold", who)
    case 12: byStaff("participant.remove", who)
    case 13: byStaff("participant.mute", who, ["muted": .bool(Bool.random(using: &random))])
    case 14: if Int.random(in: 0..<8, using: &random) == 0 { say(.staff, "call.end") }
    case 15: store(answering: Bool.random(using: &random))
    case 16: if Int.random(in: 0..<4, using: &random) == 0 { failStore() }
    case 17: worker(answering: Bool.random(using: &random))
    case 18: bench.pass(.seconds(Int.random(in: 0...20, using: &random)))
    default: setMedia(who)
    }
    settle()
  }

  /// Everything that waits arrives.
  mutating func finish() {
    store(answering: true)
    worker(answering: true)
    bench.pass(.seconds(2))
    for who in Who.allCases { negotiate(who) }
    settle()
  }

  // MARK: What people do

  private mutating func enter(_ who: Who) {
    if connections[who].map({ bench.closed[$0] != nil }) ?? true {
      switch who {
      case .staff: connections[who] = bench.staff()
      case .colleague: connections[who] = bench.clinicStaff()
      case .patient: connections[who] = bench.patient()
      case .guest: connections[who] = bench.guest()
      case .stranger: connections[who] = bench.guest(bench.demo.generalInvite, name: "Ali")
      }
    }
    let visit: JSON = who == .colleague ? ["visit": .string(bench.demo.visit.text)] : [:]
    say(who, who == .staff ? "call.start" : "call.join", visit)
    negotiate(who)
  }

  private mutating func leave(_ who: Who) { say(who, "call.leave") }

  private mutating func lose(_ who: Who) {
    guard let connection = connections.removeValue(forKey: who) else { return }
    bench.give(.closed(connection))
  }

  private mutating func negotiate(_ who: Who) {
    guard let connection = connections[who], bench.closed[connection] == nil else { return }
    _ = bench.negotiate(connection)
  }

  private mutating func setMedia(_ who: Who) {
    say(who, "self.update", ["microphone": .bool(Bool.random(using: &random))])
  }

  private mutating func byStaff(_ method: String, _ who: Who, _ more: JSON = [:]) {
    let scene = bench.plane.journal.scene(of: bench.demo.visit)
    guard let other = scene?.participants.randomElement(using: &random) else { return }
    let about = JSON.Member("participant", .string(other.id.text))
    say(.staff, method, .object([about] + (more.members ?? [])))
  }

  private mutating func say(_ who: Who, _ method: String, _ params: JSON = [:]) {
    guard let connection = connections[who], bench.closed[connection] == nil else { return }
    _ = bench.send(connection, method, params)
  }

  // MARK: What the disk and the worker do

  private mutating func store(answering: Bool) {
    bench.storeAnswers = answering
    guard answering, let last = bench.unstored.last else { return }
    bench.stored += bench.unstored
    bench.unstored = []
    bench.give(.committed(last.position))
  }

  private mutating func failStore() {
    guard !bench.unstored.isEmpty else { return }
    bench.unstored = []
    bench.give(.storeFailed)
    bench.storeAnswers = true
    bench.pass(.seconds(1))
  }

  private mutating func worker(answering: Bool) {
    bench.workerAnswers = answering
    guard answering else { return }
    let events = bench.unsaid
    bench.unsaid = []
    for (worker, event) in events { bench.give(.worker(worker, event)) }
  }

  /// Clients acknowledge what they have blanked, and the worker has done as it was told.
  private mutating func settle() {
    for who in Who.allCases {
      guard let connection = connections[who] else { continue }
      for told in bench.take(connection) where told.method == "seats.changed" {
        let seats = (told.params["seats"]?.array ?? []).filter { seat in
          seat["participant"] == nil || seat["participant"] == .null
        }
        guard !seats.isEmpty, bench.closed[connection] == nil else { continue }
        let blanked = seats.map { seat -> JSON in
          ["seat": seat["seat"] ?? .null, "epoch": seat["epoch"] ?? .null]
        }
        _ = bench.send(connection, "seats.acknowledge", ["seats": .array(blanked)])
      }
    }
    for (worker, command) in bench.told { workers[worker].take(command) }
    bench.told = []
    if workers.contains(where: { $0.seats.values.contains { !$0.isEmpty } }) {
      turnsWithMedia += 1
    }
    if workers.contains(where: { !$0.mirrors.isEmpty }) { turnsWithMirrors += 1 }
  }

  // MARK: What must hold

  /// What does not agree between what the workers were told and who is in the call.
  var problems: [String] {
    let scene = bench.plane.journal.scene(of: bench.demo.visit)
    let roster = Set((scene?.roster ?? []).map(\.id))
    var found: [String] = []
    for (number, peer) in bench.plane.peers where peer.isUsable {
      let routes = workers[peer.worker]
      if routes.admitted.contains(number) != roster.contains(peer.participant) {
        found.append("\(peer.participant) is in the call or let through, and not both")
      }
      let participant = scene?.participant(peer.participant)
      let mayBeHeard = roster.contains(peer.participant) && participant?.isAudible == true
      for place in workers where place.registered.union(place.mirrors.keys).contains(number) {
        if place.open[number, default: []].contains(.microphone) != mayBeHeard {
          found.append("the microphone of \(peer.participant) is not as it should be")
        }
      }
    }
    for (index, routes) in workers.enumerated() {
      for number in routes.admitted where bench.plane.peers[number] == nil {
        found.append("peer \(number.value) is let through, and nobody's")
      }
      for (viewer, seats) in routes.seats {
        for occupant in seats.values where !seats.isEmpty {
          found += [viewer, occupant].filter { !isIn(roster, $0) }.map {
            "peer \($0.value) is on a route, and not in the call"
          }
          if !routes.registered.contains(occupant), routes.mirrors[occupant] == nil {
            found.append("worker \(index) does not know whom it seats: \(occupant.value)")
          }
        }
      }
      found += problemsOfMirrors(on: index, roster)
    }
    return found
  }

  /// Whoever is mirrored is in the call, and its worker gives to exactly those that have a mirror.
  private func problemsOfMirrors(on index: Int, _ roster: Set<ParticipantID>) -> [String] {
    var found: [String] = []
    for (number, source) in workers[index].mirrors {
      if !isIn(roster, number) { found.append("peer \(number.value) has a mirror it may not have") }
      if workers[source].shared[number]?.contains(index) != true {
        found.append("worker \(source) does not share \(number.value) with \(index)")
      }
    }
    for (number, others) in workers[index].shared {
      for other in others where workers[other].mirrors[number] != index {
        found.append(
          "worker \(index) shares \(number.value) with \(other), which knows nothing of it")
      }
    }
    return found
  }

  private func isIn(_ roster: Set<ParticipantID>, _ number: PeerNumber) -> Bool {
    bench.plane.peers[number].map { roster.contains($0.participant) } ?? false
  }

  /// Whom each viewer is not sent though both are in the call; meant for when all has settled.
  var missing: [String] {
    let scene = bench.plane.journal.scene(of: bench.demo.visit)
    let present = (scene?.roster ?? []).compactMap { participant in
      bench.plane.peerNumbers[participant.id]
    }.filter { bench.plane.peers[$0]?.isUsable == true }
    return present.flatMap { viewer in
      let worker = bench.plane.peers[viewer]?.worker ?? 0
      let seen = Set(workers[worker].seats[viewer, default: [:]].values)
      return present.filter { $0 != viewer && !seen.contains($0) }.map { other in
        "\(viewer.value) is not sent \(other.value)"
      }
    }
  }
}

/// Roster equals routes: whoever is in the call is on the workers' routes, and nobody else is.
@Suite struct ControlRoutesPropertyTests {
  @Test func whoIsInTheCallIsWhoseMediaIsForwarded() throws {
    let turns = try run(workers: 1, peersPerWorker: 100)
    #expect(turns.withMedia > 1_000)
    #expect(turns.withMirrors == 0)
  }

  @Test func soItIsWhereTheCallIsOnSeveralWorkers() throws {
    let turns = try run(workers: 3, peersPerWorker: 2)
    #expect(turns.withMedia > 1_000)
    #expect(turns.withMirrors > 1_000)
  }

  private func run(
    workers: Int, peersPerWorker: Int
  ) throws -> (withMedia: Int, withMirrors: Int) {
    var turns = (withMedia: 0, withMirrors: 0)
    for seed: UInt64 in 1...60 {
      var world = try RouteWorld(
        seed: seed, workers: workers, peersPerWorker: peersPerWorker)
      for turn in 1...150 {
        world.step()
        let problems = world.problems
        #expect(problems.isEmpty, "seed \(seed), turn \(turn): \(problems)")
        if !problems.isEmpty { return turns }
      }
      world.finish()
      world.finish()
      #expect(world.problems.isEmpty, "seed \(seed): \(world.problems)")
      #expect(world.missing.isEmpty, "seed \(seed): \(world.missing)")
      turns.withMedia += world.turnsWithMedia
      turns.withMirrors += world.turnsWithMirrors
    }
    return turns
  }
}
