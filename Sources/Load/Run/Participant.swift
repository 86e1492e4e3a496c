import PeerClient
import Primitives
import Runtime
import Security
import Wire

/// One person of a run: a page's signaling, a browser's media, and a socket of its own.
final class Participant {
  /// Where the server says that the person is.
  enum Place: String { case out, lobby, call }

  /// What all of a run share.
  struct Surroundings {
    let plan: LoadPlan
    let clinic: LoadClinic
    let lines: LoadLines
    let network: LoadNetwork
    let certificate: Certificate
    let media: LoadMedia
    let decoding: DecodeThread?
    /// Set where a sink has everybody's media.
    let sink: LoadSink?
  }

  /// Names the person in the marks of their media.
  let identity: UInt32
  /// The slot of the run that this person has.
  let slot: Int
  let room: LoadRoom
  /// The place that this one has there; the first makes the visit and starts the call.
  let position: Int
  let decodes: Bool
  let around: Surroundings
  let loops: [MediaSource: MediaLoop]
  var tally: LoadTallyBox { around.network.tally }
  var random: RandomSource
  /// Nil where a sink has the media.
  var socket: UDPSocket?

  // Signaling.
  var line: UInt64
  var isConnected = false
  var isLeaving = false
  /// Whether nothing more is published.
  var isDone = false
  var place = Place.out
  var participant: String?
  var session: (id: String, secret: String)?
  var sequence: Int64 = 0
  var seats: [Int: SeatView] = [:]
  var pending: [Int64: String] = [:]
  var lastRequest: Int64 = 0
  var asked: Set<String> = []

  // Media.
  var media: PeerClient?
  /// The number of one's peer connection in the sink.
  var sinkNumber: Int?
  var isSending = false
  var flows: [FlowName: Flow] = [:]
  var hasHeard = false
  var hasSeen = false

  // Times.
  let started: Instant
  /// When media was up and the person in the call, and so from when on they publish and see.
  var present: Instant?
  var lostLine: Instant?

  /// A device of somebody else, as this one gets it.
  struct FlowName: Hashable {
    var publisher: UInt32
    var source: MediaSource
  }

  init(
    identity: UInt32, slot: Int, room: LoadRoom, position: Int, decodes: Bool,
    random: RandomSource, around: Surroundings, now: Instant
  ) throws(SystemError) {
    self.identity = identity
    self.slot = slot
    self.room = room
    self.position = position
    self.decodes = decodes
    self.random = random
    self.around = around
    loops = around.media.loops(of: position)
    started = now
    if around.sink == nil {
      socket = try UDPSocket(
        bindingTo: around.network.localAddress,
        messagesPerReceive: LoadNetwork.messagesPerReceive, lineUp: LoadNetwork.lineUp)
    }
    line = around.lines.connect()
  }

  var isHost: Bool { position == 0 }

  /// What this one publishes: a screen is shared by the one who started the call.
  var publishes: Set<MediaSource> {
    isHost ? around.plan.publish : around.plan.publish.subtracting([.screen])
  }

  /// Watch this for reading; nil where a sink has the media.
  var descriptor: Int32? {
    switch socket {
    case .some(let socket): socket.descriptor
    case nil: nil
    }
  }

  /// When `handleDeadline` wants to be called.
  var nextDeadline: Instant? {
    switch media {
    case .some(let media): media.nextDeadline
    case nil: nil
    }
  }

  // MARK: The connection

  func opened(now: Instant) {
    isConnected = true
    var members: [JSON.Member] = []
    if let session {
      let resume: JSON = [
        "session": .string(session.id), "secret": .string(session.secret),
        "seq": .integer(sequence),
      ]
      members.append(JSON.Member("resume", resume))
    } else {
      members.append(JSON.Member("token", .string(token)))
    }
    members.append(JSON.Member("client", ["name": "samtal load", "device": "computer"]))
    request("session.open", .object(members))
  }

  /// Lets in a member of staff of the whole clinic, or somebody to the room's visit.
  private var token: String {
    let clinic = around.clinic
    let now = WallClock.now()
    guard !isHost, let visit = room.visit else {
      return clinic.token(person: room.person("staff"), role: "staff", now: now)
    }
    if let patient = room.takePatient() {
      return clinic.token(
        person: patient, role: "patient", visit: visit, waits: around.plan.waitsInLobby, now: now)
    }
    return clinic.token(
      person: room.person("guest-\(identity)"), role: "guest", visit: visit,
      waits: around.plan.waitsInLobby, now: now)
  }

  /// The connection is gone: everybody who did not want that comes back to their session.
  func closed(reason: String, now: Instant) {
    isConnected = false
    pending = [:]
    guard !isLeaving else { return }
    if session == nil {
      tally.fail(reason.isEmpty ? "connection closed" : "connection: \(reason)")
      return
    }
    if lostLine == nil {
      tally.fail("signaling lost")
      lostLine = now
    }
    line = around.lines.connect()
  }

  /// Loses the connection on purpose.
  func loseLine(now: Instant) {
    guard isConnected, session != nil, !isLeaving else { return }
    lostLine = now
    around.lines.close(line)
  }

  /// Leaves the call, and ends it where it is this one's.
  func leave(now: Instant) {
    isLeaving = true
    if isConnected, place != .out {
      request(isHost ? "call.end" : "call.leave")
      if isHost, let visit = room.visit { request("visit.close", ["visit": .string(visit)]) }
    }
    media?.close(now: now)
    drainMedia(now: now)
  }

  func request(_ method: String, _ params: JSON = [:]) {
    guard isConnected else { return }
    lastRequest += 1
    pending[lastRequest] = method
    around.lines.send(
      [
        "jsonrpc": "2.0", "id": .integer(lastRequest), "method": .string(method),
        "params": params,
      ], on: line)
  }

  func receive(_ bytes: [UInt8], now: Instant) {
    guard let message = try? JSON(parsing: bytes) else { return tally.fail("unreadable message") }
    if let method = message["method"]?.string {
      receiveNotification(method, message["params"] ?? [:], now: now)
    } else if let id = message["id"]?.integer, let method = pending.removeValue(forKey: id) {
      if let result = message["result"] {
        receiveResult(of: method, result, now: now)
      } else if !isLeaving {
        let reason = message["error"]?["data"]?["reason"]?.string ?? "refused"
        tally.fail("\(method): \(reason)")
      }
    }
  }
}
