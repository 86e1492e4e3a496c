import PeerClient
import Primitives

extension ModelClient {
  // MARK: Answers

  func receiveResult(of method: String, _ result: JSON, now: Instant) {
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
  func receiveError(of method: String, now: Instant) {
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

  func receiveNotification(_ method: String, _ params: JSON, now: Instant) {
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

  func applyStatus(_ params: JSON, now: Instant) {
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

  func apply(_ snapshot: JSON, now: Instant) {
    place = snapshot["call"]?["place"]?.string.flatMap(Place.init(rawValue:)) ?? .out
    roster = Self.names(snapshot["roster"], "id")
    waiting = Self.names(snapshot["lobby"], "participant")
    apply(seats: snapshot["seats"])
    if place == .out { dropMedia() }
    publishAsAllowed(now: now)
  }

  static func names(_ list: JSON?, _ member: String) -> [String] {
    (list?.array ?? []).compactMap { $0[member]?.string }
  }

  // MARK: Seats

  func apply(seats list: JSON?) {
    var blank: [Int: SeatView] = [:]
    for entry in list?.array ?? [] {
      guard let seat = entry["seat"]?.integer, let epoch = entry["epoch"]?.integer else {
        outputs.append(.fault("a change of a seat is malformed"))
        continue
      }
      let from = entry["video_from"]?.integer.flatMap { UInt32(exactly: $0) }
      let occupant = entry["participant"]?.string
      if occupant != nil, UInt64(epoch) > seats[Int(seat)]?.epoch ?? 0 { seatChanges += 1 }
      let mustAcknowledge = seats[Int(seat), default: SeatView()].change(
        epoch: UInt64(epoch), participant: occupant, videoFrom: from)
      if mustAcknowledge { blank[Int(seat)] = seats[Int(seat)] }
    }
    acknowledge(blank)
  }

  func acknowledge(_ blank: [Int: SeatView]) {
    guard isConnected, !blank.isEmpty else { return }
    let list = blank.sorted { $0.key < $1.key }.map { seat, view -> JSON in
      ["seat": .integer(Int64(seat)), "epoch": .integer(Int64(view.epoch))]
    }
    let message: JSON = [
      "jsonrpc": "2.0", "method": "seats.acknowledge", "params": ["seats": .array(list)],
    ]
    outputs.append(.send(message.description))
  }
}
