import Engine
import Primitives
import Security
import Signaling
import Testing
import Visits
import Wire

/// A control plane with a store and workers that answer at once, and clients that speak JSON.
struct ControlBench {
  var plane: ControlPlane
  let demo = DemoClinic()
  let key: JWTKey
  var now = Moment(
    instant: Instant(nanoseconds: 1_000_000_000), wall: WallTime(milliseconds: 1_800_000_000_000))

  /// What came for each connection and has not been taken.
  var inbox: [ConnectionID: [JSON]] = [:]
  var closed: [ConnectionID: String] = [:]
  /// What workers were told, and which of them.
  var told: [(worker: Int, command: WorkerCommand)] = []
  var records: [LogRecord] = []
  var audited: [AuditEntry] = []
  var responses: [ExchangeID: HTTPResponse] = [:]
  var operations: [ControlPlane.Output] = []
  /// Messages that are under way, and those that are only kept.
  var jobs: [DeliveryJob] = []
  var kept: [DeliveryJob] = []
  /// Whether images are kept; otherwise the store fails at it.
  var imagesAnswer = true
  var images: [BackgroundImage] = []
  /// Whether rows of the audit log that requests wait for are put on disk at once.
  var recordsAnswer = true
  var stored: [StoredEvent] = []

  /// Whether appended events are put on disk at once; otherwise they wait in `unstored`.
  var storeAnswers = true
  var unstored: [StoredEvent] = []
  /// Whether the worker answers at once; otherwise what it would say waits in `unsaid`.
  var workerAnswers = true
  var unsaid: [(worker: Int, event: WorkerEvent)] = []

  private var lastConnection: UInt64 = 0
  private var lastRequest: Int64 = 0
  private var lastTimestamp: UInt32 = 1_000

  init(
    seed: UInt64 = 1, settings: ClinicSettings? = nil, restoring events: [StoredEvent] = [],
    channels: Set<OutgoingMessage.Channel> = [], workers: Int = 1, peersPerWorker: Int = 100
  ) throws {
    key = try #require(
      JWTKey(id: DemoClinic.keyID, sharedSecret: Array(repeating: 7, count: 32)))
    var configuration = ControlConfiguration(
      keys: [.init(clinic: demo.clinic, key: key)],
      links: try #require(LinkSecrets(key: Array(repeating: 9, count: 32))),
      candidates: (0..<workers).map {
        [NetworkAddress(ipv4: 0x7F00_0001, port: UInt16(40_000 + $0))]
      },
      fingerprint: Fingerprint(digest: Array(repeating: 3, count: 32)))
    configuration.pages = "https://video.example"
    configuration.channels = channels
    configuration.peersPerWorker = peersPerWorker
    plane = try ControlPlane(
      configuration: configuration, random: RandomSource(seed: seed), restoring: events, at: now)
    guard events.isEmpty else {
      stored = events
      return
    }
    for command in demo.commands { give(.administer(command)) }
    if let settings { give(.administer(.changeSettings(demo.clinic, settings))) }
  }

  /// What workers were told, whichever of them.
  var commands: [WorkerCommand] { told.map(\.command) }

  // MARK: Driving

  /// Gives an input, and everything that the store and the worker answer to it.
  mutating func give(_ input: ControlPlane.Input) {
    var inputs = [input]
    while !inputs.isEmpty {
      plane.receive(inputs.removeFirst(), at: now)
      while let output = plane.poll() { inputs += handle(output) }
    }
  }

  private mutating func handle(_ output: ControlPlane.Output) -> [ControlPlane.Input] {
    switch output {
    case .send(let connection, let text):
      if let value = try? JSON(parsing: text) { inbox[connection, default: []].append(value) }
    case .close(let connection, _, let reason): closed[connection] = reason
    case .append(let events):
      guard storeAnswers else {
        unstored += events
        return []
      }
      stored += events
      return [.committed(events.last?.position ?? 0)]
    case .worker(let worker, let command):
      told.append((worker, command))
      let events = answer(to: command)
      guard workerAnswers else {
        unsaid += events.map { (worker, $0) }
        return []
      }
      return events.map { .worker(worker, $0) }
    case .audit(let entry): audited.append(entry)
    case .deliver(let job): jobs.append(job)
    case .keep(let job): kept.append(job)
    case .log(let record): records.append(record)
    case .respond(let exchange, let response): responses[exchange] = response
    case .errand(let exchange, .record(let entry)):
      audited.append(entry)
      return [.errandDone(exchange, recordsAnswer ? .done : .failed)]
    case .errand(let exchange, let errand):
      return [.errandDone(exchange, imagesAnswer ? answer(to: errand) : .failed)]
    case .drain, .setLogLevel: operations.append(output)
    }
    return []
  }

  private mutating func answer(to errand: StoreErrand) -> StoreAnswer {
    switch errand {
    case .record: return .failed
    case .readAudit(let query):
      let all = audited.enumerated().map {
        AuditLine(number: Int64($0.offset + 1), entry: $0.element)
      }
      return .audit(
        Array(
          all.filter { $0.entry.clinic == query.clinic && $0.number > query.after }
            .prefix(query.limit)))
    case .putImage(let image):
      images.removeAll { $0.id == image.id }
      images.append(image)
      return .done
    case .getImage(let clinic, let id):
      return .image(images.first { $0.clinic == clinic && $0.id == id })
    case .deleteImage(let clinic, let id):
      images.removeAll { $0.clinic == clinic && $0.id == id }
      return .done
    }
  }

  private mutating func answer(to command: WorkerCommand) -> [WorkerEvent] {
    switch command {
    case .register(let peer, _, _, _): return [.peerRegistered(peer), .peerConnected(peer)]
    case .seat(let viewer, let assignment):
      lastTimestamp += 1_000
      return [
        .seated(viewer, assignment, audioFrom: lastTimestamp, videoFrom: lastTimestamp + 1)
      ]
    default: return []
    }
  }

  /// Lets time pass, with every deadline on the way.
  mutating func pass(_ span: Duration) {
    let end = now.instant + span
    while let next = plane.nextDeadline, next <= end {
      advance(to: max(next, now.instant))
      give(.deadline)
    }
    advance(to: end)
  }

  private mutating func advance(to instant: Instant) {
    now = Moment(instant: instant, wall: now.wall + (instant - now.instant))
  }

  // MARK: Clients

  mutating func connect(_ way: ConnectionOrigin.Transport = .webSocket) -> ConnectionID {
    lastConnection += 1
    let connection = ConnectionID(lastConnection)
    give(.opened(connection, ConnectionOrigin(way)))
    return connection
  }

  /// Sends a request and returns the response: its `result`, or its `error`.
  @discardableResult
  mutating func call(_ connection: ConnectionID, _ method: String, _ params: JSON = [:]) -> JSON {
    let id = send(connection, method, params)
    return response(connection, id) ?? .null
  }

  /// Sends a request, and returns its id.
  mutating func send(_ connection: ConnectionID, _ method: String, _ params: JSON = [:]) -> JSON {
    lastRequest += 1
    let id = JSON.integer(lastRequest)
    let request: JSON = [
      "jsonrpc": "2.0", "id": id, "method": .string(method), "params": params,
    ]
    give(.received(connection, Array(request.description.utf8)))
    return id
  }

  /// The response to a request, where it has come.
  mutating func response(_ connection: ConnectionID, _ id: JSON) -> JSON? {
    guard let at = inbox[connection]?.firstIndex(where: { $0["id"] == id }),
      let response = inbox[connection]?.remove(at: at)
    else { return nil }
    return response["result"] ?? response["error"]
  }

  /// The notifications that have come since the last time: method and params.
  mutating func take(_ connection: ConnectionID) -> [(method: String, params: JSON)] {
    defer { inbox[connection] = [] }
    return (inbox[connection] ?? []).map { ($0["method"]?.string ?? "", $0["params"] ?? .null) }
  }

  /// The names of the notifications that have come since the last time.
  mutating func methods(_ connection: ConnectionID) -> [String] { take(connection).map(\.method) }

  // MARK: People

  mutating func staff() -> ConnectionID {
    let connection = connect()
    call(connection, "session.open", ["token": .string(demo.staffToken(key: key, at: now.wall))])
    return connection
  }

  mutating func patient() -> ConnectionID {
    let connection = connect()
    call(
      connection, "session.open", ["token": .string(demo.patientToken(key: key, at: now.wall))])
    return connection
  }

  mutating func guest(_ invite: InviteID? = nil, name: String? = nil) -> ConnectionID {
    let connection = connect()
    let secret = plane.inviteSecret(for: invite ?? demo.guestInvite) ?? ""
    call(
      connection, "session.open",
      .compact(["invite": .string(secret), "name": name.map(JSON.string)]))
    return connection
  }

  mutating func negotiate(_ connection: ConnectionID, _ client: ControlOffer = ControlOffer())
    -> JSON
  {
    call(connection, "media.negotiate", client.params)
  }
}
