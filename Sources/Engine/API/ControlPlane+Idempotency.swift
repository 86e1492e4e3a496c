import Primitives
import Security
import Signaling
import Visits

/// What was sent with the newest idempotency keys, so that another body under the same one is
/// noticed. What a key made is not kept here: it follows from the key alone, also after a restart.
struct IdempotencyKeys: Sendable {
  private var bodies: [String: [UInt8]] = [:]
  /// The keys, oldest first from `next` on.
  private var names: [String] = []
  private var next = 0

  /// Takes down what comes with a key; false where something else came with it before.
  mutating func note(_ name: String, body: [UInt8]) -> Bool {
    if let known = bodies[name] { return known == body }
    if names.count < Limits.idempotencyKeys {
      names.append(name)
    } else {
      bodies[names[next]] = nil
      names[next] = name
      next = (next + 1) % Limits.idempotencyKeys
    }
    bodies[name] = body
    return true
  }
}

extension ControlPlane {
  /// Where the identifiers of what a request makes are drawn from: the same for each request with
  /// the same key, so that a second one makes nothing new; without a key, always another.
  ///
  /// Throws 422 where the key came with another body before.
  mutating func idempotentSource(for call: APICall, _ body: JSON) throws(APIProblem)
    -> RandomSource
  {
    guard let key = call.request.idempotencyKey else { return random.fork() }
    guard key.isIdempotencyKey else {
      throw APIProblem(400, "bad_idempotency_key", field: "Idempotency-Key")
    }
    let name = "\(call.clinic) \(call.operation.rawValue) \(call.request.path) \(key)"
    let fingerprint = HMAC.sha256(key: Array("body".utf8), Array(body.description.utf8))
    guard idempotencyKeys.note(name, body: fingerprint) else {
      throw APIProblem(422, "idempotency_key_reused", field: "Idempotency-Key")
    }
    return RandomSource(seed: configuration.links.seed(for: name))
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
