import Primitives
import Security
import Testing
import Transport
import Wire

@Suite struct LifetimeTests {
  // S6
  @Test func mediaFromAnAddressThatWasNeverCheckedIsNeitherForwardedNorAnswered() throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    let stranger = NetworkAddress(ipv4: 0xC633_6401, port: 7)
    pair.sendFromClient(sequence: 1)
    let genuine = try #require(pair.inFlight.last?.bytes)
    pair.inFlight.removeAll()
    #expect(pair.inject(genuine, from: stranger) == .dropped(.unboundAddress))
    #expect(pair.destination == pair.clientAddress)
    let clear: [UInt8] = [0x80, 96, 0, 9] + [UInt8](repeating: 1, count: 60)
    #expect(pair.inject(clear, from: stranger) == .dropped(.unboundAddress))
    #expect(pair.inject(clear, from: pair.clientAddress) == .dropped(.unauthenticatedSRTP))
    #expect(pair.inject(genuine, from: pair.clientAddress) == .rtp(length: 112))
  }

  // S7
  @Test func forgedPacketsAreCountedAndTheCallGoesOn() throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    let stranger = NetworkAddress(ipv4: 0xC633_6401, port: 7)
    let before = pair.counters.total
    var random = RandomSource(seed: 5)
    for index in 0..<20_000 {
      var packet = random.bytes(60)
      packet[0] = [0x80, 0x16, 0x00, 0x90][index % 4]
      pair.inject(packet, from: index % 2 == 0 ? stranger : pair.clientAddress)
    }
    #expect(pair.counters.total - before >= 15_000)
    pair.sendFromClient(sequence: 3)
    pair.run(for: .milliseconds(50))
    #expect(pair.serverReceived.count == 1)
    #expect(pair.isConnected)
  }

  // S10
  @Test func aCertificateThatSDPDidNotAnnounceIsNeverConnected() throws {
    let wrong = [Fingerprint(digest: [UInt8](repeating: 1, count: 32))]
    let byServer = try TransportPair(clientFingerprints: wrong)
    byServer.run(for: .seconds(31))
    #expect(!byServer.serverOutputs.contains(.connected))
    #expect(byServer.serverOutputs.last == .closed(.neverConnected))
    #expect(byServer.destination == nil)
    let byClient = try TransportPair(serverFingerprints: wrong)
    byClient.run(for: .seconds(31))
    #expect(byClient.clientOutputs.last == .closed(.certificateRefused))
    #expect(!byClient.serverOutputs.contains(.connected))
  }

  // S11
  @Test func everyFlippedBitAndEveryReplayOfAnSRTPPacketIsDropped() throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    pair.sendFromClient(sequence: 5)
    let packet = try #require(pair.inFlight.last?.bytes)
    pair.inFlight.removeAll()
    for bit in 0..<packet.count * 8 {
      var flipped = packet
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      guard case .dropped = pair.inject(flipped, from: pair.clientAddress) else {
        Issue.record("bit \(bit) was not noticed")
        continue
      }
    }
    #expect(pair.inject(packet, from: pair.clientAddress) == .rtp(length: 112))
    for _ in 0..<5 {
      #expect(pair.inject(packet, from: pair.clientAddress) == .dropped(.replayedSRTP))
    }
  }

  @Test func rtpIsDroppedBeforeDecryptionUntilMediaIsAdmittedAndRTCPIsNot() throws {
    let pair = try TransportPair()
    pair.server.isMediaAdmitted = false
    #expect(pair.connect())
    pair.sendFromClient(sequence: 5)
    pair.sendReportFromClient()
    pair.run(for: .milliseconds(50))
    #expect(pair.serverReceived == [[0x80, 201, 0, 1, 0, 0, 0, 7]])
    #expect(pair.counters[.notAdmitted] == 1)
    pair.server.isMediaAdmitted = true
    pair.sendFromClient(sequence: 6)
    pair.run(for: .milliseconds(50))
    #expect(pair.serverReceived.count == 2)
  }

  // W25
  @Test func silenceIsReportedAfterFiveSecondsAndEndsConsentAfterThirty() throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    pair.run(for: .seconds(6))
    #expect(!pair.serverOutputs.contains(.silent))
    pair.faults.loss = 1
    pair.run(for: .seconds(8))
    #expect(pair.serverOutputs.last == .silent)
    pair.faults.loss = 0
    pair.run(for: .seconds(1))
    #expect(pair.serverOutputs.last == .heard)
    #expect(pair.clientOutputs.last == .heard)
    pair.faults.loss = 1
    pair.run(for: .seconds(31))
    #expect(pair.serverOutputs.last == .closed(.consentExpired))
    #expect(pair.clientOutputs.last == .closed(.consentExpired))
    #expect(pair.serverDeadline == nil)
    #expect(pair.inject([0, 0], from: pair.clientAddress) == .dropped(.closed))
  }

  @Test func aPeerThatNeverConnectsIsGivenUpAfterThirtySeconds() throws {
    let pair = try TransportPair(faults: PathFaults(loss: 1))
    pair.run(for: .seconds(31))
    #expect(pair.serverOutputs == [.closed(.neverConnected)])
  }

  // W26
  @Test func anICERestartIsMakeBeforeBreak() throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    let old = pair.check()
    pair.restart()
    pair.sendFromServer(sequence: 1)
    #expect(pair.inject(old, from: pair.clientAddress) == .nothing)
    pair.client.restart(
      pair.clientPlan, candidates: [TransportPair.serverAddress], now: pair.now)
    pair.sendFromClient(sequence: 1)
    pair.run(for: .milliseconds(200))
    #expect(pair.clientReceived.count == 1)
    #expect(pair.serverReceived.count == 1)
    let older = pair.check(
      receiver: pair.previousServerPlan.local.usernameFragment,
      sender: pair.previousServerPlan.remote.usernameFragment,
      password: pair.previousServerPlan.local.password.value)
    #expect(pair.inject(older, from: pair.clientAddress) == .dropped(.wrongUsername))
    pair.run(for: .seconds(40))
    #expect(pair.isConnected)
  }

  // W27
  @Test(arguments: [true, false])
  func mediaFollowsAMovingPeerWithinTwoSeconds(isMuted: Bool) throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    pair.run(for: .seconds(10))
    let moved = NetworkAddress(ipv4: 0xCB00_7101, port: 6_000)
    pair.clientAddress = moved
    pair.client.checkPath(now: pair.now)
    if !isMuted {
      pair.run(for: .milliseconds(50))
      pair.sendFromClient(sequence: 1)
    }
    let arrived = pair.run(for: .seconds(2)) { pair in
      pair.server.remoteAddress == moved
    }
    #expect(arrived)
    #expect(pair.serverOutputs.contains(.movedTo(moved)))
  }

  // W27
  @Test func aPeerWhoseAddressChangesWithoutItsKnowledgeIsFoundAgain() throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    pair.run(for: .seconds(10))
    pair.clientAddress = NetworkAddress(ipv4: 0xCB00_7101, port: 6_000)
    let arrived = pair.run(for: .seconds(4)) { $0.server.remoteAddress == $0.clientAddress }
    #expect(arrived)
  }

  // W30
  @Test func anAuthenticatedCloseNotifyEndsTheSessionOnTheOtherSide() throws {
    let byClient = try TransportPair()
    #expect(byClient.connect())
    byClient.client.close(now: byClient.now)
    byClient.run(for: .milliseconds(100))
    #expect(byClient.serverOutputs.last == .closed(.closedByPeer))
    let byServer = try TransportPair()
    #expect(byServer.connect())
    byServer.server.close(now: byServer.now)
    byServer.run(for: .milliseconds(100))
    #expect(byServer.clientOutputs.last == .closed(.closedByPeer))
  }

  @Test func withASeedTwoRunsAreTheSameToTheByte() throws {
    func transcript() throws -> [[UInt8]] {
      SecurityRandom.useDeterministic(seed: 9)
      defer { SecurityRandom.useOperatingSystem() }
      let faults = PathFaults(loss: 0.2, jitter: .milliseconds(40))
      let pair = try TransportPair(seed: 4, faults: faults)
      pair.run(for: .seconds(10))
      return pair.sentByServer.map(\.bytes) + pair.sentByClient
    }
    let first = try transcript()
    #expect(first.count > 10)
    #expect(try transcript() == first)
  }
}
