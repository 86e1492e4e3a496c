import PeerClient
import Primitives
import Security
import Wire

/// A page, as a model: it speaks the signaling protocol, publishes and receives by a real client's
/// media code, and shows what the client's rule for seats lets it show.
///
/// It knows what its messages told it, and nothing of the server's insides.
final class ModelClient {
  /// Something that the page does.
  enum Output {
    /// A signaling message.
    case send(String)
    /// A datagram to the relay.
    case transmit([UInt8], to: NetworkAddress)
    /// A frame that arrived on a seat, and whose name stood under it, if any.
    case shown(publisher: UInt32, under: String?)
    /// Sound that arrived on a seat.
    case heard(publisher: UInt32)
    /// Something that a page must never meet.
    case fault(String)
  }

  /// Where the page thinks it is.
  enum Place: String { case out, lobby, call }

  let person: Scenario.Person
  /// What its packets carry, so that a receiver knows whose they are.
  let identity: UInt32
  let credential: JSON
  let certificate: Certificate
  var random: RandomSource

  // What the server told.
  var place = Place.out
  var participant: String?
  var roster: [String] = []
  var waiting: [String] = []
  var seats: [Int: SeatView] = [:]
  var session: (id: String, secret: String)?
  var sequence: Int64 = 0
  /// How often somebody was given one of this page's seats.
  var seatChanges = 0
  /// Whether the session is over for good: removed, or the call ended.
  var isFinished = false

  // What the person wants.
  var wantsCall = true
  var microphone = true
  var camera = true
  var pinned = 0

  var media: PeerClient?
  var pending: [Int64: String] = [:]
  var lastRequest: Int64 = 0
  var isConnected = false
  var outputs: [Output] = []
  var polled = 0

  init(
    person: Scenario.Person, identity: UInt32, credential: JSON, certificate: Certificate,
    random: RandomSource
  ) {
    self.person = person
    self.identity = identity
    self.credential = credential
    self.certificate = certificate
    self.random = random
  }

  func poll() -> Output? {
    guard polled < outputs.count else {
      outputs.removeAll(keepingCapacity: true)
      polled = 0
      return nil
    }
    defer { polled += 1 }
    return outputs[polled]
  }

  // MARK: The connection

  func connected(now: Instant) {
    isConnected = true
    // An offer whose answer is lost is made anew. It may have been heard all the same: then the
    // server takes the new one as a restart, and who sits where is not told again.
    if pending.values.contains("media.negotiate") { media = nil }
    pending = [:]
    var members = credential.members ?? []
    if let session {
      let resume: JSON = [
        "session": .string(session.id), "secret": .string(session.secret),
        "seq": .integer(sequence),
      ]
      members = [JSON.Member("resume", resume)]
    }
    members.append(JSON.Member("client", ["name": "model", "device": "computer"]))
    request("session.open", .object(members))
  }

  func disconnected() { isConnected = false }

  func receive(_ text: String, now: Instant) {
    guard let message = try? JSON(parsing: text) else {
      outputs.append(.fault("the server sent what is no JSON"))
      return
    }
    if let method = message["method"]?.string {
      receiveNotification(method, message["params"] ?? [:], now: now)
    } else if let id = message["id"]?.integer, let method = pending.removeValue(forKey: id) {
      if let result = message["result"] {
        receiveResult(of: method, result, now: now)
      } else {
        receiveError(of: method, now: now)
      }
    }
  }

  func request(_ method: String, _ params: JSON = [:]) {
    guard isConnected else { return }
    lastRequest += 1
    pending[lastRequest] = method
    let message: JSON = [
      "jsonrpc": "2.0", "id": .integer(lastRequest), "method": .string(method), "params": params,
    ]
    outputs.append(.send(message.description))
  }
}
