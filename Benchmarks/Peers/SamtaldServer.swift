import Glibc
import Load
import Primitives
import Runtime
import Security
import Wire

/// samtald with one worker, over its lines port.
final class SamtaldServer: PeerServer {
  static let name = "samtald"

  let process: ServerProcess
  let sink: Sink
  private let port: UInt16
  private let clinic: String
  private let key: JWTKey
  private var connections: [LinesConnection?] = []
  private var rooms: [Room] = []
  private var people = 0

  private struct Room {
    let visit: JSON
    let staff: LinesConnection
    /// Who joined by `join`, to be taken out by `leave`.
    var joined: LinesConnection?
  }

  /// Starts the daemon `program` with one SRTP profile.
  init(program: String, profile: PeerProfile, sink: Sink, in network: PeerNetwork) throws {
    self.sink = sink
    process = try ServerProcess(in: network)
    port = UInt16(20_000 + Int(getpid()) % 3_000 * 3)
    let settings = """
      http.listen: 127.0.0.1:\(port + 1)
      lines.listen: \(PeerNetwork.server.host):\(port)
      admin.listen: 127.0.0.1:\(port + 2)
      media.listen: \(PeerNetwork.server.host)
      media.ports: 40100-40100
      media.workers: 1
      media.srtp_profiles: [\(profile.samtaldName)]
      log.level: warning
      demo: on

      """
    try WholeFile.write(settings, to: process.folder + "/samtald.conf")
    try process.start(
      [program, "--config", process.folder + "/samtald.conf", "--state", process.folder])
    let deadline = MonotonicClock.now() + .seconds(10)
    while !process.output.contains("/call") {
      guard process.isRunning, MonotonicClock.now() < deadline else {
        throw BenchmarkFailure("samtald does not start: \(process.output)")
      }
      poll(nil, 0, 20)
    }
    let daemon = try DaemonClinic(port: port, state: process.folder, process: process.number)
    clinic = daemon.clinic
    key = daemon.key
  }

  // MARK: Rooms

  func openRoom(_ scenario: PeerScenario, _ spacing: PeerScenario.Spacing) throws -> PeerRoom {
    let staff = try open(role: "staff", visit: nil)
    let created = try call(staff, "visit.create", ["type": "videobesök"])
    guard let visit = created["visit"]?["id"] else {
      throw BenchmarkFailure("visit.create answered \(created)")
    }
    _ = try call(staff, "call.start", ["visit": visit])
    _ = try call(staff, "call.join")
    var others: [LinesConnection] = []
    for _ in 1..<(scenario.publishers + scenario.viewers) {
      others.append(try enter(visit))
      // The lobby has room for some of them only.
      if others.count % 16 == 0 { _ = try call(staff, "lobby.admit_all") }
    }
    if !others.isEmpty { _ = try call(staff, "lobby.admit_all") }
    var room = PeerRoom(number: rooms.count)
    rooms.append(Room(visit: visit, staff: staff))
    for (index, person) in ([staff] + others).enumerated() {
      let isPublisher = index < scenario.publishers
      let peer = try sink.add(publishing: isPublisher ? scenario.tracks(spacing) : [])
      if isPublisher {
        room.publishers.append(peer)
        try tellDevices(person, scenario)
      }
      let receives = !isPublisher || scenario.isAllToAll
      if receives { room.receivers.append(peer) }
      try negotiate(
        person, peer, seats: receives ? Self.seats(for: scenario.feeds) : [],
        hasVideo: scenario.hasVideo)
    }
    return room
  }

  /// Person seats as far as they go, and voice seats for the rest.
  private static func seats(for feeds: Int) -> [SeatKind] {
    let people = min(feeds, Limits.personSeats)
    let voices = min(feeds - people, Limits.voiceSeats)
    return Array(repeating: .person, count: people) + Array(repeating: .voice, count: voices)
  }

  func join(_ room: PeerRoom) throws -> (peer: Int, began: Instant) {
    let person = try enter(rooms[room.number].visit)
    _ = try call(rooms[room.number].staff, "lobby.admit_all")
    rooms[room.number].joined = person
    let peer = try sink.add()
    let began = MonotonicClock.now()
    try negotiate(person, peer, seats: [.person], hasVideo: true)
    return (peer, began)
  }

  func leave(_ room: PeerRoom, peer: Int) throws {
    sink.remove(peer)
    guard let person = rooms[room.number].joined else { return }
    _ = try call(person, "call.leave")
    sink.unwatch(person.descriptor)
    connections[person.number] = nil
    rooms[room.number].joined = nil
  }

  // MARK: People

  private func enter(_ visit: JSON) throws -> LinesConnection {
    let person = try open(role: "guest", visit: visit)
    _ = try call(person, "call.join")
    return person
  }

  private func open(role: String, visit: JSON?) throws -> LinesConnection {
    people += 1
    let number = connections.firstIndex { $0 == nil } ?? connections.count
    let connection = try LinesConnection(number: number, port: port)
    if number == connections.count { connections.append(nil) }
    connections[number] = connection
    try sink.watch(connection.descriptor, token: number)
    // Guests who come one after the other are the same few people: a visit knows only so many.
    let person = role == "staff" ? "per_peers-staff-\(people)" : "per_peers-guest-\(number)"
    let claims: JSON = .compact([
      "clinic": .string(clinic), "visit": visit, "role": .string(role), "name": "Load",
      "identified_by": role == "staff" ? "staff" : "e_id",
    ])
    let token = JWT.sign(
      subject: person, claims: claims, from: WallClock.now(), for: .minutes(5), key: key)
    _ = try call(connection, "session.open", ["token": .string(token)])
    return connection
  }

  private func tellDevices(_ person: LinesConnection, _ scenario: PeerScenario) throws {
    _ = try call(
      person, "self.update",
      ["microphone": .bool(scenario.audioRate > 0), "camera": .bool(scenario.hasVideo)])
  }

  private func negotiate(
    _ person: LinesConnection, _ peer: Int, seats: [SeatKind], hasVideo: Bool
  ) throws {
    let offer = sink.offer(of: peer, seats: seats, hasVideo: hasVideo)
    let answer = try call(
      person, "media.negotiate",
      [
        "offer": .string(offer.text),
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
    try sink.apply(answer: answer["answer"]?.string ?? "", to: peer)
  }

  // MARK: Messages

  private func call(
    _ connection: LinesConnection, _ method: String, _ params: JSON = [:]
  ) throws -> JSON {
    let request = try connection.send(method, params)
    var result: JSON?
    try wait(for: "answer to \(method)") {
      result = connection.takeAnswer(to: request)
      return result != nil
    }
    guard let value = result?["result"] else {
      throw BenchmarkFailure("\(method) was refused: \(result?.description ?? "")")
    }
    return value
  }

  func read(_ tokens: [Int]) throws {
    for token in tokens { try connections[token]?.read() }
  }

  func keepAlive(now: Instant) {}
}
