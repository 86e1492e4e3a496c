import Primitives
import Security
import Transport
import Wire

/// The certificates of both ends, the same in every run.
let fuzzCertificates: (client: Certificate, server: Certificate) = {
  SecurityRandom.useDeterministic(seed: 1)
  var random = RandomSource(seed: 1)
  func make() -> Certificate {
    guard
      let certificate = try? Certificate.generate(
        validFrom: WallTime(milliseconds: 1_700_000_000_000),
        until: WallTime(milliseconds: 1_900_000_000_000), random: &random)
    else { preconditionFailure("no certificate") }
    return certificate
  }
  return (make(), make())
}()

/// The plans of a client and of the server's side of it.
struct FuzzPlans {
  let client: TransportPlan
  let server: TransportPlan

  /// Credentials that differ from those of every other number below 26.
  init(number: Int) {
    let letter = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(number)))
    func credentials(_ side: String) -> ICECredentials {
      ICECredentials(
        usernameFragment: side + letter + letter,
        password: String(repeating: side, count: 22) + letter)
    }
    let (ofClient, ofServer) = (credentials("c"), credentials("s"))
    client = TransportPlan(
      local: ofClient, remote: ofServer,
      remoteFingerprints: [Fingerprint(digest: fuzzCertificates.server.digest)])
    server = TransportPlan(
      local: ofServer, remote: ofClient,
      remoteFingerprints: [Fingerprint(digest: fuzzCertificates.client.digest)])
  }

  /// The client's check, as it would be authentic.
  func check(_ random: inout RandomSource, nominates: Bool) -> [UInt8] {
    var writer = STUNWriter(.request, transactionID: STUNTransactionID(random: &random))
    writer.writeUsername(
      receiver: server.local.usernameFragment, sender: client.local.usernameFragment)
    writer.writeRole(.controlling(tieBreaker: 1))
    if nominates { writer.writeUseCandidate() }
    let code = HMAC.sha1(
      key: Array(server.local.password.value.utf8), writer.authenticatedBytes)
    return writer.seal(integrityCode: code)
  }
}

/// A client on a network that the input decides over, and the server's side of it.
struct FuzzPair: ~Copyable {
  static let serverAddress = NetworkAddress(ipv4: 0x0A00_0001, port: 40_000)
  static let clientAddress = NetworkAddress(ipv4: 0xC000_0201, port: 5_000)

  var client: ClientTransport
  var server: PeerTransport
  var now = Instant.origin + .seconds(1)
  /// On their way, oldest first.
  private(set) var toServer: [[UInt8]] = []
  private(set) var toClient: [[UInt8]] = []
  /// Clear packets that have come out on either side.
  private(set) var received: [[UInt8]] = []
  /// DTLS datagrams that the server has sent.
  private(set) var serverFlights = 0

  init(profile: SRTPProfile) {
    SecurityRandom.useDeterministic(seed: 2)
    let plans = FuzzPlans(number: 0)
    guard
      let client = try? ClientTransport(
        plan: plans.client, candidates: [Self.serverAddress],
        certificate: fuzzCertificates.client, profiles: [profile],
        random: RandomSource(seed: 3), now: now)
    else { preconditionFailure("no client") }
    self.client = client
    server = PeerTransport(
      plan: plans.server, certificate: fuzzCertificates.server, profiles: SRTPProfile.allCases,
      now: now)
    server.isMediaAdmitted = true
  }

  var isConnected: Bool { client.isConnected && server.isConnected }

  /// The server takes a datagram that seems to come from the client.
  mutating func giveServer(_ datagram: [UInt8]) {
    let length = min(datagram.count, PacketPool.slotSize)
    withSlot(datagram) { slot in
      note(
        server.receive(slot, length: length, from: Self.clientAddress, now: now), in: slot)
    }
    drain()
  }

  /// The client takes a datagram that seems to come from the server.
  mutating func giveClient(_ datagram: [UInt8]) {
    let length = min(datagram.count, PacketPool.slotSize)
    withSlot(datagram) { slot in
      note(
        client.receive(slot, length: length, from: Self.serverAddress, now: now), in: slot)
    }
    drain()
  }

  /// The oldest datagram on its way arrives, as `change` makes it; false where there is none.
  mutating func deliver(_ change: (inout [UInt8]) -> Void = { _ in }) -> Bool {
    if !toServer.isEmpty {
      var datagram = toServer.removeFirst()
      change(&datagram)
      giveServer(datagram)
    } else if !toClient.isEmpty {
      var datagram = toClient.removeFirst()
      change(&datagram)
      giveClient(datagram)
    } else {
      return false
    }
    return true
  }

  /// Lets time pass, and does what is due by then.
  mutating func pass(_ span: Duration) {
    let end = now + span
    var turns = 0
    while let next = earliest(client.nextDeadline, server.nextDeadline), next <= end {
      now = max(now, next)
      if let due = client.nextDeadline, due <= now { client.handleDeadline(now: now) }
      if let due = server.nextDeadline, due <= now { server.handleDeadline(now: now) }
      drain()
      turns += 1
      precondition(turns < 2_000, "a deadline does not move on")
    }
    now = end
  }

  /// Lets everything arrive for a while.
  mutating func runFaithfully(for span: Duration) {
    let end = now + span
    while now < end, !isConnected {
      while deliver() {}
      pass(.milliseconds(10))
    }
  }

  private mutating func note(_ result: Received, in slot: UnsafeMutableRawBufferPointer) {
    switch result {
    case .rtp(let length), .rtcp(let length): received.append(Array(slot[..<length]))
    case .nothing, .dropped: break
    }
  }

  /// Datagrams go onto the network, the server's only to where the client is.
  private mutating func drain() {
    while let output = client.poll() {
      if case .transmit(let datagram, Self.serverAddress) = output { toServer.append(datagram) }
    }
    while let output = server.poll() {
      guard case .transmit(let datagram, let address) = output else { continue }
      precondition(address == Self.clientAddress && datagram.count <= Limits.datagramBytes)
      if DatagramKind(datagram.span.bytes) == .dtls { serverFlights += 1 }
      toClient.append(datagram)
    }
  }
}
