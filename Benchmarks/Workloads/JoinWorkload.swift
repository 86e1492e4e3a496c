import Engine
import PeerClient
import Primitives
import Security
import Signaling
import Visits
import Wire

/// A member of staff who comes into calls: from `session.open` until `media.negotiate` is answered,
/// with a store and a worker that answer at once.
final class JoinWorkload: Workload {
  let operations = 4
  private var plane: ControlPlane
  private let key: JWTKey
  private let demo = DemoClinic()
  private let offer: JSON
  private var now = Moment(
    instant: .origin + .seconds(100), wall: WallTime(milliseconds: 1_800_000_000_000))
  private var connections: UInt64 = 0
  private var answers: [String] = []
  private var joining: [(connection: ConnectionID, token: String)] = []
  private var completed = 0

  init() throws {
    guard let key = JWTKey(id: DemoClinic.keyID, sharedSecret: Array(repeating: 7, count: 32)),
      let links = LinkSecrets(key: Array(repeating: 9, count: 32))
    else { throw BenchmarkFailure("keys of 32 bytes are refused") }
    self.key = key
    plane = try ControlPlane(
      configuration: ControlConfiguration(
        keys: [.init(clinic: demo.clinic, key: key)], links: links,
        candidates: [[NetworkAddress(ipv4: 0x7F00_0001, port: 40_000)]],
        fingerprint: Fingerprint(digest: Array(repeating: 3, count: 32))),
      random: RandomSource(seed: 1), restoring: [], at: now)
    offer = try Self.makeOffer(at: now.wall)
    for command in demo.commands { give(.administer(command)) }
  }

  /// The arguments of `media.negotiate`, as the client module makes them.
  private static func makeOffer(at now: WallTime) throws -> JSON {
    var random = RandomSource(seed: 2)
    let certificate = try Certificate.generate(
      validFrom: now, until: now + .hours(24), random: &random)
    var client = PeerClient(
      configuration: PeerClient.Configuration(publisher: 1), certificate: certificate,
      random: random)
    let offer = client.makeOffer()
    let seats = offer.seats.map { seat in
      JSON.compact([
        "kind": .string(seat.kind.rawValue), "audio_mid": seat.audioMID.map { .string($0) },
        "video_mid": seat.videoMID.map { .string($0) },
      ])
    }
    let tracks = offer.tracks.map { track -> JSON in
      ["mid": .string(track.mid), "source": .string(track.source.rawValue)]
    }
    return ["offer": .string(offer.sdp), "tracks": .array(tracks), "seats": .array(seats)]
  }

  // MARK: Running

  /// Makes a visit with a call for each that joins, and ends the joins of the run before.
  func prepare() throws {
    for (connection, _) in joining { give(.closed(connection)) }
    pass(.minutes(1))
    joining.removeAll(keepingCapacity: true)
    let host = connect()
    try call(host, "session.open", ["token": .string(token(person: "per_host", visit: nil))])
    for _ in 0..<operations {
      let created = try call(host, "visit.create", ["type": "videobesök"])
      guard let visit = created["visit"]?["id"]?.string else {
        throw BenchmarkFailure("visit.create answered \(created)")
      }
      try call(host, "call.start", ["visit": .string(visit)])
      try call(host, "call.leave", [:])
      joining.append((connect(), token(person: "per_host", visit: visit)))
    }
    give(.closed(host))
    completed = 0
  }

  func run() {
    for (connection, token) in joining {
      answers.removeAll(keepingCapacity: true)
      send(connection, "session.open", ["token": .string(token)])
      send(connection, "call.join", [:])
      send(connection, "media.negotiate", offer)
      if answers.contains(where: { $0.contains("\"answer\":") }) { completed += 1 }
    }
  }

  func check() throws {
    guard completed == operations else {
      throw BenchmarkFailure("media.negotiate was not answered: \(answers)")
    }
  }

  // MARK: Driving

  private func connect() -> ConnectionID {
    connections += 1
    let connection = ConnectionID(connections)
    give(.opened(connection, ConnectionOrigin(.lines)))
    return connection
  }

  private func token(person: String, visit: String?) -> String {
    let claims: JSON = .compact([
      "clinic": .string(demo.clinic.text), "visit": visit.map { .string($0) }, "role": "staff",
      "name": "Load", "identified_by": "staff",
    ])
    return JWT.sign(subject: person, claims: claims, from: now.wall, for: .minutes(5), key: key)
  }

  private func send(_ connection: ConnectionID, _ method: String, _ params: JSON) {
    let message: JSON = [
      "jsonrpc": "2.0", "id": 1, "method": .string(method), "params": params,
    ]
    give(.received(connection, Array(message.description.utf8)))
  }

  /// Sends a request whose result is needed.
  @discardableResult
  private func call(_ connection: ConnectionID, _ method: String, _ params: JSON) throws -> JSON {
    answers.removeAll(keepingCapacity: true)
    send(connection, method, params)
    for answer in answers {
      let message = try JSON(parsing: answer)
      guard message["id"] != nil else { continue }
      guard let result = message["result"] else {
        throw BenchmarkFailure("\(method) was refused: \(message)")
      }
      return result
    }
    throw BenchmarkFailure("\(method) was not answered")
  }

  private func pass(_ span: Duration) {
    now = Moment(instant: now.instant + span, wall: now.wall + span)
    give(.deadline)
  }

  /// Gives an input, and everything that the store and the worker answer to it.
  private func give(_ input: ControlPlane.Input) {
    var inputs = [input]
    while !inputs.isEmpty {
      plane.receive(inputs.removeFirst(), at: now)
      while let output = plane.poll() { inputs += answer(to: output) }
    }
  }

  private func answer(to output: ControlPlane.Output) -> [ControlPlane.Input] {
    switch output {
    case .send(_, let text): answers.append(text)
    case .append(let events): return events.last.map { [.committed($0.position)] } ?? []
    case .worker(let worker, .register(let peer, _, _, _)):
      return [.worker(worker, .peerRegistered(peer))]
    case .worker(let worker, .seat(let viewer, let assignment)):
      return [.worker(worker, .seated(viewer, assignment, audioFrom: 1, videoFrom: 1))]
    default: break
    }
    return []
  }
}
