import Engine
import PeerClient
import Primitives
import Security
import Signaling
import Visits
import Wire

/// A whole service in one value of time: the control plane and two workers as the daemon runs
/// them, a store in memory, pages, and everything between them, moved by one queue of events.
///
/// `step` goes to the next thing that happens. Nothing here reads a clock, and everything random
/// follows from the seed.
final class World {
  enum Event {
    case toRelay([UInt8], from: NetworkAddress, worker: Int)
    case toClient(Int, [UInt8], from: NetworkAddress, at: NetworkAddress)
    case toServer(ConnectionID, String)
    case fromServer(Int, ConnectionID, String)
    case cutByServer(Int, ConnectionID)
    case connect(Int)
    case command(Int, WorkerCommand)
    case report(Int, WorkerEvent)
    case crossing(Int, Crossing, [UInt8])
    case committed(UInt64)
    case deed(Scenario.Deed)
    case admit
    case calm
  }

  /// One page with its paths.
  struct Page {
    let client: ModelClient
    var address: NetworkAddress
    var uplink: NetworkLink
    var downlink: NetworkLink
    var signaling: SignalingChannel
    var connection: ConnectionID?
  }

  let scenario: Scenario
  var now = Instant.origin
  var trace: Trace
  var checker: Checker
  var pages: [Page] = []
  var events = EventQueue<Event>()
  var control: ControlPlane
  var random: RandomSource
  /// What the two workers have handed each other.
  private(set) var crossings = 0
  private var workers: WorkerPair
  private var lastConnection: UInt64 = 0
  private var storedPosition: UInt64 = 0

  /// Between the threads of the real daemon there is a ring; here it takes this long.
  private static let ringDelay = Duration.microseconds(100)
  static let wallOrigin = WallTime(milliseconds: 1_800_000_000_000)

  init(_ kind: Scenario.Kind, seed: UInt64, keepsTrace: Bool) throws {
    random = RandomSource(seed: seed)
    SecurityRandom.useDeterministic(seed: seed)
    scenario = Scenario(kind, random: &random)
    trace = Trace(keepsLines: keepsTrace)
    checker = Checker(pages: scenario.people.count)
    let certificate = try Certificate.generate(
      validFrom: Self.wallOrigin, until: Self.wallOrigin + .hours(24), random: &random)
    let clinic = VirtualClinic(random: &random)
    control = try ControlPlane(
      configuration: clinic.configuration(
        candidates: (0..<2).map { [Self.address(ofWorker: $0)] },
        fingerprint: Fingerprint(digest: certificate.digest),
        peersPerWorker: scenario.peersPerWorker),
      random: random.fork(), restoring: [],
      at: Moment(instant: .origin, wall: Self.wallOrigin))
    workers = WorkerPair(certificate: certificate, random: &random)
    for command in clinic.setUp(scenario.people) { decide(.administer(command)) }
    // Everything before the first page is on disk.
    while let event = events.pop(dueBy: .distantFuture) { handle(event) }
    for (index, person) in scenario.people.enumerated() {
      addPage(
        person, index: index,
        credential: clinic.credential(of: index, role: person.role, control: control),
        certificate: certificate)
    }
    for deed in scenario.deeds { events.add(.deed(deed), at: deed.at) }
    events.add(.admit, at: .origin + .milliseconds(500))
    events.add(.calm, at: scenario.calmFrom)
  }

  private func addPage(
    _ person: Scenario.Person, index: Int, credential: JSON, certificate: Certificate
  ) {
    let client = ModelClient(
      person: person, identity: UInt32(index), credential: credential, certificate: certificate,
      random: random.fork())
    pages.append(
      Page(
        client: client, address: Self.address(ofPage: index, port: 50_000),
        uplink: NetworkLink(person.uplink), downlink: NetworkLink(person.downlink),
        signaling: SignalingChannel(maximumDelay: person.signalingDelay)))
    events.add(.connect(index), at: person.arrives)
  }

  static func address(ofWorker index: Int) -> NetworkAddress {
    NetworkAddress(ipv4: 0xC000_0201, port: UInt16(40_000 + index))
  }

  static func address(ofPage index: Int, port: UInt16) -> NetworkAddress {
    NetworkAddress(ipv4: 0x0A00_0001 + UInt32(index) << 8, port: port)
  }

  var moment: Moment { Moment(instant: now, wall: Self.wallOrigin + (now - .origin)) }

  /// Goes to the next moment at which something happens; false when the run is over.
  func step() -> Bool {
    var next = earliest(events.next, control.nextDeadline)
    next = earliest(next, workers.nextDeadline)
    for page in pages { next = earliest(next, page.client.nextDeadline) }
    guard let next, next <= scenario.end else { return false }
    now = max(now, next)
    while let event = events.pop(dueBy: now) { handle(event) }
    if let due = control.nextDeadline, due <= now { decide(.deadline) }
    endWorkersTurn()
    for index in pages.indices {
      if let due = pages[index].client.nextDeadline, due <= now {
        pages[index].client.handleDeadline(now: now)
      }
      drainPage(index)
    }
    return true
  }

  // MARK: What happens

  private func handle(_ event: Event) {
    switch event {
    case .toRelay(let datagram, let source, let worker):
      workers.receive(datagram, from: source, worker: worker, now: now)
    case .toClient(let index, let datagram, let source, let address):
      guard pages[index].address == address else { return }
      pages[index].client.receive(datagram, from: source, now: now)
      drainPage(index)
    case .toServer(let connection, let text):
      decide(.received(connection, Array(text.utf8)))
    case .fromServer(let index, let connection, let text):
      guard pages[index].connection == connection else { return }
      pages[index].client.receive(text, now: now)
      drainPage(index)
    case .cutByServer(let index, let connection):
      guard pages[index].connection == connection else { return }
      cut(index)
    case .connect(let index): connect(index)
    case .command(let worker, let command):
      trace.note(now, "worker \(worker) \(command)")
      workers.receive(command, worker: worker, now: now)
    case .report(let worker, let event):
      trace.note(now, "worker \(worker) says \(event)")
      decide(.worker(worker, event))
    case .crossing(let worker, let crossing, let bytes):
      crossings += 1
      workers.receive(crossing, bytes, worker: worker, now: now)
    case .committed(let position): decide(.committed(position))
    case .deed(let deed): perform(deed)
    case .admit: admit()
    case .calm: calm()
    }
  }

  /// Gives the control plane one input, and carries out what it decides.
  func decide(_ input: ControlPlane.Input) {
    control.receive(input, at: moment)
    while let output = control.poll() { carryOut(output) }
    checker.check(control.visits, now: now)
  }

  private func carryOut(_ output: ControlPlane.Output) {
    switch output {
    case .send(let connection, let text):
      guard let index = pages.firstIndex(where: { $0.connection == connection }) else { return }
      trace.note(now, "to \(index) \(text.prefix(200))")
      checker.learn(from: text, to: index)
      let arrival = pages[index].signaling.toClient(now: now, random: &random)
      events.add(.fromServer(index, connection, text), at: arrival)
    case .close(let connection, _, let reason):
      guard let index = pages.firstIndex(where: { $0.connection == connection }) else { return }
      trace.note(now, "close \(index) \(reason)")
      let arrival = pages[index].signaling.toClient(now: now, random: &random)
      events.add(.cutByServer(index, connection), at: arrival)
    case .append(let stored):
      guard let last = stored.last else { return }
      storedPosition = last.position
      let delay = Int64.random(in: 0...scenario.commitDelay.nanoseconds, using: &random)
      events.add(.committed(last.position), at: now + Duration(nanoseconds: delay))
    case .worker(let worker, let command):
      events.add(.command(worker, command), at: now + Self.ringDelay)
    case .audit(let entry): trace.note(now, "audit \(entry.action) \(entry.outcome)")
    case .respond, .errand, .drain, .setLogLevel, .deliver, .keep: break
    case .log(let record): trace.note(now, "log \(record.event) \(record.fields)")
    }
  }

  // MARK: Connections

  private func connect(_ index: Int) {
    guard pages[index].connection == nil, !pages[index].client.isFinished else { return }
    lastConnection += 1
    let connection = ConnectionID(lastConnection)
    pages[index].connection = connection
    decide(.opened(connection, ConnectionOrigin(.webSocket)))
    pages[index].client.connected(now: now)
    drainPage(index)
  }

  /// Cuts a page's connection; the page tries again a little later.
  func cut(_ index: Int) {
    guard let connection = pages[index].connection else { return }
    pages[index].connection = nil
    pages[index].client.disconnected()
    decide(.closed(connection))
    let wait = Duration.milliseconds(Int.random(in: 100...2_000, using: &random))
    events.add(.connect(index), at: now + wait)
  }

  // MARK: Draining

  func drainPage(_ index: Int) {
    while let output = pages[index].client.poll() {
      switch output {
      case .send(let text):
        guard let connection = pages[index].connection else { continue }
        trace.note(now, "from \(index) \(text.prefix(200))")
        let arrival = pages[index].signaling.toServer(now: now, random: &random)
        events.add(.toServer(connection, text), at: arrival)
      case .transmit(let datagram, let address):
        let worker = Int(address.port) - 40_000
        let source = pages[index].address
        for arrival in pages[index].uplink.transmit(
          bytes: datagram.count, now: now, random: &random)
        {
          events.add(.toRelay(datagram, from: source, worker: worker), at: arrival)
        }
      case .shown(let publisher, let name):
        checker.checkFrame(of: Int(publisher), under: name, by: index, now: now)
      case .heard(let publisher):
        checker.checkSound(of: Int(publisher), by: index, now: now)
      case .fault(let text): checker.fail("page \(index): \(text)", at: now)
      }
    }
  }

  private func endWorkersTurn() {
    workers.endTurn(now: now) { worker, event in
      events.add(.report(worker, event), at: now + Self.ringDelay)
    } transmit: { worker, datagram, address in
      guard let index = pages.firstIndex(where: { $0.address == address }) else { return }
      for arrival in pages[index].downlink.transmit(
        bytes: datagram.count, now: now, random: &random)
      {
        events.add(
          .toClient(index, datagram, from: Self.address(ofWorker: worker), at: address),
          at: arrival)
      }
    } cross: { worker, crossing, bytes in
      events.add(.crossing(worker, crossing, bytes), at: now + Self.ringDelay)
    }
    if let problem = workers.conservationProblem { checker.fail(problem, at: now) }
  }
}
