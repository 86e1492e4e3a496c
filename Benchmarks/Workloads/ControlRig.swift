import Engine
import Primitives
import Security
import Signaling
import Visits
import Wire

/// A control plane with clients, and with a store and a worker that answer at once.
final class ControlRig {
  /// Messages to clients, since this was emptied.
  var answers: [String] = []
  private(set) var now = Moment(
    instant: .origin + .seconds(100), wall: WallTime(milliseconds: 1_800_000_000_000))
  private var plane: ControlPlane
  private let key: JWTKey
  private let demo = DemoClinic()
  private var connections: UInt64 = 0

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
    for command in demo.commands { give(.administer(command)) }
  }

  /// A new connection.
  func connect() -> ConnectionID {
    connections += 1
    let connection = ConnectionID(connections)
    give(.opened(connection, ConnectionOrigin(.lines)))
    return connection
  }

  /// The connection is lost.
  func close(_ connection: ConnectionID) { give(.closed(connection)) }

  /// What the clinic vouches for: a person, for one visit where that is given.
  func token(person: String, role: Role = .staff, visit: String?) -> String {
    let claims: JSON = .compact([
      "clinic": .string(demo.clinic.text), "visit": visit.map { .string($0) },
      "role": .string(role.rawValue), "name": "Load",
      "identified_by": role == .staff ? "staff" : "e_id",
    ])
    return JWT.sign(subject: person, claims: claims, from: now.wall, for: .minutes(5), key: key)
  }

  /// Sends a request.
  func send(_ connection: ConnectionID, _ method: String, _ params: JSON) {
    let message: JSON = [
      "jsonrpc": "2.0", "id": 1, "method": .string(method), "params": params,
    ]
    give(.received(connection, Array(message.description.utf8)))
  }

  /// Sends a request whose result is needed.
  @discardableResult
  func call(_ connection: ConnectionID, _ method: String, _ params: JSON) throws -> JSON {
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

  /// Lets time pass.
  func pass(_ span: Duration) {
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
