import PeerClient
import Primitives
import Wire

extension Participant {
  // MARK: Answers

  func receiveResult(of method: String, _ result: JSON, now: Instant) {
    switch method {
    case "session.open": opened(result, now: now)
    case "visit.create":
      guard let visit = result["visit"]?["id"] else { return tally.fail("visit.create: no visit") }
      room.visit = visit.string
      request("call.start", ["visit": visit])
    case "call.start", "call.join":
      participant = result["participant"]?.string ?? participant
      if let snapshot = result["snapshot"] { apply(snapshot, now: now) }
      if isHost { room.isOpen = true }
      tellDevices()
      negotiate(now: now)
    case "media.negotiate": applyAnswer(result, now: now)
    case "call.leave", "visit.close": around.lines.close(line)
    default: break
    }
  }

  private func opened(_ result: JSON, now: Instant) {
    let isResumed = session != nil
    if let id = result["session"]?.string, let secret = result["resume_secret"]?.string {
      session = (id, secret)
    }
    if let snapshot = result["snapshot"] {
      sequence = result["seq"]?.integer ?? sequence
      if isResumed { apply(snapshot, now: now) }
    }
    guard isResumed else { return request(isHost ? "visit.create" : "call.join", firstWish) }
    if let lostLine { tally.value.resumes.add(now - lostLine) }
    lostLine = nil
    // What was said into the dying connection may not have been heard.
    acknowledge(seats.filter { $0.value.participant == nil && $0.value.epoch > 0 })
    if place != .out { negotiate(now: now) }
  }

  private var firstWish: JSON {
    guard isHost else { return [:] }
    return [
      "type": .string(around.plan.visitType),
      "patient": ["person": .string(room.person("patient")), "name": "Load"],
    ]
  }

  private func tellDevices() {
    let publish = publishes
    request(
      "self.update",
      [
        "microphone": .bool(publish.contains(.microphone)),
        "camera": .bool(publish.contains(.camera)),
      ])
    if publish.contains(.screen), place == .call { request("share.start", ["audio": false]) }
  }

  // MARK: Notifications

  func receiveNotification(_ method: String, _ params: JSON, now: Instant) {
    if let number = params["seq"]?.integer {
      guard number > sequence else { return }
      if number > sequence + 1 { tally.fail("notification missing") }
      sequence = number
    }
    switch method {
    case "lobby.status": applyStatus(params, now: now)
    case "lobby.changed": admit(params["waiting"])
    case "seats.changed": apply(seats: params["seats"])
    case "call.ended":
      if !isLeaving { tally.fail("call ended") }
      place = .out
    case "session.closing":
      if !isLeaving, lostLine == nil {
        tally.fail("session closing: \(params["reason"]?.string ?? "no reason")")
      }
    default: break
    }
  }

  private func applyStatus(_ params: JSON, now: Instant) {
    if let snapshot = params["snapshot"] { apply(snapshot, now: now) }
    switch params["status"]?.string {
    case "admitted":
      place = .call
      // Staff may have let in somebody whose devices were told to nobody.
      tellDevices()
    case "held", "waiting": place = .lobby
    case "denied", "removed":
      place = .out
      tally.fail("not admitted")
    default: break
    }
    publish(now: now)
  }

  private func apply(_ snapshot: JSON, now: Instant) {
    place = snapshot["call"]?["place"]?.string.flatMap(Place.init(rawValue:)) ?? place
    admit(snapshot["lobby"])
    apply(seats: snapshot["seats"])
    publish(now: now)
  }

  /// Lets everybody in who waits and was not let in yet, where that is for this one to do.
  private func admit(_ waiting: JSON?) {
    guard isHost else { return }
    for person in waiting?.array ?? [] {
      guard let id = person["participant"]?.string, asked.insert(id).inserted else { continue }
      request("lobby.admit", ["participant": .string(id), "agreed_with_patient": true])
    }
  }

  // MARK: Seats

  private func apply(seats list: JSON?) {
    var blank: [Int: SeatView] = [:]
    for entry in list?.array ?? [] {
      guard let seat = entry["seat"]?.integer, let epoch = entry["epoch"]?.integer else {
        tally.fail("malformed seat")
        continue
      }
      let from = entry["video_from"]?.integer.flatMap { UInt32(exactly: $0) }
      let mustAcknowledge = seats[Int(seat), default: SeatView()].change(
        epoch: UInt64(clamping: epoch), participant: entry["participant"]?.string, videoFrom: from)
      if mustAcknowledge { blank[Int(seat)] = seats[Int(seat)] }
    }
    acknowledge(blank)
  }

  private func acknowledge(_ blank: [Int: SeatView]) {
    guard isConnected, !blank.isEmpty else { return }
    let list = blank.sorted { $0.key < $1.key }.map { seat, view -> JSON in
      ["seat": .integer(Int64(seat)), "epoch": .integer(Int64(view.epoch))]
    }
    around.lines.send(
      ["jsonrpc": "2.0", "method": "seats.acknowledge", "params": ["seats": .array(list)]],
      on: line)
  }
}
