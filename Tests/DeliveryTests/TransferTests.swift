import Foundation
import Primitives
import Testing

@testable import Delivery

/// Sends one errand with all the time that it needs.
private func outcome(of errand: Transfers.Errand) throws -> DeliveryOutcome {
  let transfers = try Transfers()
  transfers.start(7, errand, at: WallTime(milliseconds: 1_795_236_739_365))
  let nothing = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
  defer { close(nothing) }
  for _ in 0..<400 {
    if let finished = transfers.takeFinished() {
      #expect(finished.number == 7)
      #expect(transfers.count == 0)
      return finished.outcome
    }
    transfers.wait(for: .milliseconds(100), watching: nothing)
  }
  Issue.record("nothing came out")
  return .sent
}

private func mail(
  to recipient: String = "ada@home.example", port: UInt16, signIn: SignIn? = nil,
  protection: MailServer.Protection = .upgraded, host: String = "127.0.0.1"
) throws -> Transfers.Errand {
  .mail(
    MailMessage(
      key: "msg_1", recipient: Redacted(recipient), subject: Redacted("Välkommen"),
      text: Redacted("Hej\n.\n.slut"), date: WallTime(milliseconds: 0)),
    MailServer(
      host: host, port: port, protection: protection, signIn: signIn,
      sender: try #require(MailAddress("no-reply@clinic.example"))))
}

@Suite struct MailTransferTests {
  @Test func oneMessageGoesToOneRecipient() throws {
    let server = try StubServer.mail()
    defer { server.stop() }
    #expect(try outcome(of: mail(port: server.port)) == .sent)
    let commands = server.notes.filter { !$0.hasPrefix("|") }
    #expect(
      commands.prefix(4) == [
        "EHLO clinic.example", "MAIL FROM:<no-reply@clinic.example>", "RCPT TO:<ada@home.example>",
        "DATA",
      ])
    #expect(server.notes.contains("| Message-ID: <msg_1@clinic.example>"))
    // A line that is a full stop alone does not end the message.
    #expect(server.notes.filter { $0.hasPrefix("| .") } == ["| ..", "| ..slut"])
  }

  @Test(arguments: [
    (["RCPT": "550 no such user ada@home.example"], DeliveryOutcome.refused(.recipientRefused)),
    (["RCPT": "450 later"], .deferred(.busy, notBefore: nil)),
    (["MAIL": "451 later"], .deferred(.busy, notBefore: nil)),
    (["MAIL": "553 who are you"], .deferred(.senderRefused, notBefore: nil)),
    (["GREETING": "554 no service"], .deferred(.senderRefused, notBefore: nil)),
    (["END": "554 spam"], .refused(.recipientRefused)),
    (["END": "452 full"], .deferred(.busy, notBefore: nil)),
    (["END": "CLOSE"], .deferred(.unreachable, notBefore: nil)),
    (["GREETING": "421 not now"], .deferred(.busy, notBefore: nil)),
  ])
  func repliesMeanWhatTheyMean(answers: [String: String], expected: DeliveryOutcome) throws {
    let server = try StubServer.mail(answers)
    defer { server.stop() }
    #expect(try outcome(of: mail(port: server.port)) == expected)
  }

  @Test func aPasswordThatIsRefusedIsNoFaultOfTheMessage() throws {
    let server = try StubServer.mail(["EHLO": "250-stub\r\n250 AUTH PLAIN", "AUTH": "535 no"])
    defer { server.stop() }
    let signIn = SignIn(user: "samtal", password: Redacted("secret"))
    #expect(
      try outcome(of: mail(port: server.port, signIn: signIn))
        == .deferred(.signInRefused, notBefore: nil))
  }

  @Test func nothingLeavesTheMachineWithoutEncryption() throws {
    let server = try StubServer.mail()
    defer { server.stop() }
    // A name that happens to lead here is not known to do so tomorrow.
    for errand in [
      try mail(port: server.port, host: "mail.localhost"),
      try mail(port: server.port, protection: .implicit),
    ] {
      let result = try outcome(of: errand)
      #expect(result == .deferred(.tlsFailed, notBefore: nil), "\(server.notes)")
    }
    #expect(!server.notes.contains { $0.hasPrefix("MAIL") })
  }

  @Test func anAddressThatCouldEndALineIsNotTried() throws {
    let server = try StubServer.mail()
    defer { server.stop() }
    for address in ["a@x.example>\r\nRCPT TO:<b@x.example", "", "a@x.example, b@x.example"] {
      #expect(try outcome(of: mail(to: address, port: server.port)) == .refused(.badAddress))
    }
    #expect(server.notes == [])
  }

  @Test func aServerThatIsNotThereMayComeBack() throws {
    let server = try StubServer.mail()
    server.stop()
    #expect(
      try outcome(of: mail(port: server.port)) == .deferred(.unreachable, notBefore: nil))
  }
}

@Suite struct WebTransferTests {
  private static let yes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

  private func text(port: UInt16) throws -> Transfers.Errand {
    .text(
      TextMessage(key: "msg_2", recipient: Redacted("+46701234567"), text: Redacted("Hej å")),
      TextGateway(
        url: "http://127.0.0.1:\(port)/a1/sms",
        template: try #require(TextTemplate(#"{"to":"{to}","m":"{text}"}"#)),
        headers: [Redacted("X-Account: 12")],
        signIn: SignIn(user: "user", password: Redacted("pass"))))
  }

  private func webhook(
    _ url: String, mayBePrivate: Bool = true
  ) -> Transfers.Errand {
    .webhook(
      WebhookCall(
        url: url, key: Redacted(Array(repeating: 1, count: 32)), body: #"{"id":"evt_1"}"#),
      mayBePrivate: mayBePrivate)
  }

  @Test func aGatewayGetsTheMessageWithItsKey() throws {
    let server = try StubServer.http(Self.yes)
    defer { server.stop() }
    #expect(try outcome(of: text(port: server.port)) == .sent)
    for expected in [
      "POST /a1/sms HTTP/1.1", "Idempotency-Key: msg_2", "Content-Type: application/json",
      "X-Account: 12", "Authorization: Basic dXNlcjpwYXNz",
      #"body: {"to":"+46701234567","m":"Hej å"}"#,
    ] { #expect(server.notes.contains(expected), "\(expected) in \(server.notes)") }
  }

  @Test(arguments: [
    ("202 Accepted", DeliveryOutcome.sent), ("400 Bad", .refused(.messageRefused)),
    ("422 Bad number", .refused(.messageRefused)),
    ("401 Who", .deferred(.signInRefused, notBefore: nil)),
    ("403 No", .deferred(.signInRefused, notBefore: nil)),
    ("404 Nothing", .deferred(.misdirected, notBefore: nil)),
    ("409 Busy with it", .deferred(.busy, notBefore: nil)),
    ("429 Slow\r\nRetry-After: 90", .deferred(.busy, notBefore: .seconds(90))),
    ("500 Ouch", .deferred(.serverFailed, notBefore: nil)),
    ("503 Down\r\nRetry-After: 5", .deferred(.serverFailed, notBefore: .seconds(5))),
    ("302 Elsewhere\r\nLocation: http://127.0.0.1:1/", .deferred(.misdirected, notBefore: nil)),
  ])
  func statusesMeanWhatTheyMean(status: String, expected: DeliveryOutcome) throws {
    let server = try StubServer.http("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n")
    defer { server.stop() }
    #expect(try outcome(of: text(port: server.port)) == expected)
    #expect(server.notes.filter { $0.hasPrefix("POST") }.count == 1)
  }

  @Test func anAnswerWithoutEndIsCutOff() throws {
    let flood = String(repeating: "x", count: 2 * Limits.deliveryAnswerBytes)
    let server = try StubServer.http("HTTP/1.1 200 OK\r\n\r\n" + flood)
    defer { server.stop() }
    #expect(try outcome(of: text(port: server.port)) == .sent)
  }

  @Test func aWebhookIsSigned() throws {
    let server = try StubServer.http(Self.yes)
    defer { server.stop() }
    #expect(try outcome(of: webhook("http://127.0.0.1:\(server.port)/hook")) == .sent)
    #expect(server.notes.contains("Samtal-Timestamp: 1795236739"))
    #expect(server.notes.contains { $0.hasPrefix("Samtal-Signature: v1=") })
    #expect(server.notes.contains(#"body: {"id":"evt_1"}"#))
  }

  @Test(arguments: [
    "https://127.0.0.1", "https://localhost", "https://[::1]", "https://[::ffff:127.0.0.1]",
    "https://0.0.0.0",
  ])
  func aPrivateWebhookIsNotConnectedTo(origin: String) throws {
    let server = try StubServer.http(Self.yes)
    defer { server.stop() }
    #expect(
      try outcome(of: webhook("\(origin):\(server.port)/", mayBePrivate: false))
        == .deferred(.privateTarget, notBefore: nil))
    #expect(server.notes == [])
  }

  @Test(arguments: [
    "http://example.com/", "file:///etc/passwd", "gopher://x.example", "smtp://x.example", "x y",
  ])
  func nothingButHTTPSLeadsToAPublicWebhook(url: String) throws {
    #expect(
      try outcome(of: webhook(url, mayBePrivate: false))
        == .deferred(.misdirected, notBefore: nil))
  }

  @Test func manyAreUnderWayAtOnce() throws {
    let server = try StubServer.http(Self.yes)
    defer { server.stop() }
    let transfers = try Transfers()
    for number in 0..<20 {
      transfers.start(UInt64(number), try text(port: server.port), at: WallTime(milliseconds: 0))
    }
    var numbers: Set<UInt64> = []
    let nothing = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(nothing) }
    for _ in 0..<400 where numbers.count < 20 {
      while let finished = transfers.takeFinished() {
        #expect(finished.outcome == .sent)
        numbers.insert(finished.number)
      }
      transfers.wait(for: .milliseconds(100), watching: nothing)
    }
    #expect(numbers.count == 20)
  }
}
