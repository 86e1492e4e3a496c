import Primitives
import Security
import Testing

@Suite struct DTLSTests {
  @Test func bothSidesEndWithTheSameKeysAndTheProfileThatTheServerPrefers() throws {
    let pair = try DTLSPair(clientProfiles: allProfiles.reversed())
    pair.client.start(now: pair.now)
    pair.exchange()
    let client = try #require(pair.clientKeys)
    let server = try #require(pair.serverKeys)
    #expect(client.local == server.remote)
    #expect(client.remote == server.local)
    #expect(client.local != client.remote)
    #expect(client.local.profile == .aeadAES128GCM)
    #expect(client.local.key.value.count == 16)
    #expect(client.local.salt.value.count == 12)
  }

  @Test func withASeedTwoHandshakesAreTheSameToTheByte() throws {
    let first = try DTLSPair.transcript(seed: 7)
    #expect(first.count >= 4)
    #expect(try DTLSPair.transcript(seed: 7) == first)
    #expect(try DTLSPair.transcript(seed: 8) != first)
  }

  @Test func theServersPreferenceDecidesAmongWhatTheClientOffers() throws {
    for profile in allProfiles {
      let pair = try DTLSPair(clientProfiles: [profile])
      pair.client.start(now: pair.now)
      pair.exchange()
      #expect(pair.serverKeys?.local.profile == profile)
      #expect(pair.clientKeys?.local.key.value.count == profile.keyLength)
    }
  }

  @Test func noProfileInCommonIsRefusedOnBothSides() throws {
    let pair = try DTLSPair(
      clientProfiles: [.aes128CMSHA1_80], serverProfiles: [.aeadAES128GCM])
    pair.client.start(now: pair.now)
    pair.exchange()
    #expect(pair.serverKeys == nil)
    #expect(pair.clientKeys == nil)
  }

  @Test func aCertificateThatSDPDidNotAnnounceIsRefusedByEitherSide() throws {
    let other = [[UInt8](repeating: 7, count: 32)]
    let byServer = try DTLSPair(serverAccepts: other)
    byServer.client.start(now: byServer.now)
    byServer.exchange()
    #expect(byServer.serverKeys == nil)
    let byClient = try DTLSPair(clientAccepts: other)
    byClient.client.start(now: byClient.now)
    byClient.exchange()
    #expect(byClient.clientKeys == nil)
    #expect(byClient.closed == ["client: certificate_refused"])
  }

  @Test func oneOfSeveralAnnouncedCertificatesIsEnough() throws {
    let other = [UInt8](repeating: 7, count: 32)
    let right = try DTLSPair(addingToServer: [other])
    right.client.start(now: right.now)
    right.exchange()
    #expect(right.serverKeys != nil)
  }

  @Test func theLastFlightIsRepeatedWhenThePeerRepeatsItself() throws {
    let pair = try DTLSPair()
    pair.client.start(now: pair.now)
    pair.giveServer(pair.takeFromClient())
    pair.giveClient(pair.takeFromServer())
    let third = pair.takeFromClient()
    pair.giveServer(third)
    let lost = pair.takeFromServer()
    #expect(pair.serverKeys != nil)
    pair.giveServer(third)
    #expect(pair.takeFromServer().isEmpty, "not at once: it can be on its way")
    pair.advance(by: .milliseconds(60))
    pair.giveServer(pair.takeFromClient())
    #expect(pair.takeFromServer() == lost)
    pair.giveClient(lost)
    _ = pair.takeFromClient()
    #expect(pair.clientKeys?.local == pair.serverKeys?.remote)
  }

  @Test func anUnansweredFlightIsRepeatedAfter50MillisecondsDoublingToASecond() throws {
    let pair = try DTLSPair()
    pair.client.start(now: pair.now)
    let hello = pair.takeFromClient()
    var pauses: [Int64] = []
    for _ in 0..<7 {
      let deadline = try #require(pair.client.nextDeadline)
      pauses.append((deadline - pair.now).milliseconds)
      pair.advance(by: deadline - pair.now)
      #expect(pair.takeFromClient() == hello)
    }
    #expect(pauses == [50, 100, 200, 400, 800, 1_000, 1_000])
  }

  @Test func anAuthenticatedCloseNotifyEndsTheAssociation() throws {
    let pair = try DTLSPair()
    pair.client.start(now: pair.now)
    pair.exchange()
    pair.client.close()
    pair.exchange()
    #expect(pair.closed == ["server: closed_by_peer"])
  }

  @Test func forgedAlertsAndForgedRecordsAfterTheHandshakeChangeNothing() throws {
    let pair = try DTLSPair()
    pair.client.start(now: pair.now)
    pair.exchange()
    for contentType: UInt8 in 20...23 {
      for epoch: UInt8 in 0...2 {
        for sequence: UInt8 in 0..<40 {
          let header: [UInt8] = [contentType, 254, 253, 0, epoch, 0, 0, 0, 0, 0, sequence]
          let alert = header + [0, 2, 2, 40]
          // All lengths, those too that no sealed record can have.
          let forged = header + [0, sequence] + [UInt8](repeating: sequence, count: Int(sequence))
          for record in [alert, forged] {
            pair.server.receive(record.span.bytes, now: pair.now)
            pair.client.receive(record.span.bytes, now: pair.now)
          }
        }
      }
    }
    #expect(pair.takeFromServer().isEmpty)
    #expect(pair.closed == [])
    pair.server.close()
    pair.exchange()
    #expect(pair.closed == ["client: closed_by_peer"])
  }

  @Test func aForgedClientHelloDuringTheHandshakeDoesNotEndIt() throws {
    let forger = try DTLSPair()
    forger.client.start(now: forger.now)
    let forged = forger.takeFromClient()
    let pair = try DTLSPair()
    pair.client.start(now: pair.now)
    pair.giveServer(pair.takeFromClient() + forged)
    pair.exchange()
    #expect(pair.clientKeys != nil)
    #expect(pair.clientKeys?.local == pair.serverKeys?.remote)
    pair.giveServer(forged)
    #expect(pair.closed == [])
  }

  @Test func aClientHelloThatOpenSSLRefusesDrawsNoAlertAndHoldsNobodyUp() throws {
    let pair = try DTLSPair()
    pair.client.start(now: pair.now)
    let hello = pair.takeFromClient()
    // The random of another handshake, and a session id that is longer than the message.
    let forged = hello.map {
      Array($0[..<30]) + [1, 2, 3] + Array($0[33..<59]) + [255] + $0[60...]
    }
    pair.giveServer(forged)
    #expect(pair.takeFromServer().isEmpty)
    pair.giveServer(hello)
    pair.exchange()
    #expect(pair.clientKeys != nil)
    #expect(pair.clientKeys?.local == pair.serverKeys?.remote)
  }

  @Test func aClientHelloThatCameSecondIsAnsweredOnceTheFirstHasGoneQuiet() throws {
    let forger = try DTLSPair()
    forger.client.start(now: forger.now)
    let pair = try DTLSPair()
    pair.giveServer(forger.takeFromClient())
    _ = pair.takeFromServer()
    pair.client.start(now: pair.now)
    pair.giveServer(pair.takeFromClient())
    #expect(pair.takeFromServer().isEmpty)
    pair.now += .milliseconds(1_000)
    pair.server.handleDeadline(now: pair.now)
    // The flights of both are on their way; only that of the true one may arrive here.
    let flights = pair.takeFromServer()
    pair.giveClient(flights.suffix(flights.count / 2))
    pair.exchange()
    #expect(pair.serverKeys != nil)
  }

  @Test func everyDatagramFitsThePath() throws {
    #expect(try DTLSPair.transcript(seed: 1).allSatisfy { $0.count <= 1_200 })
  }
}
