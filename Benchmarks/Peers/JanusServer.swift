import Glibc
import Load
import Primitives
import Runtime

/// Janus with its VideoRoom, over a Unix socket.
final class JanusServer: PeerServer {
  static let name = "Janus"

  let process: ServerProcess
  let sink: Sink
  private let connection: JanusConnection
  private var session: JSON = 0
  private var rooms: [Room] = []
  private var nextKeepAlive = Instant.origin

  private struct Room {
    let number: JSON
    /// Those who publish, as Janus numbers them.
    var feeds: [JSON] = []
    /// The handle of who joined by `join`, for `leave`.
    var joined: JSON?
  }

  /// Janus ends a session from which nothing came for a minute.
  private static let keepAliveInterval = Duration.seconds(25)
  /// The token of the one connection.
  private static let token = 0

  /// Starts Janus; 0 event loops are a thread for each peer connection.
  init(eventLoops: Int, sink: Sink, in network: PeerNetwork) throws {
    self.sink = sink
    process = try ServerProcess(in: network)
    let socket = process.folder + "/api"
    try JanusFolder.fill(
      process.folder, socket: socket, host: PeerNetwork.server.host, eventLoops: eventLoops)
    connection = try Self.start(process, socket: socket)
    try sink.watch(connection.descriptor, token: Self.token)
    guard let session = try request("create", [])["data"]?["id"] else {
      throw BenchmarkFailure("Janus opens no session")
    }
    self.session = session
  }

  /// Starts it as often as it takes: the thread of the Unix socket ends at once where it looks
  /// whether it has been initialized before it has, and Janus then says that it has no transport.
  private static func start(
    _ process: ServerProcess, socket: String
  ) throws -> JanusConnection {
    let deadline = MonotonicClock.now() + .seconds(20)
    while MonotonicClock.now() < deadline {
      if !process.isRunning {
        try process.start(["janus", "-F", process.folder])
      }
      poll(nil, 0, 20)
      if let connection = try? JanusConnection(path: socket), connection.isAnswered() {
        return connection
      }
    }
    throw BenchmarkFailure("Janus does not start: \(process.output)")
  }

  deinit { sink.unwatch(connection.descriptor) }

  // MARK: Rooms

  func openRoom(_ scenario: PeerScenario, _ spacing: PeerScenario.Spacing) throws -> PeerRoom {
    var room = PeerRoom(number: rooms.count)
    rooms.append(Room(number: .integer(Int64(rooms.count + 1))))
    let handle = try attach()
    _ = try message(
      handle,
      [
        "request": "create", "room": rooms[room.number].number,
        "publishers": .integer(Int64(scenario.publishers)), "bitrate": 0,
        "audiocodec": "opus", "videocodec": "vp8", "transport_wide_cc_ext": false,
        "notify_joining": false, "permanent": false,
      ])
    for index in 0..<scenario.publishers {
      let peer = try sink.add(publishing: scenario.tracks(spacing))
      room.publishers.append(peer)
      try publish(index == 0 ? handle : attach(), peer, in: room.number)
    }
    try waitForFeeds(of: room)
    let feeds = rooms[room.number].feeds
    if scenario.isAllToAll {
      for own in feeds.indices {
        let others = feeds.indices.filter { $0 != own }.map { feeds[$0] }
        room.receivers.append(try subscribe(attach(), to: others, in: room.number))
      }
    }
    for _ in 0..<scenario.viewers {
      room.receivers.append(try subscribe(attach(), to: feeds, in: room.number))
    }
    return room
  }

  private func publish(_ handle: JSON, _ peer: Int, in room: Int) throws {
    let reply = try message(
      handle,
      ["request": "joinandconfigure", "ptype": "publisher", "room": rooms[room].number],
      description: ("offer", sink.offer(of: peer).text))
    guard let feed = reply["plugindata"]?["data"]?["id"],
      let answer = reply["jsep"]?["sdp"]?.string
    else { throw BenchmarkFailure("Janus does not let publish: \(reply)") }
    rooms[room].feeds.append(feed)
    try sink.apply(answer: answer, to: peer)
  }

  /// Nobody can subscribe to a feed before Janus, too, has seen that its connection is up.
  private func waitForFeeds(of room: PeerRoom) throws {
    let handle = try attach()
    try wait(for: "feed") {
      guard room.publishers.allSatisfy(sink.isConnected) else { return false }
      let list = try message(
        handle, ["request": "listparticipants", "room": rooms[room.number].number])
      let publishers = list["plugindata"]?["data"]?["participants"]?.array ?? []
      return publishers.count { $0["publisher"]?.bool == true } == room.publishers.count
    }
    try detach(handle)
  }

  private func subscribe(_ handle: JSON, to feeds: [JSON], in room: Int) throws -> Int {
    let reply = try message(
      handle,
      [
        "request": "join", "ptype": "subscriber", "room": rooms[room].number,
        "streams": .array(feeds.map { ["feed": $0] }),
      ])
    guard let offer = reply["jsep"]?["sdp"]?.string else {
      throw BenchmarkFailure("Janus does not let subscribe: \(reply)")
    }
    let peer = try sink.add()
    let answer = try sink.answer(offer: offer, of: peer)
    _ = try message(handle, ["request": "start"], description: ("answer", answer))
    return peer
  }

  func join(_ room: PeerRoom) throws -> (peer: Int, began: Instant) {
    let handle = try attach()
    rooms[room.number].joined = handle
    let began = MonotonicClock.now()
    let peer = try subscribe(handle, to: rooms[room.number].feeds, in: room.number)
    return (peer, began)
  }

  func leave(_ room: PeerRoom, peer: Int) throws {
    sink.remove(peer)
    guard let handle = rooms[room.number].joined else { return }
    rooms[room.number].joined = nil
    try detach(handle)
  }

  // MARK: Messages

  private func member(_ name: String, _ value: JSON) -> JSON.Member { JSON.Member(name, value) }

  /// A new handle of the VideoRoom: one for each peer connection.
  private func attach() throws -> JSON {
    let reply = try request(
      "attach", [member("session_id", session), member("plugin", "janus.plugin.videoroom")])
    guard let handle = reply["data"]?["id"] else {
      throw BenchmarkFailure("Janus attaches nothing: \(reply)")
    }
    return handle
  }

  private func detach(_ handle: JSON) throws {
    _ = try request("detach", [member("session_id", session), member("handle_id", handle)])
  }

  private func message(
    _ handle: JSON, _ body: JSON, description: (type: String, text: String)? = nil
  ) throws -> JSON {
    var members = [
      member("session_id", session), member("handle_id", handle), member("body", body),
    ]
    if let description {
      members.append(
        member("jsep", ["type": .string(description.type), "sdp": .string(description.text)]))
    }
    let reply = try request("message", members)
    guard reply["plugindata"]?["data"]?["error"] == nil else {
      throw BenchmarkFailure("Janus refuses \(body): \(reply)")
    }
    return reply
  }

  private func request(_ kind: String, _ members: [JSON.Member]) throws -> JSON {
    let transaction = try connection.send([member("janus", .string(kind))] + members)
    var reply: JSON?
    try wait(for: "reply to \(kind)") {
      reply = connection.takeReply(to: transaction)
      return reply != nil
    }
    guard let reply, reply["janus"]?.string != "error" else {
      throw BenchmarkFailure("Janus refuses \(kind): \(reply?.description ?? "")")
    }
    return reply
  }

  func read(_ tokens: [Int]) throws {
    do {
      try connection.read()
    } catch {
      throw BenchmarkFailure("\(error); it said: \(process.output.suffix(2_000))")
    }
  }

  func keepAlive(now: Instant) throws {
    guard session != 0, now >= nextKeepAlive else { return }
    nextKeepAlive = now + Self.keepAliveInterval
    _ = try connection.send([member("janus", "keepalive"), member("session_id", session)])
  }
}
