import Engine
import Primitives
import Runtime
import Security
import Synchronization

/// One worker with its sockets, on a thread of its own.
final class MediaThread: Sendable {
  /// How the worker is made.
  struct Setup: Sendable {
    var index: Int
    var addresses: [NetworkAddress]
    var certificate: Certificate
    var profiles: [SRTPProfile]
    var seed: [UInt8]
    var peers: Int
    /// The ways to the other workers.
    var crossings: WorkerCrossings
  }

  /// The control thread posts here.
  let commands: Mailbox<WorkerCommand>
  /// The control thread reads here.
  let events: Mailbox<WorkerEvent>
  private let setup: Setup
  private let board: StatusBoard
  private let isStopping = Atomic<Bool>(false)

  init(_ setup: Setup, board: StatusBoard) throws(SystemError) {
    self.setup = setup
    self.board = board
    commands = try Mailbox(capacity: Limits.workerMailboxLetters)
    events = try Mailbox(capacity: Limits.workerMailboxLetters)
  }

  /// Opens the sockets and starts the thread.
  func start(processor: Int?) throws(SystemError) -> WorkerThread {
    var sockets: [MediaSocket] = []
    for address in setup.addresses { sockets.append(try MediaSocket(address)) }
    let opened = sockets
    return try WorkerThread(name: "media-\(setup.index)", processor: processor) {
      do throws(SystemError) {
        var turns = try MediaTurns(self.setup, opened, self.commands, self.events)
        turns.run(until: self.isStopping, telling: self.board)
      } catch {
        preconditionFailure("\(error)")
      }
    }
  }

  /// Has the thread end after its present turn.
  func requestStop() {
    isStopping.store(true, ordering: .releasing)
    commands.nudge()
  }
}

/// A worker's socket; a class, as there may be one for each family. Confined to its worker's
/// thread once that has started, which needs no check at each access.
private final class MediaSocket: @unchecked Sendable {
  @exclusivity(unchecked) var socket: UDPSocket
  let isIPv4: Bool

  init(_ address: NetworkAddress) throws(SystemError) {
    socket = try UDPSocket(bindingTo: address, stampsArrivals: true)
    isIPv4 = address.isIPv4
  }
}

/// What a worker's thread does, turn by turn.
private struct MediaTurns: ~Copyable {
  private let place = InPlace()
  private static let commandsToken: UInt64 = .max
  private static let crossingsToken: UInt64 = .max - 1
  /// Batches that are received before what they caused is sent.
  private static let batchesPerTurn = 4

  private let index: Int
  private let sockets: [MediaSocket]
  private let commands: Mailbox<WorkerCommand>
  private var loop: EventLoop
  private var worker: Worker
  private let outbox: Outbox<WorkerEvent>
  private let crossings: WorkerCrossings
  private let arrivals: [PacketRing<Crossing>]
  /// What has come from other workers.
  private var crossed: UInt64 = 0
  private var received = TurnPace.Received()
  private var pace = TurnPace()
  private var load = ThreadLoad()
  private var nextReport = Instant.origin
  /// When the present turn began.
  private var turnStart = Instant.origin
  /// The latest time that the worker was told with a datagram, or at the end of a turn.
  private var latest = Instant.origin

  init(
    _ setup: MediaThread.Setup, _ sockets: [MediaSocket], _ commands: Mailbox<WorkerCommand>,
    _ events: Mailbox<WorkerEvent>
  ) throws(SystemError) {
    let loop = try EventLoop()
    try loop.watch(commands.descriptor, for: .reading, token: Self.commandsToken)
    try loop.watch(
      setup.crossings.bell(of: setup.index).descriptor, for: .reading, token: Self.crossingsToken)
    for (index, socket) in sockets.enumerated() {
      try loop.watch(socket.socket.descriptor, for: .reading, token: UInt64(index))
    }
    index = setup.index
    crossings = setup.crossings
    arrivals = setup.crossings.arrivals(for: setup.index)
    self.sockets = sockets
    self.commands = commands
    self.loop = loop
    var sizes = Worker.Sizes()
    sizes.peers = setup.peers
    worker = Worker(
      certificate: setup.certificate, profiles: setup.profiles,
      random: RandomSource(seed: setup.seed), sizes: sizes)
    outbox = Outbox(events)
  }

  mutating func run(until isStopping: borrowing Atomic<Bool>, telling board: StatusBoard) {
    while !isStopping.load(ordering: .acquiring) {
      report(to: board)
      if rest() { lookEverywhere() } else { waitForSomething() }
      endTurn()
      while let event = worker.pollEvent() { outbox.send(event) }
      outbox.flush()
    }
    takeCommands()
    endTurn()
  }

  /// Lets more datagrams gather where there will be many; whatever else is due waits, too. False
  /// where it does not.
  private mutating func rest() -> Bool {
    received.datagrams = sockets.reduce(crossed) { $0 + $1.socket.received }
    let end = pace.rest(
      afterTurnBegunAt: turnStart, received: received, gatheringUntil: worker.gatheringUntil,
      isAwaited: worker.connectingCount > 0)
    guard let end else { return false }
    MonotonicClock.rest(until: end)
    turnStart = MonotonicClock.now()
    return true
  }

  /// Begins a turn after a rest: there will be something, and the kernel need not be asked where.
  private mutating func lookEverywhere() {
    takeCommands()
    takeCrossings()
    for index in sockets.indices { receive(on: index) }
  }

  /// Begins a turn as soon as there is something to do.
  private mutating func waitForSomething() {
    var deadline = earliest(worker.nextDeadline, nextReport)
    if outbox.count > 0 {
      deadline = earliest(deadline, MonotonicClock.now() + .milliseconds(1))
    }
    loop.wait(until: deadline)
    turnStart = MonotonicClock.now()
    for token in loop.ready {
      if token == Self.commandsToken {
        commands.acknowledge()
        takeCommands()
      } else if token == Self.crossingsToken {
        crossings.bell(of: index).silence()
        takeCrossings()
      } else {
        receive(on: Int(token))
      }
    }
  }

  private mutating func takeCommands() {
    let now = MonotonicClock.now()
    while let command = commands.take() {
      worker.receive(command, now: now)
      if worker.batch.wantsFlush { send() }
    }
  }

  /// Takes what other workers have handed over by now.
  private mutating func takeCrossings() {
    for ring in arrivals where !ring.isEmpty {
      let now = MonotonicClock.now()
      received.note(at: now)
      for _ in 0..<ring.count {
        while !ring.pop({ worker.receive($0, $1, now: now) }) { send() }
        crossed += 1
      }
    }
  }

  private mutating func receive(on index: Int) {
    for _ in 0..<Self.batchesPerTurn {
      let count = sockets[index].socket.receive()
      let now = MonotonicClock.now()
      for place in 0..<count {
        guard let arrival = sockets[index].socket.arrival(place) else { continue }
        // It came when it came, however long it lay there; but time does not go back.
        latest = max(latest, now - arrival.age)
        received.note(at: latest)
        take(arrival, now: latest)
      }
      if count < UDPSocket.usualMessagesPerReceive { return }
    }
  }

  private mutating func take(_ arrival: UDPSocket.Arrival, now: Instant) {
    var rest = arrival.bytes
    while true {
      let taken = worker.receive(
        rest, segmentBytes: arrival.segmentBytes, from: arrival.source, now: now)
      rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
      if rest.isEmpty { return }
      send()
    }
  }

  private mutating func endTurn() {
    let now = MonotonicClock.now()
    latest = now
    while !worker.endTurn(now: now) { send() }
    send()
    worker.takeCrossings { [crossings, index] destination, crossing, bytes in
      crossings.send(crossing, bytes, from: index, to: destination)
    }
  }

  /// Sends the worker's batch: each message by the socket of its family, or by the only one.
  private mutating func send() {
    guard !worker.batch.isEmpty else { return }
    for index in 0..<worker.batch.count {
      let message = worker.batch[index]
      let socket = sockets.first { $0.isIPv4 == message.address.isIPv4 } ?? sockets[0]
      socket.socket.begin(
        to: message.address, segments: message.segments, segmentBytes: message.segmentBytes,
        pieces: message.pieces)
      worker.batch.forEachPiece(of: message) { socket.socket.extend($0) }
    }
    for socket in sockets { socket.socket.flush() }
    worker.batch.clear()
  }

  /// Twice a second, tells the worker how busy it is, and puts the worker's figures on the board.
  private mutating func report(to board: StatusBoard) {
    let now = MonotonicClock.now()
    guard now >= nextReport else { return }
    nextReport = now + .milliseconds(500)
    let percent = load.percent(now: now, processorTime: ThreadClock.now())
    worker.noteLoad(percent: percent)
    var datagrams = DatagramCounters()
    for socket in sockets { datagrams.add(socket.socket.counters) }
    board.update(
      worker: index,
      StatusBoard.WorkerStatus(
        peers: worker.peerCount, loadPercent: percent, media: worker.counters,
        relay: worker.relayCounters,
        datagrams: datagrams))
  }
}
