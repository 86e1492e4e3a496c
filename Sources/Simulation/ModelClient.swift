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
  private let credential: JSON
  private let certificate: Certificate
  private var random: RandomSource

  // What the server told.
  private(set) var place = Place.out
  private(set) var participant: String?
  private(set) var roster: [String] = []
  private(set) var waiting: [String] = []
  private var seats: [Int: SeatView] = [:]
  private var session: (id: String, secret: String)?
  private var sequence: Int64 = 0
  /// Whether the session is over for good: removed, or the call ended.
  private(set) var isFinished = false

  // What the person wants.
  private var wantsCall = true
  private var microphone = true
  private(set) var camera = true
  private var pinned = 0

  private var media: PeerClient?
  private var pending: [Int64: String] = [:]
  private var lastRequest: Int64 = 0
  private var isConnected = false
  private var outputs: [Output] = []
  private var polled = 0

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
    // An offer whose answer is lost is made anew.
    if pending.values.contains("media.negotiate") { dropMedia() }
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

  // MARK: Answers

  private func receiveResult(of method: String, _ result: JSON, now: Instant) {
    switch method {
    case "session.open":
      if let id = result["session"]?.string, let secret = result["resume_secret"]?.string {
        session = (id, secret)
      }
      participant = result["you"]?["participant"]?.string ?? participant
      if let snapshot = result["snapshot"] {
        sequence = result["seq"]?.integer ?? sequence
        apply(snapshot, now: now)
      }
      // What was said into the dying connection may not have been heard.
      acknowledge(seats.filter { $0.value.participant == nil && $0.value.epoch > 0 })
      if place != .out { tellDevices() }
      enter(now: now)
    case "call.start", "call.join":
      participant = result["participant"]?.string ?? participant
      if let snapshot = result["snapshot"] { apply(snapshot, now: now) }
      tellDevices()
      negotiateIfNeeded(now: now)
    case "call.leave":
      place = .out
      dropMedia()
    case "media.negotiate":
      applyAnswer(result, now: now)
    default: break
    }
  }

  /// A session that cannot be continued is opened anew, as a person would by the same link; other
  /// refusals are part of life.
  private func receiveError(of method: String, now: Instant) {
    switch method {
    case "session.open":
      guard session != nil else {
        isFinished = true
        return
      }
      session = nil
      sequence = 0
      place = .out
      dropMedia()
      connected(now: now)
    case "media.negotiate": dropMedia()
    default: break
    }
  }

  // MARK: Notifications

  private func receiveNotification(_ method: String, _ params: JSON, now: Instant) {
    if let number = params["seq"]?.integer {
      guard number > sequence else { return }
      if number > sequence + 1 {
        outputs.append(.fault("notification \(sequence + 1) is missing before \(number)"))
      }
      sequence = number
    }
    switch method {
    case "lobby.status": applyStatus(params, now: now)
    case "lobby.changed": waiting = Self.names(params["waiting"], "participant")
    case "participant.joined":
      if let id = params["participant"]?["id"]?.string, !roster.contains(id) { roster.append(id) }
    case "participant.left":
      if let id = params["participant"]?.string { roster.removeAll { $0 == id } }
    case "seats.changed": apply(seats: params["seats"])
    case "call.ended":
      place = .out
      isFinished = true
      dropMedia()
    case "session.closing": isFinished = isFinished || params["action"]?.string == "leave"
    default: break
    }
  }

  private func applyStatus(_ params: JSON, now: Instant) {
    if let snapshot = params["snapshot"] { apply(snapshot, now: now) }
    switch params["status"]?.string {
    case "admitted": place = .call
    case "held", "waiting": place = .lobby
    case "denied", "removed":
      place = .out
      isFinished = true
      dropMedia()
    default: break
    }
    publishAsAllowed(now: now)
  }

  private func apply(_ snapshot: JSON, now: Instant) {
    place = snapshot["call"]?["place"]?.string.flatMap(Place.init(rawValue:)) ?? .out
    roster = Self.names(snapshot["roster"], "id")
    waiting = Self.names(snapshot["lobby"], "participant")
    apply(seats: snapshot["seats"])
    if place == .out { dropMedia() }
    publishAsAllowed(now: now)
  }

  private static func names(_ list: JSON?, _ member: String) -> [String] {
    (list?.array ?? []).compactMap { $0[member]?.string }
  }

  // MARK: Seats

  private func apply(seats list: JSON?) {
    var blank: [Int: SeatView] = [:]
    for entry in list?.array ?? [] {
      guard let seat = entry["seat"]?.integer, let epoch = entry["epoch"]?.integer else {
        outputs.append(.fault("a change of a seat is malformed"))
        continue
      }
      let from = entry["video_from"]?.integer.flatMap { UInt32(exactly: $0) }
      let mustAcknowledge = seats[Int(seat), default: SeatView()].change(
        epoch: UInt64(epoch), participant: entry["participant"]?.string, videoFrom: from)
      if mustAcknowledge { blank[Int(seat)] = seats[Int(seat)] }
    }
    acknowledge(blank)
  }

  private func acknowledge(_ blank: [Int: SeatView]) {
    guard isConnected, !blank.isEmpty else { return }
    let list = blank.sorted { $0.key < $1.key }.map { seat, view -> JSON in
      ["seat": .integer(Int64(seat)), "epoch": .integer(Int64(view.epoch))]
    }
    let message: JSON = [
      "jsonrpc": "2.0", "method": "seats.acknowledge", "params": ["seats": .array(list)],
    ]
    outputs.append(.send(message.description))
  }

  // MARK: Media

  private func enter(now: Instant) {
    guard wantsCall, place == .out else { return negotiateIfNeeded(now: now) }
    if person.role == .staff { request("call.start") }
    request("call.join")
  }

  private func negotiateIfNeeded(now: Instant) {
    guard place != .out, media == nil else { return }
    var configuration = PeerClient.Configuration(publisher: identity)
    configuration.personSeats = person.seats
    configuration.frameInterval = .milliseconds(100)
    configuration.packetsPerFrame = 2
    var client = PeerClient(
      configuration: configuration, certificate: certificate, random: random.fork())
    let offer = client.makeOffer()
    media = consume client
    request(
      "media.negotiate",
      [
        "offer": .string(offer.sdp),
        "tracks": .array(
          offer.tracks.map { ["mid": .string($0.mid), "source": .string($0.source.rawValue)] }),
        "seats": .array(
          offer.seats.map { seat in
            .compact([
              "kind": .string(seat.kind.rawValue), "audio_mid": seat.audioMID.map(JSON.string),
              "video_mid": seat.videoMID.map(JSON.string),
            ])
          }),
      ])
    publishAsAllowed(now: now)
  }

  private func applyAnswer(_ result: JSON, now: Instant) {
    let numbered = (result["seats"]?.array ?? []).compactMap { seat -> OfferedSeat? in
      guard let kind = seat["kind"]?.string.flatMap(SeatKind.init(rawValue:)) else { return nil }
      return OfferedSeat(
        kind: kind, audioMID: seat["audio_mid"]?.string, videoMID: seat["video_mid"]?.string,
        number: seat["seat"]?.integer.map { Int($0) })
    }
    do {
      try media?.apply(answer: result["answer"]?.string ?? "", seats: numbered, now: now)
    } catch {
      outputs.append(.fault("the answer does not apply: \(error)"))
    }
    publishAsAllowed(now: now)
    drainMedia()
  }

  /// In the lobby no sender holds a track, unless the person does not care for the rules.
  private func publishAsAllowed(now: Instant) {
    var sources: Set<MediaSource> = []
    if place == .call || person.isRude {
      if microphone { sources.insert(.microphone) }
      if camera { sources.insert(.camera) }
    }
    media?.setPublishing(sources, now: now)
  }

  private func dropMedia() {
    media = nil
    seats = [:]
  }

  /// When `handleDeadline` wants to be called.
  var nextDeadline: Instant? {
    switch media {
    case .some(let media): media.nextDeadline
    case nil: nil
    }
  }

  func handleDeadline(now: Instant) {
    media?.handleDeadline(now: now)
    drainMedia()
  }

  func receive(_ datagram: [UInt8], from address: NetworkAddress, now: Instant) {
    media?.receive(datagram.span.bytes, from: address, now: now)
    drainMedia()
  }

  private func drainMedia() {
    while let output = media?.poll() {
      switch output {
      case .transmit(let datagram, let address): outputs.append(.transmit(datagram, to: address))
      case .frame(let frame):
        let name = seats[frame.seat]?.present(rtpTimestamp: frame.rtpTimestamp)
        outputs.append(.shown(publisher: frame.mark.publisher, under: name ?? nil))
      case .sound(let sound): outputs.append(.heard(publisher: sound.mark.publisher))
      case .closed: dropMedia()
      case .connected, .silent, .heard: break
      }
    }
  }

  // MARK: Deeds

  /// Does what the person wants to do now.
  func perform(_ kind: Scenario.Deed.Kind, now: Instant) {
    let others = roster.filter { $0 != participant }
    let target = others.randomElement(using: &random).map { JSON.string($0) }
    switch kind {
    case .leave:
      wantsCall = false
      request("call.leave")
    case .come:
      wantsCall = true
      enter(now: now)
    case .pinNext:
      guard !others.isEmpty else { return }
      pinned = (pinned + 1) % others.count
      request(
        "pin.set",
        ["pins": [["participant": .string(others[pinned]), "source": "camera"]]])
    case .toggleMicrophone, .toggleCamera:
      if kind == .toggleCamera { camera.toggle() } else { microphone.toggle() }
      tellDevices()
      publishAsAllowed(now: now)
    case .holdSomebody: if let target { request("participant.hold", ["participant": target]) }
    case .removeSomebody: if let target { request("participant.remove", ["participant": target]) }
    case .muteSomebody:
      if let target { request("participant.mute", ["participant": target, "muted": true]) }
    case .checkPath:
      media?.checkPath(now: now)
      drainMedia()
    case .loseSignaling, .rebind, .losePath, .healPath: break
    }
  }

  /// Switches microphone and camera on.
  func switchOn(now: Instant) {
    microphone = true
    camera = true
    tellDevices()
    publishAsAllowed(now: now)
  }

  private func tellDevices() {
    request("self.update", ["microphone": .bool(microphone), "camera": .bool(camera)])
  }

  /// Staff lets in whoever waits.
  func admitAll() {
    guard person.role == .staff, place == .call else { return }
    request("lobby.admit_all")
  }
}
