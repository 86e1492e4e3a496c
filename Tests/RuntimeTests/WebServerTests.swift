import Primitives
import Runtime
import Testing

private let page = WebConfiguration.Page(contentType: "text/html", bytes: Array("<p>hej".utf8))

private func withPages(_ configuration: inout WebConfiguration) {
  configuration.pages = [
    "/": page,
    "/large": .init(
      contentType: "text/plain", bytes: Array(repeating: UInt8(ascii: "x"), count: 300_000)),
  ]
  configuration.headers = [("Content-Security-Policy", "default-src 'self'")]
  configuration.adminPage = { path in
    path == "/healthz" ? .init(contentType: "text/plain", bytes: Array("ok\n".utf8)) : nil
  }
}

@Suite(.serialized) struct WebPageTests {
  @Test func aPageComesWithItsHeaders() throws {
    let running = try RunningServer(configure: withPages)
    let answer = try TestClient(port: running.port()).get("/").lowercased()
    #expect(answer.hasPrefix("http/1.1 200"))
    #expect(answer.contains("content-security-policy: default-src 'self'\r\n"))
    #expect(answer.contains("content-length: 6\r\n"))
    #expect(answer.hasSuffix("\r\n\r\n<p>hej"))
  }

  @Test func aLargePageComesWhole() throws {
    let running = try RunningServer(configure: withPages)
    let answer = try TestClient(port: running.port()).get("/large")
    #expect(answer.hasSuffix("\r\n\r\n" + String(repeating: "x", count: 300_000)))
  }

  @Test(arguments: [
    "/nothing", "/../etc/passwd", "/%2e%2e/etc/passwd", "/..%2fetc/passwd", "//etc/passwd",
    "/index.html%00", "/large/../../x", "/healthz", "/metrics", "/v1/signal",
  ])
  func nothingElseIsServed(path: String) throws {
    let running = try RunningServer(configure: withPages)
    let answer = try TestClient(port: running.port()).get(path)
    #expect(!answer.hasPrefix("HTTP/1.1 2") && !answer.contains("root:"), "\(answer)")
  }

  @Test func headHasNoBodyAndPostIsRefused() throws {
    let running = try RunningServer(configure: withPages)
    let head = try TestClient(port: running.port()).get("/", method: "HEAD")
    #expect(head.hasPrefix("HTTP/1.1 200") && head.hasSuffix("\r\n\r\n"))
    let post = try TestClient(port: running.port()).get("/", method: "POST")
    #expect(!post.hasPrefix("HTTP/1.1 2"))
  }

  @Test func theOperatorsPagesAreOnTheirOwnPortAlone() throws {
    let running = try RunningServer([.pages, .admin], configure: withPages)
    let health = try TestClient(port: running.port(1)).get("/healthz")
    #expect(health.hasSuffix("ok\n"))
    #expect(try TestClient(port: running.port(1)).get("/").hasPrefix("HTTP/1.1 404"))
    #expect(try TestClient(port: running.port(1)).upgrade() != "101")
  }

  @Test func aPortThatIsTakenIsAnErrorInWords() throws {
    let running = try RunningServer(configure: withPages)
    #expect(throws: WebServerError.self) {
      let events = try Mailbox<WebServer.Event>(capacity: 16)
      let taken = WebConfiguration(listeners: [.init(running.server.listening[0], .pages)])
      _ = try WebServer(taken, events: events)
    }
  }
}

@Suite(.serialized) struct WebSocketTests {
  @Test func messagesGoBothWays() throws {
    var running = try RunningServer()
    let client = try TestClient(port: running.port())
    #expect(try client.upgrade() == "101")
    let number = try running.nextOpened()
    try client.sendText("hej")
    try running.expectMessage("hej")
    #expect(running.server.commands.post(.send(number, "svar")))
    #expect(try client.readFrame() == .init(opcode: 1, payload: Array("svar".utf8)))
    #expect(running.server.counters.open == 1)
  }

  @Test func aMessageInFragmentsAndPiecesIsOne() throws {
    var running = try RunningServer()
    let client = try TestClient(port: running.port())
    #expect(try client.upgrade() == "101")
    let text = String(repeating: "åäö", count: 20_000)
    let bytes = Array(text.utf8)
    try client.sendFrame(opcode: 1, Array(bytes[..<70_001]), isFinal: false)
    try client.sendFrame(opcode: 9, [1, 2, 3])
    try client.sendFrame(opcode: 0, [], isFinal: false)
    try client.sendFrame(opcode: 0, Array(bytes[70_001...]))
    try running.expectMessage(text)
    #expect(try client.readFrame() == .init(opcode: 10, payload: [1, 2, 3]))
  }

  @Test func aClosingIsSaidWithItsReasonAfterWhatWasSentBefore() throws {
    var running = try RunningServer()
    let client = try TestClient(port: running.port())
    #expect(try client.upgrade() == "101")
    let number = try running.nextOpened()
    #expect(running.server.commands.post(.send(number, "last")))
    #expect(running.server.commands.post(.close(number, code: 4_001, reason: "moved")))
    #expect(try client.readFrame().payload == Array("last".utf8))
    #expect(try client.readClosing() == (4_001, "moved"))
    try client.sendFrame(opcode: 8, [0x0F, 0xA1])
    try running.waitForClosed(number)
  }

  @Test func aClientThatGoesIsToldOf() throws {
    var running = try RunningServer()
    var client: TestClient? = try TestClient(port: running.port())
    #expect(try client?.upgrade() == "101")
    let number = try running.nextOpened()
    client = nil
    try running.waitForClosed(number)
    #expect(running.server.counters.open == 0)
    #expect(running.server.commands.post(.send(number, "into the void")))
  }

  @Test(arguments: [
    ("http://localhost:8080", "101"), ("https://localhost:8080", "403"),
    ("https://clinic.example", "101"), ("https://evil.example", "403"), ("null", "403"),
    ("https://clinic.example.evil.example", "403"), ("https://xclinic.example", "403"),
    ("http://localhost:8081", "403"), ("http://clinic.example", "403"),
  ])
  func onlyPagesThatAreListedMayAsk(origin: String, status: String) throws {
    let running = try RunningServer {
      $0.origins = OriginPolicy(origins: ["https://clinic.example"])
    }
    #expect(try TestClient(port: running.port()).upgrade(origin: origin) == status)
  }

  @Test func thePathAndTheSubprotocolMustBeOurs() throws {
    let running = try RunningServer()
    #expect(try TestClient(port: running.port()).upgrade(path: "/other") != "101")
    #expect(try TestClient(port: running.port()).upgrade(subprotocol: nil) != "101")
    #expect(try TestClient(port: running.port()).upgrade(subprotocol: "other.v1") != "101")
  }
}

@Suite(.serialized) struct WebSocketAbuseTests {
  @Test func aMessageOverTheLimitClosesItsSenderAlone() throws {
    var running = try RunningServer { $0.messageBytes = 10_000 }
    let bystander = try TestClient(port: running.port())
    #expect(try bystander.upgrade() == "101")
    let client = try TestClient(port: running.port())
    #expect(try client.upgrade() == "101")
    try client.sendFrame(opcode: 1, Array(repeating: 0x61, count: 6_000), isFinal: false)
    try client.sendFrame(opcode: 0, Array(repeating: 0x61, count: 6_000), isFinal: false)
    #expect(try client.readClosing() == (1_009, "message_too_long"))
    try bystander.sendText("still here")
    try running.expectMessage("still here")
    #expect(running.server.counters.messagesTooLong == 1)
  }

  @Test func aFloodOfPingsClosesItsSender() throws {
    let running = try RunningServer()
    let client = try TestClient(port: running.port())
    #expect(try client.upgrade() == "101")
    for _ in 0..<500 { try client.sendFrame(opcode: 9, Array(repeating: 0x61, count: 125)) }
    #expect(try client.readClosing() == (1_008, "too_many_control_frames"))
    #expect(running.server.counters.frameFloods == 1)
  }

  @Test func aMessageInTooManyFramesClosesItsSender() throws {
    let running = try RunningServer()
    let client = try TestClient(port: running.port())
    #expect(try client.upgrade() == "101")
    try client.sendFrame(opcode: 1, [0x7B], isFinal: false)
    for _ in 0...Limits.framesPerMessage {
      try client.sendFrame(opcode: 0, [], isFinal: false)
    }
    #expect(try client.readClosing() == (1_008, "too_many_fragments"))
    #expect(running.server.counters.frameFloods == 1)
  }

  @Test func onlyTextIsTaken() throws {
    let running = try RunningServer()
    let client = try TestClient(port: running.port())
    #expect(try client.upgrade() == "101")
    try client.sendFrame(opcode: 2, [1, 2, 3])
    #expect(try client.readClosing() == (1_003, "text_only"))
  }

  @Test func textThatIsNotUTF8ClosesItsSender() throws {
    var running = try RunningServer()
    let client = try TestClient(port: running.port())
    #expect(try client.upgrade() == "101")
    let number = try running.nextOpened()
    try client.sendFrame([0x61, 0xFF, 0xFE, 0x61])
    try running.waitForClosed(number)
  }

  @Test func aReaderThatDoesNotReadIsClosedAndItsQueueForgotten() throws {
    var running = try RunningServer {
      $0.queuedBytes = 200_000
      $0.requestTimeout = .seconds(1)
    }
    let client = try TestClient(port: running.port(), receiveBuffer: 4_096)
    #expect(try client.upgrade() == "101")
    let number = try running.nextOpened()
    let text = String(repeating: "x", count: 50_000)
    // More than the kernel's buffers and the queue hold together.
    while running.server.counters.slowReaders == 0 {
      if !running.server.commands.post(.send(number, text)) { running.server.commands.nudge() }
    }
    try running.waitForClosed(number)
    #expect(running.server.counters.open == 0)
  }

  @Test func halfAnUpgradeIsGivenUpInTime() throws {
    let running = try RunningServer { $0.requestTimeout = .seconds(1) }
    let client = try TestClient(port: running.port())
    try client.send("GET /v1/signal HTTP/1.1\r\nHost: loc")
    #expect(try client.readToEnd() == "")
  }

  @Test func aSilentConnectionIsPingedAndThenGivenUp() throws {
    var running = try RunningServer { $0.idlePing = .seconds(2) }
    let client = try TestClient(port: running.port())
    #expect(try client.upgrade() == "101")
    let number = try running.nextOpened()
    #expect(try client.readFrame().opcode == 9)
    try running.waitForClosed(number)
  }

  @Test func oneAddressHasNoMoreThanItsShareOfConnections() throws {
    let running = try RunningServer {
      $0.connectionsPerAddress = 2
      $0.pages = ["/": page]
    }
    let first = try TestClient(port: running.port())
    let second = try TestClient(port: running.port())
    #expect(try first.upgrade() == "101")
    #expect(try second.upgrade() == "101")
    #expect(try TestClient(port: running.port()).upgrade() == "closed")
    #expect(running.server.counters.refusedFull == 1)
  }

  @Test func whenItStopsAcceptingThoseInsideStay() throws {
    var running = try RunningServer()
    let inside = try TestClient(port: running.port())
    #expect(try inside.upgrade() == "101")
    let number = try running.nextOpened()
    #expect(running.server.commands.post(.stopAccepting))
    #expect(running.server.commands.post(.send(number, "draining")))
    #expect(try inside.readFrame().payload == Array("draining".utf8))
    #expect(try TestClient(port: running.port()).upgrade() == "closed")
  }
}

@Suite(.serialized) struct LineTests {
  @Test func aLineIsAMessageEitherWay() throws {
    var running = try RunningServer([.lines])
    let client = try TestClient(port: running.port())
    let number = try running.nextOpened()
    try client.send("{\"a\":1}\r\n\n{\"b\"")
    try running.expectMessage("{\"a\":1}")
    try client.send(":2}\n")
    try running.expectMessage("{\"b\":2}")
    #expect(running.server.commands.post(.send(number, "{\"c\":3}")))
    #expect(try client.readLine() == "{\"c\":3}")
    #expect(running.server.commands.post(.close(number, code: 1_000, reason: "over")))
    #expect(try client.readToEnd() == "")
  }

  @Test func aLineOverTheLimitEndsTheConnection() throws {
    var running = try RunningServer([.lines]) { $0.messageBytes = 1_000 }
    let client = try TestClient(port: running.port())
    let number = try running.nextOpened()
    try client.send(String(repeating: "x", count: 1_001))
    #expect(try client.readLine() == "message_too_long")
    #expect(try client.readToEnd() == "")
    try running.waitForClosed(number)
  }

  @Test func aSlowReaderOfLinesIsToldWhyItIsClosed() throws {
    var running = try RunningServer([.lines]) { $0.queuedBytes = 200_000 }
    let client = try TestClient(port: running.port(), receiveBuffer: 4_096)
    let number = try running.nextOpened()
    let text = String(repeating: "x", count: 50_000)
    while running.server.counters.slowReaders == 0 {
      if !running.server.commands.post(.send(number, text)) { running.server.commands.nudge() }
    }
    let read = try client.readToEnd()
    #expect(read.hasSuffix("slow_reader\n"))
  }
}
