import Primitives
import Security
import Testing
import Transport
import Wire

private let elsewhere = NetworkAddress(ipv4: 0xC633_6401, port: 9_999)

extension TransportPair {
  /// Where the server has sent anything to.
  var destinations: Set<NetworkAddress> { Set(sentByServer.map(\.to)) }

  /// A check that the client would make, with any transaction id.
  func check(nominates: Bool = true) -> [UInt8] {
    check(
      receiver: serverPlan.local.usernameFragment, sender: serverPlan.remote.usernameFragment,
      password: serverPlan.local.password.value, nominates: nominates)
  }

  func check(
    receiver: String, sender: String, password: String?, nominates: Bool = true,
    role: STUNRole = .controlling(tieBreaker: 1)
  ) -> [UInt8] {
    var writer = STUNWriter(.request, transactionID: STUNTransactionID(random: &random))
    writer.writeUsername(receiver: receiver, sender: sender)
    writer.writePriority(1)
    writer.writeRole(role)
    if nominates { writer.writeUseCandidate() }
    let code = password.map {
      HMAC.sha1(key: Array($0.utf8), writer.authenticatedBytes)
    }
    return writer.seal(integrityCode: code)
  }
}

@Suite struct AddressTests {
  // S3
  @Test func checksThatDoNotAuthenticateDrawNoReplyAndChangeNothing() throws {
    let pair = try TransportPair()
    let local = pair.serverPlan.local.usernameFragment
    let remote = pair.serverPlan.remote.usernameFragment
    let password = pair.serverPlan.local.password.value
    let attempts: [([UInt8], TransportDrop)] = [
      (pair.check(receiver: local, sender: remote, password: nil), .missingIntegrity),
      (pair.check(receiver: local, sender: remote, password: "wrong"), .wrongIntegrity),
      (pair.check(receiver: "other", sender: remote, password: password), .wrongUsername),
      (pair.check(receiver: local, sender: "other", password: password), .wrongUsername),
    ]
    for (bytes, reason) in attempts {
      #expect(pair.inject(bytes, from: elsewhere) == .dropped(reason))
    }
    let good = pair.check()
    for length in 0..<good.count {
      let received = pair.inject(Array(good[..<length]), from: elsewhere)
      #expect(received == .dropped(length == 0 ? .unknownKind : .malformedSTUN))
    }
    for bit in 16..<good.count * 8 {
      var flipped = good
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      guard case .dropped = pair.inject(flipped, from: elsewhere) else {
        Issue.record("bit \(bit) was not noticed")
        continue
      }
    }
    #expect(pair.sentByServer.isEmpty)
    #expect(pair.serverOutputs.isEmpty)
    #expect(pair.connect())
  }

  // S2, S1
  @Test func nothingButAnAuthenticatedCheckIsAnsweredFromAnUnknownAddress() throws {
    let pair = try TransportPair()
    let other = try TransportPair(seed: 2)
    _ = other.connect()
    let hellos = other.sentByClient.filter { $0[0] == 22 }
    #expect(!hellos.isEmpty)
    for datagram in hellos {
      #expect(pair.inject(datagram, from: elsewhere) == .dropped(.unboundAddress))
    }
    #expect(pair.connect())
    for datagram in hellos + other.sentByClient {
      pair.inject(datagram, from: elsewhere)
    }
    #expect(!pair.destinations.contains(elsewhere))
    #expect(pair.isConnected)
  }

  // S1
  @Test func aHundredJoinsSucceedWhileForeignSocketsSprayClientHellos() throws {
    let other = try TransportPair(seed: 1_000)
    _ = other.connect()
    let hello = try #require(other.sentByClient.first { $0[0] == 22 })
    let alert: [UInt8] = [21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]
    for seed in UInt64(0)..<100 {
      let pair = try TransportPair(seed: seed)
      for _ in 0..<40 where !pair.isConnected {
        pair.inject(hello, from: elsewhere)
        pair.inject(alert, from: pair.clientAddress)
        pair.run(for: .milliseconds(10)) { $0.isConnected }
      }
      #expect(pair.connect(), "seed \(seed)")
      #expect(!pair.destinations.contains(elsewhere), "seed \(seed)")
    }
  }

  // S1
  @Test func forgedClientHellosAndAlertsFromThePeersOwnAddressDoNotEndTheSession() throws {
    let other = try TransportPair(seed: 1_000)
    _ = other.connect()
    let hello = try #require(other.sentByClient.first { $0[0] == 22 })
    let pair = try TransportPair()
    pair.run(for: .seconds(5)) { $0.sentByClient.contains { $0[0] == 22 } }
    pair.run(for: .milliseconds(25))
    pair.inject(hello, from: pair.clientAddress)
    #expect(pair.connect())
    for level: UInt8 in 1...2 {
      for description: UInt8 in 0..<120 {
        let alert: [UInt8] = [
          21, 254, 253, 0, 0, 0, 0, 0, 0, 0, description, 0, 2, level, description,
        ]
        pair.inject(alert, from: pair.clientAddress)
      }
    }
    pair.inject(hello, from: pair.clientAddress)
    pair.run(for: .seconds(2))
    #expect(pair.isConnected)
    pair.sendFromClient(sequence: 1)
    pair.run(for: .milliseconds(100))
    #expect(pair.serverReceived.count == 1)
  }

  // S4
  @Test func aValidCheckFromASpoofedSourceDrawsNoMediaThere() throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    for sequence in UInt16(0)..<50 {
      pair.sendFromClient(sequence: sequence)
      pair.run(for: .milliseconds(30))
      pair.inject(pair.check(), from: elsewhere)
      pair.sendFromServer(sequence: sequence)
    }
    #expect(pair.destination == pair.clientAddress)
    #expect(pair.clientReceived.count == 49)
  }

  // S4
  @Test func atMostEightAddressesAreBoundAndTheSelectedOneStays() throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    pair.sendReportFromClient()
    pair.run(for: .milliseconds(50))
    for port in UInt16(1)...100 {
      pair.inject(pair.check(nominates: false), from: elsewhere.with(port: port))
    }
    var bound: Set<NetworkAddress> = []
    for output in pair.serverOutputs {
      if case .bound(let address) = output { bound.insert(address) }
      if case .unbound(let address) = output { bound.remove(address) }
    }
    #expect(bound.count == Limits.remoteAddressesPerTransport)
    #expect(bound.contains(pair.clientAddress))
    #expect(pair.destination == pair.clientAddress)
  }

  // S5
  @Test func aReplayedCheckFromAnotherHostMovesNothingAndIsNotAnswered() throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    pair.run(for: .seconds(4))
    let checks = pair.sentByClient.filter { $0[0] == 0 }
    #expect(checks.count >= 2)
    for _ in 0..<5 {
      pair.run(for: .milliseconds(1_100))
      for check in checks {
        #expect(pair.inject(check, from: elsewhere) == .dropped(.repeatedTransaction))
      }
    }
    #expect(!pair.destinations.contains(elsewhere))
    #expect(pair.destination == pair.clientAddress)
  }

  // S5
  @Test func repeatedChecksDoNotKeepConsentAlive() throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    let check = try #require(pair.sentByClient.first { $0[0] == 0 })
    pair.faults.loss = 1
    for _ in 0..<31 {
      pair.inject(check, from: pair.clientAddress)
      pair.run(for: .seconds(1))
    }
    #expect(pair.serverOutputs.last == .closed(.consentExpired))
  }

  @Test func aCheckThatDemandsUnknownAttributesOrClaimsOurRoleIsRefusedInWords() throws {
    let pair = try TransportPair()
    let conflicting = pair.check(
      receiver: pair.serverPlan.local.usernameFragment,
      sender: pair.serverPlan.remote.usernameFragment,
      password: pair.serverPlan.local.password.value, role: .controlled(tieBreaker: 5))
    #expect(pair.inject(conflicting, from: elsewhere) == .nothing)
    let reply = try #require(pair.sentByServer.last?.bytes)
    let message = try STUNMessage(parsing: reply.span.bytes)
    #expect(message.messageClass == .error)
    #expect(message.errorCode == 487)
    #expect(pair.serverOutputs.isEmpty)
    #expect(pair.counters[.refusedCheck] == 1)
  }

  @Test func indicationsAndResponsesAreIgnored() throws {
    let pair = try TransportPair()
    for messageClass in [STUNMessage.Class.indication, .success, .error] {
      let bytes = STUNWriter(
        messageClass, transactionID: STUNTransactionID(random: &pair.random)
      ).seal(integrityCode: nil)
      #expect(pair.inject(bytes, from: elsewhere) == .dropped(.unexpectedSTUN))
    }
  }

  // W22
  @Test func everyFirstByteAndEveryShortLengthIsSurvived() throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    for first in UInt8.min...UInt8.max {
      for length in [0, 1, 2, 3, 4, 8, 11, 12, 13, 14, 20, 25, 28, 40, 1_500, 1_501] {
        let bytes = [UInt8](repeating: first, count: length)
        for address in [elsewhere, pair.clientAddress] {
          let received = pair.inject(bytes, from: address)
          #expect(received == .nothing || isDropped(received), "\(first) × \(length)")
        }
      }
    }
    #expect(pair.isConnected)
  }

  private func isDropped(_ received: Received) -> Bool {
    if case .dropped = received { return true }
    return false
  }

  @Test func theFragmentOfABindingRequestNamesItsReceiver() throws {
    let pair = try TransportPair()
    let check = pair.check()
    let name = PeerTransport.usernameFragment(ofBindingRequest: check.span.bytes)
    #expect(name == pair.serverPlan.local.usernameFragment)
    for length in 0..<check.count {
      let cut = Array(check[..<length])
      let none = PeerTransport.usernameFragment(ofBindingRequest: cut.span.bytes)
      #expect(none == nil)
    }
  }
}
