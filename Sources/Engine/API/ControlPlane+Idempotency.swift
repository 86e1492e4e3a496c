import Primitives
import Signaling
import Visits

/// What came with an idempotency key: codes under the key behind all links, which tell nothing of
/// what was sent. The event that the request leads to carries them, so that they are known after a
/// restart too.
struct RequestMark: Hashable, Sendable {
  /// Which key it was, of which clinic, for which operation.
  let name: String
  /// What was sent with it.
  let body: String

  init(name: String, body: String) {
    self.name = name
    self.body = body
  }

  /// Reads what an event carries; nil where that is no mark.
  init?(text: String) {
    let parts = text.split(separator: ".")
    guard parts.count == 2 else { return nil }
    self.init(name: String(parts[0]), body: String(parts[1]))
  }

  /// As an event carries it.
  var text: String { "\(name).\(body)" }
}

/// What the newest idempotency keys came with, and what became of it.
struct IdempotencyKeys: Sendable {
  /// How far a request with a key has come.
  enum State: Equatable, Sendable {
    /// No request with the key has been accepted.
    case fresh
    /// What it leads to is on its way to the disk.
    case underWay
    /// It has been answered; with the document where that cannot be made again.
    case done(JSON?)
    /// Something else came with the key.
    case other
  }

  private var known: [String: (body: String, state: State)] = [:]
  /// The names of the keys, oldest first from `next` on. One that was forgotten stays among them.
  private var names: [String] = []
  private var next = 0

  /// What is known of a key.
  func state(of mark: RequestMark) -> State {
    guard let entry = known[mark.name] else { return .fresh }
    return entry.body == mark.body ? entry.state : .other
  }

  /// A request with the key has been accepted, or answered.
  mutating func note(_ mark: RequestMark, _ state: State) {
    if known[mark.name] == nil {
      if names.count < Limits.idempotencyKeys {
        names.append(mark.name)
      } else {
        known[names[next]] = nil
        names[next] = mark.name
        next = (next + 1) % Limits.idempotencyKeys
      }
    }
    known[mark.name] = (mark.body, state)
  }

  /// The request with the key has led to nothing, and can be sent again.
  mutating func forget(_ mark: RequestMark) { known[mark.name] = nil }
}

extension StoredEvent {
  /// The member of a payload that carries a mark.
  static let markName = "idempotency"

  /// The mark of the request that the event comes from; nil where it had none.
  var mark: RequestMark? { payload[Self.markName]?.string.flatMap(RequestMark.init) }
}

extension ControlPlane {
  /// What came with the request's idempotency key; nil where none did. Throws 400 where it is not
  /// of its form, 422 where it came with another body before.
  private func mark(of call: APICall, body: String) throws(APIProblem) -> RequestMark? {
    guard let key = call.request.idempotencyKey else { return nil }
    guard key.isIdempotencyKey else {
      throw APIProblem(400, "bad_idempotency_key", field: "Idempotency-Key")
    }
    func code(_ text: String) -> String {
      Base64.encodeURL(Array(configuration.links.seed(for: text).prefix(16)))
    }
    let name = Self.name(of: call, key)
    let mark = RequestMark(name: code("key " + name), body: code("body \(name) \(body)"))
    guard idempotencyKeys.state(of: mark) != .other else {
      throw APIProblem(422, "idempotency_key_reused", field: "Idempotency-Key")
    }
    return mark
  }

  private static func name(of call: APICall, _ key: String) -> String {
    "\(call.clinic) \(call.operation.rawValue) \(call.request.path) \(key)"
  }

  /// Where the identifiers of what a request makes are drawn from: the same for each request with
  /// the same key, so that a second one makes nothing new; without a key, always another.
  mutating func idempotentSource(
    for call: APICall, _ body: JSON
  ) throws(APIProblem) -> (RandomSource, RequestMark?) {
    guard let mark = try mark(of: call, body: body.description),
      let key = call.request.idempotencyKey
    else { return (random.fork(), nil) }
    return (RandomSource(seed: configuration.links.seed(for: Self.name(of: call, key))), mark)
  }

  /// A command that must not be carried out twice for one key: a repetition is answered with what
  /// holds now, and does nothing.
  mutating func requestOnce(
    _ command: Command, for call: APICall, answer: PendingExchange.Answer
  ) throws(APIProblem) {
    let body = String(decoding: call.request.body.value, as: UTF8.self)
    let mark = try mark(of: call, body: body)
    switch mark.map({ idempotencyKeys.state(of: $0) }) {
    case .underWay: throw Self.underWay
    case .done:
      let pending = PendingExchange(exchange: call.exchange, answer: answer)
      self.answer(pending, isDurable: journal.isSettled)
    default: try request(command, for: call, answer: answer, mark: mark)
    }
  }

  /// Answers with a document that is made once for one key.
  mutating func respondOnce(
    to call: APICall, _ body: JSON, status: Int,
    _ make: (inout ControlPlane) throws(APIProblem) -> JSON
  ) throws(APIProblem) {
    let mark = try mark(of: call, body: body.description)
    if let mark, case .done(let document?) = idempotencyKeys.state(of: mark) {
      return respond(document, status: status, to: call.exchange)
    }
    let document = try make(&self)
    if let mark { idempotencyKeys.note(mark, .done(document)) }
    respond(document, status: status, to: call.exchange)
  }

  /// Does something that draws identifiers, from another source than usual.
  mutating func drawing<Result>(
    from source: RandomSource,
    _ action: (inout ControlPlane) throws(SignalingError) -> Result
  ) throws(SignalingError) -> Result {
    let usual = random
    random = source
    defer { random = usual }
    return try action(&self)
  }

  /// The first request with this key is still on its way to the disk.
  static var underWay: APIProblem {
    APIProblem(
      409, "under_way", field: "Idempotency-Key",
      detail: "the first request with this key has not been answered yet")
  }
}

extension String {
  /// 1 to 64 letters of ASCII, digits, hyphens and underscores.
  fileprivate var isIdempotencyKey: Bool {
    (1...64).contains(utf8.count)
      && utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
      }
  }
}
