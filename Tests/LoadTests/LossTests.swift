import Primitives
import Runtime
import Testing

@testable import Load
@testable import PeerClient

@Suite struct LossTests {
  private func account(expected: UInt64, received: UInt64) -> LossAccount {
    var account = LossAccount()
    account.add(
      PeerClient.StreamAccount(
        kind: .audio, expected: expected, received: received, jitter: .zero))
    return account
  }

  @Test func whatIsMissingBetweenTheFirstAndTheHighestIsLost() {
    var all = account(expected: 100, received: 98)
    all.add(account(expected: 900, received: 900))
    #expect(all.lost == 2)
    #expect(all.part == 0.002)
    #expect(LossAccount().part == 0)
  }

  @Test func everyLostPacketStandsInOnePlace() {
    let origins = LossOrigins(
      account(expected: 1_000, received: 900), onPurpose: 20, overflow: 30, sent: 975, unsent: 10)
    #expect(origins.onPurpose == 20)
    #expect(origins.testerOverflow == 30)
    #expect(origins.serverUnsent == 10)
    // The server has sent 975, of which 900 came and 60 are told of: 15 were lost on the way, and
    // 25 it never sent.
    #expect(origins.onTheWay == 15)
    #expect(origins.beforeServer == 25)
  }

  @Test func withoutTheServersFiguresTheRestIsOnTheWay() {
    let origins = LossOrigins(
      account(expected: 1_000, received: 900), onPurpose: 20, overflow: 30, sent: nil, unsent: nil)
    #expect(origins.onTheWay == 50)
    #expect(origins.serverUnsent == nil)
    #expect(origins.beforeServer == nil)
  }

  @Test func noMoreIsExplainedThanWasLost() {
    // Retransmissions and reports that overflowed are no lost media.
    let origins = LossOrigins(
      account(expected: 100, received: 90), onPurpose: 7, overflow: 50, sent: 5_000, unsent: 9)
    #expect(origins.onPurpose + origins.testerOverflow == 10)
    #expect(origins.serverUnsent == 0)
    #expect(origins.onTheWay == 0)
    #expect(origins.beforeServer == 0)
  }
}

@Suite struct ReportTests {
  private func report(_ change: (inout Measurement) -> Void = { _ in }) throws -> LoadReport {
    let address = try #require(SignalingAddress("tcp://127.0.0.1:8082"))
    var measurement = Measurement(
      plan: LoadPlan(address: address), tally: LoadTally(), watch: LoadWatch(),
      droppedReceiving: 0, droppedSending: 0, span: .seconds(10), before: .init(), after: .init())
    measurement.tally.tracksExpected = 12
    measurement.tally.tracksReceived = 12
    change(&measurement)
    return LoadReport(measurement)
  }

  @Test func aBoundThatIsKeptIsNotPassed() throws {
    var report = try report { $0.tally.joins.add(.milliseconds(80)) }
    report.hold(against: [.init("--max-join-p99", "joining", "join_p99_ms", atMost: 100)])
    #expect(report.exceeded == [])
  }

  @Test func aBoundThatIsPassedIsNamed() throws {
    var report = try report { $0.tally.joins.add(.milliseconds(120)) }
    report.hold(against: [.init("--max-join-p99", "joining", "join_p99_ms", atMost: 100)])
    #expect(report.exceeded.count == 1)
    #expect(report.exceeded.first?.contains("--max-join-p99") == true)
    #expect(report.table.contains("PASSED: --max-join-p99"))
    #expect(report.json["exceeded"]?.array?.count == 1)
  }

  @Test func whatWasNotMeasuredKeepsNoBound() throws {
    var report = try report()
    report.hold(against: [.init("--max-join-p99", "joining", "join_p99_ms", atMost: 100)])
    #expect(report.exceeded.count == 1)
  }

  @Test func missingTracksAndErrorsAreNeverAccepted() throws {
    var report = try report {
      $0.tally.tracksReceived = 11
      $0.tally.errors["call.join: call_full"] = 2
    }
    report.hold(against: [])
    #expect(report.exceeded.count == 2)
    #expect(report.json["errors"]?["call.join: call_full"] == 2)
  }

  @Test func aTesterWhoseSocketsDroppedSaysNothingOfTheServer() throws {
    #expect(try report().void == [])
    let report = try report { $0.tally.overflows = 1 }
    #expect(report.void.count == 1)
    #expect(report.table.contains("VOID"))
  }

  @Test func everySectionOfTheTableIsAnObject() throws {
    let report = try report { $0.plan.decode = 1 }
    for section in ["joining", "media", "decoding", "loss", "tester"] {
      #expect(report.json[section]?.members?.isEmpty == false, "\(section)")
    }
  }
}
