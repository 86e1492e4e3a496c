import Primitives
import Runtime
import Testing

extension RunningServer {
  /// The request that comes next.
  fileprivate mutating func nextRequest() throws -> (ExchangeID, HTTPRequest) {
    while true {
      if case .requested(let exchange, let request) = try next() { return (exchange, request) }
    }
  }

  /// Answers a request with a text.
  fileprivate func answer(_ exchange: ExchangeID, _ text: String, status: Int = 200) {
    let response = HTTPResponse(
      status: status, fields: [HTTPField("etag", "\"1\"")], body: Array(text.utf8))
    #expect(server.commands.post(.respond(exchange, response)))
  }
}

private func head(_ line: String, _ fields: String...) -> String {
  ([line + " HTTP/1.1", "Host: localhost"] + fields).map { $0 + "\r\n" }.joined() + "\r\n"
}

@Suite(.serialized) struct WebExchangeTests {
  @Test func aRequestComesWholeAndIsAnswered() throws {
    var running = try RunningServer()
    let client = try TestClient(port: running.port())
    let fields = [
      "Authorization: Bearer abc", "Content-Type: application/json", "If-Match: \"7\"",
      "Idempotency-Key: k-1", "Content-Length: 7", "Connection: close",
    ]
    try client.send(
      "PATCH /v1/visits/vis_1?person=per_1&limit=10&empty= HTTP/1.1\r\nHost: localhost\r\n"
        + fields.map { $0 + "\r\n" }.joined() + "\r\n{\"a\"")
    try client.send(":1}")
    let (exchange, request) = try running.nextRequest()
    #expect(
      request
        == HTTPRequest(
          method: "PATCH", path: "/v1/visits/vis_1",
          query: [
            HTTPField("person", "per_1"), HTTPField("limit", "10"), HTTPField("empty", ""),
          ],
          authorization: Redacted("Bearer abc"), contentType: "application/json",
          ifMatch: "\"7\"", idempotencyKey: "k-1", body: Redacted(Array("{\"a\":1}".utf8))))
    running.answer(exchange, "{}", status: 201)
    let answer = try client.readToEnd().lowercased()
    #expect(answer.hasPrefix("http/1.1 201"))
    #expect(answer.contains("etag: \"1\"\r\n") && answer.hasSuffix("\r\n\r\n{}"))
  }

  @Test func aConnectionStaysForTheNextRequest() throws {
    var running = try RunningServer()
    let client = try TestClient(port: running.port())
    for round in 1...3 {
      try client.send(head("POST /v1/tokens", "Content-Length: 2") + "{}")
      let (exchange, request) = try running.nextRequest()
      #expect(request.method == "POST" && request.body.value.count == 2)
      running.answer(exchange, "\(round)")
      while try client.readLine() != "\r" {}
      #expect(try client.read(1) == Array("\(round)".utf8))
    }
  }

  @Test func requestsWithoutBodyMayComeBehindOneAnother() throws {
    var running = try RunningServer()
    let client = try TestClient(port: running.port())
    try client.send(
      head("GET /v1/a") + head("GET /v1/b") + head("GET /v1/c", "Connection: close"))
    for path in ["/v1/a", "/v1/b", "/v1/c"] {
      let (exchange, request) = try running.nextRequest()
      #expect(request.path == path)
      running.answer(exchange, request.path)
    }
    #expect(try client.readToEnd().hasSuffix("/v1/c"))
  }

  @Test func whatIsSentBehindABodyKeepsNobodyElseWaiting() throws {
    var running = try RunningServer()
    let client = try TestClient(port: running.port())
    let request = head("POST /v1/a", "Content-Length: 2") + "{}"
    try client.send(request + request)
    let (first, _) = try running.nextRequest()
    let other = try TestClient(port: running.port())
    try other.send(head("GET /v1/c", "Connection: close"))
    running.answer(first, "{}")
    // The second request is read after the answer to the first, or ends its connection.
    var (exchange, next) = try running.nextRequest()
    if next.path == "/v1/a" { (exchange, next) = try running.nextRequest() }
    #expect(next.path == "/v1/c")
    running.answer(exchange, "here")
    #expect(try other.readToEnd().hasSuffix("here"))
  }

  @Test func anAnswerWithoutItsClientIsForgotten() throws {
    var running = try RunningServer()
    var client: TestClient? = try TestClient(port: running.port())
    try client?.send(head("GET /v1/a"))
    let (exchange, _) = try running.nextRequest()
    client = nil
    running.answer(exchange, "nobody")
    running.answer(exchange, "twice")
    let other = try TestClient(port: running.port())
    try other.send(head("GET /v1/b", "Connection: close"))
    let (second, _) = try running.nextRequest()
    #expect(second != exchange)
    running.answer(second, "here")
    #expect(try other.readToEnd().hasSuffix("here"))
  }

  @Test func theOperatorsPortIsToldApart() throws {
    var running = try RunningServer([.pages, .admin])
    let client = try TestClient(port: running.port(1))
    try client.send(head("GET /v1/admin/rooms", "Connection: close"))
    let (exchange, request) = try running.nextRequest()
    #expect(request.port == .admin)
    running.answer(exchange, "[]")
    #expect(try client.readToEnd().hasSuffix("[]"))
  }

  @Test func aClientThatAsksIsToldToGoOn() throws {
    var running = try RunningServer()
    let client = try TestClient(port: running.port())
    try client.send(
      head("PUT /v1/a", "Content-Length: 2", "Expect: 100-continue", "Connection: close"))
    #expect(try client.readLine() == "HTTP/1.1 100 Continue\r")
    try client.send("{}")
    let (exchange, _) = try running.nextRequest()
    running.answer(exchange, "done")
    #expect(try client.readToEnd().hasSuffix("done"))
  }
}

@Suite(.serialized) struct WebExchangeAbuseTests {
  @Test(arguments: [
    (["Transfer-Encoding: chunked"], "411"), (["Content-Length: +2"], "400"),
    (["Content-Length: 2", "Content-Length: 3"], "400"), (["Content-Length: -2"], "400"),
    (["Content-Length: 99999999"], "413"), (["Content-Length: 99999999999999999999"], "400"),
  ])
  func aBodyInAFormThatIsNotTakenIsRefused(fields: [String], status: String) throws {
    let running = try RunningServer()
    let client = try TestClient(port: running.port())
    let lines = fields.map { $0 + "\r\n" }.joined()
    try client.send("POST /v1/a HTTP/1.1\r\nHost: localhost\r\n\(lines)\r\n{}")
    let answer = try client.readToEnd()
    #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(answer)")
    #expect(answer.contains("application/problem+json") && answer.hasSuffix("}"))
    #expect(running.server.counters.refusedBodies == 1)
  }

  @Test func aBodyOverTheLimitIsReadAndThrownAway() throws {
    var running = try RunningServer { $0.bodyBytes = 1_000 }
    let client = try TestClient(port: running.port())
    try client.send(head("PUT /v1/a", "Content-Length: 200000"))
    try client.send(Array(repeating: 0x61, count: 200_000))
    #expect(try client.readLine().hasPrefix("HTTP/1.1 413"))
    while try client.readLine() != "\r" {}
    #expect(String(decoding: try client.read(10), as: UTF8.self) == "{\"type\":\"a")
    let other = try TestClient(port: running.port())
    try other.send(head("GET /v1/b"))
    #expect(try running.nextRequest().1.path == "/v1/b")
  }

  @Test func aBodyThatDoesNotComeEndsTheConnection() throws {
    let running = try RunningServer { $0.bodyTimeout = .seconds(1) }
    let client = try TestClient(port: running.port())
    try client.send(head("PUT /v1/a", "Content-Length: 20") + "{")
    #expect(!(try client.readToEnd()).hasPrefix("HTTP/1.1 2"))
  }

  @Test func aGetWithABodyIsRefused() throws {
    let running = try RunningServer()
    let client = try TestClient(port: running.port())
    try client.send(head("GET /v1/a", "Content-Length: 2") + "{}")
    #expect(try client.readToEnd().hasPrefix("HTTP/1.1 400"))
  }

  @Test(arguments: ["TRACE", "QUERY", "BREW"])
  func aMethodThatNobodyKnowsIsNotAllowed(method: String) throws {
    let running = try RunningServer {
      $0.methods = { path, _ in path == "/v1/a" ? ["GET", "PUT"] : [] }
    }
    let answer = try TestClient(port: running.port()).get("/v1/a", method: method)
    #expect(answer.hasPrefix("HTTP/1.1 405") && answer.contains("allow: GET, PUT\r\n"))
  }

  @Test(arguments: ["\u{0}\u{1}\r\n\r\n", "hej\r\n\r\n", "GET\r\n\r\n"])
  func whatIsNoRequestIsAnsweredInWords(text: String) throws {
    let running = try RunningServer()
    let client = try TestClient(port: running.port())
    try client.send(text)
    #expect(try client.readToEnd().hasPrefix("HTTP/1.1 400"))
  }

  @Test func headersWithoutEndAreNotHeld() throws {
    var running = try RunningServer()
    let bystander = try TestClient(port: running.port())
    let client = try TestClient(port: running.port())
    try client.send("GET /v1/a HTTP/1.1\r\nHost: localhost\r\n")
    #expect(throws: TestClient.Failed.self) {
      for number in 0..<100_000 { try client.send("X-\(number): a\r\n") }
      while true { _ = try client.readLine() }
    }
    try bystander.send(head("GET /v1/b"))
    #expect(try running.nextRequest().1.path == "/v1/b")
  }
}
