import Foundation
import Primitives
import Runtime
import Testing

@testable import samtald

@Suite struct LogTests {
  @Test func aRecordIsOneLineOfJSON() {
    let record = LogRecord(.warning, "odd_name", ("name", "a\"b\nc"), ("count", 3))
    #expect(
      LogWriter.line(record, at: WallTime(milliseconds: 0))
        == #"{"time":"1970-01-01T00:00:00.000Z","level":"warning","event":"odd_name","#
        + #""name":"a\"b\nc","count":"3"}"#)
  }

  @Test func whatIsRedactedStaysSo() {
    let address = Redacted(NetworkAddress(ipv4: 0xC000_0201, port: 1))
    let line = LogWriter.line(
      LogRecord(.info, "x", ("address", address)), at: WallTime(milliseconds: 0))
    #expect(!line.contains("192.0.2.1"))
  }

  @Test(arguments: [
    (951_782_400_123, "2000-02-29T00:00:00.123Z"), (951_868_799_999, "2000-02-29T23:59:59.999Z"),
    (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
    (1_735_689_599_000, "2024-12-31T23:59:59.000Z"),
    (1_795_236_739_365, "2026-11-21T04:52:19.365Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    (0, "1970-01-01T00:00:00.000Z"),
  ])
  func timesAreCivil(milliseconds: Int64, text: String) {
    #expect(CivilTime(WallTime(milliseconds: milliseconds)).internet == text)
  }
}

@Suite struct StatusTests {
  private func body(_ page: WebConfiguration.Page?) -> String {
    String(decoding: page?.bytes ?? [], as: UTF8.self)
  }

  @Test func itIsReadyOnlyWhenEverythingIsUp() {
    let board = StatusBoard(workers: 0)
    #expect(board.page(at: "/readyz", now: .origin)?.status == 503)
    board.update { $0.isStoreUp = true }
    #expect(board.page(at: "/readyz", now: .origin)?.status == 200)
    board.update { $0.isDraining = true }
    #expect(body(board.page(at: "/readyz", now: .origin)) == "draining\n")
    #expect(!StatusBoard(workers: 1).isReady)
  }

  @Test func itIsIllWhenTheControlThreadHasNotBeenSeen() {
    let board = StatusBoard(workers: 0)
    #expect(board.page(at: "/healthz", now: .origin + .seconds(9))?.status == 200)
    #expect(board.page(at: "/healthz", now: .origin + .seconds(11))?.status == 503)
  }

  @Test func metricsNameWhatTheyCount() {
    let board = StatusBoard(workers: 1)
    board.update { $0.sessions = 7 }
    let text = body(board.page(at: "/metrics", now: .origin))
    #expect(text.contains("# TYPE samtal_sessions gauge\nsamtal_sessions 7\n"))
    #expect(text.contains("samtal_connections_refused_total{reason=\"slow_reader\"} 0\n"))
    #expect(board.page(at: "/other", now: .origin) == nil)
  }

  @Test(arguments: ["samtal.rules.yml", "samtal-dashboard.json"])
  func whatAlertsAndDashboardAskForIsThere(name: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Config/" + name)
    let metrics = body(StatusBoard(workers: 1).page(at: "/metrics", now: .origin))
    let asked = try String(contentsOf: file, encoding: .utf8)
      .matches(of: /(samtal_\w+)(?:\{|\[|,| ==)/).map { String($0.1) }
    #expect(asked.count > 5)
    for metric in asked { #expect(metrics.contains("# TYPE \(metric) "), "\(metric)") }
  }

  @Test func wordsOfCasesAreSnakeCase() {
    enum Case {
      case plain, twoWords, malformedSTUN, SRTPFirst, anSRTPPacket
    }
    #expect(word(Case.plain) == "plain")
    #expect(word(Case.twoWords) == "two_words")
    #expect(word(Case.malformedSTUN) == "malformed_stun")
    #expect(word(Case.SRTPFirst) == "srtp_first")
    #expect(word(Case.anSRTPPacket) == "an_srtp_packet")
  }
}

@Suite struct CommandLineTests {
  @Test func argumentsAreReadStrictly() {
    #expect(Samtald.parse([]) == .serve(configuration: nil, state: nil))
    #expect(
      Samtald.parse(["--state", "s", "--config", "c"]) == .serve(configuration: "c", state: "s"))
    #expect(Samtald.parse(["--check-config", "c"]) == .check(configuration: "c", state: nil))
    #expect(
      Samtald.parse(["--check-config", "c", "--state", "s"])
        == .check(configuration: "c", state: "s"))
    #expect(Samtald.parse(["--help"]) == .help)
    for wrong in [["x"], ["--config"], ["--config", "a", "--config", "b"], ["--nope", "a"]] {
      #expect(Samtald.parse(wrong) == nil)
    }
    #expect(Samtald.parse(["--check-config", "c", "--config", "c"]) == nil)
  }
}
