import Engine
import Glibc
import Primitives
import Runtime
import Security
import Signaling
import Store
import Visits
import Wire

/// A control plane and its store on the calling thread, without sockets: what is left is the work
/// itself, that of the clients included. Messages that have come in since the last turn share one
/// commit, as in the daemon.
final class InProcessClinic: LoadedClinic {
  let key: JWTKey
  private let demo = DemoClinic()
  private let folder: String
  private let store: EventStore
  private var plane: ControlPlane
  /// Watches nothing: while it waits, no processor time is used.
  private var idle: EventLoop
  private var connected = 0
  private var inbound: [(client: Int, bytes: [UInt8])] = []
  private var outbound: [(client: Int, bytes: [UInt8])] = []
  private var appended: [StoredEvent] = []

  init() throws {
    var pattern = Array("/tmp/samtal-bench-XXXXXX".utf8CString)
    guard mkdtemp(&pattern) != nil else { throw BenchmarkFailure("no folder can be made") }
    folder = String(decoding: pattern.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    idle = try EventLoop()
    guard let auditKey = AuditKey(Redacted(KernelRandom.bytes(32))) else {
      throw BenchmarkFailure("a key of 32 bytes is refused")
    }
    store = try EventStore(path: folder + "/samtal.db", auditKey: auditKey)
    guard
      let key = JWTKey(id: DemoClinic.keyID, sharedSecret: KernelRandom.bytes(32)),
      let links = LinkSecrets(key: KernelRandom.bytes(32)),
      let candidate = NetworkAddress(host: "127.0.0.1", port: 40_000)
    else { throw BenchmarkFailure("keys of 32 bytes are refused") }
    self.key = key
    plane = try ControlPlane(
      configuration: ControlConfiguration(
        keys: [.init(clinic: demo.clinic, key: key)], links: links, candidates: [[candidate]],
        fingerprint: Fingerprint(digest: Array(repeating: 0, count: 32))),
      random: RandomSource(seed: KernelRandom.seed()), restoring: [], at: .now())
    for command in demo.commands { give(.administer(command)) }
    try commit()
  }

  var clinic: String { demo.clinic.text }

  func connect() {
    give(.opened(ConnectionID(UInt64(connected)), ConnectionOrigin(.lines)))
    connected += 1
  }

  func send(_ text: String, from client: Int) {
    inbound.append((client, Array(text.utf8)))
  }

  func receive(until deadline: Instant) throws -> [(client: Int, bytes: [UInt8])] {
    if inbound.isEmpty { idle.wait(until: deadline) }
    for (client, bytes) in inbound { give(.received(ConnectionID(UInt64(client)), bytes)) }
    inbound.removeAll(keepingCapacity: true)
    try commit()
    defer { outbound.removeAll(keepingCapacity: true) }
    return outbound
  }

  func processorTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  private func commit() throws {
    guard let last = appended.last else { return }
    try store.append(appended)
    appended.removeAll(keepingCapacity: true)
    give(.committed(last.position))
  }

  private func give(_ input: ControlPlane.Input) {
    plane.receive(input, at: .now())
    while let output = plane.poll() {
      switch output {
      case .send(let connection, let text):
        outbound.append((Int(connection.value), Array(text.utf8)))
      case .append(let events): appended += events
      default: break
      }
    }
  }
}
