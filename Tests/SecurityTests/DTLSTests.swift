import Primitives
import Security
import Testing

func makeCertificate(seed: UInt64 = 1) throws -> Certificate {
  var random = RandomSource(seed: seed)
  return try Certificate.generate(
    validFrom: WallTime(milliseconds: 1_700_000_000_000),
    until: WallTime(milliseconds: 1_800_000_000_000), random: &random)
}

let allProfiles: [SRTPProfile] = [.aeadAES128GCM, .aeadAES256GCM, .aes128CMSHA1_80]

/// A DTLS client and acceptor joined by a network without faults or time.
final class DTLSPair {
  let client: DTLSEndpoint
  var server: DTLSAcceptor
  var now = Instant.origin + .seconds(1)
  var clientKeys: SRTPKeyPair?
  var serverKeys: SRTPKeyPair?
  var closed: [String] = []

  init(
    clientProfiles: [SRTPProfile] = allProfiles, serverProfiles: [SRTPProfile] = allProfiles,
    serverAccepts: [[UInt8]]? = nil, clientAccepts: [[UInt8]]? = nil
  ) throws {
    let clientCertificate = try makeCertificate(seed: 1)
    let serverCertificate = try makeCertificate(seed: 2)
    client = try DTLSEndpoint(
      role: .client, certificate: clientCertificate, profiles: clientProfiles,
      acceptedDigests: clientAccepts ?? [serverCertificate.digest])
    server = DTLSAcceptor(
      certificate: serverCertificate, profiles: serverProfiles,
      acceptedDigests: serverAccepts ?? [clientCertificate.digest])
  }

  func takeFromClient() -> [[UInt8]] {
    var datagrams: [[UInt8]] = []
    while let output = client.poll() {
      switch output {
      case .transmit(let datagram): datagrams.append(datagram)
      case .connected(let keys): clientKeys = keys
      case .closed(let reason): closed.append("client: \(reason.rawValue)")
      }
    }
    return datagrams
  }

  func takeFromServer() -> [[UInt8]] {
    var datagrams: [[UInt8]] = []
    while let output = server.poll() {
      switch output {
      case .transmit(let datagram): datagrams.append(datagram)
      case .connected(let keys): serverKeys = keys
      case .closed(let reason): closed.append("server: \(reason.rawValue)")
      }
    }
    return datagrams
  }

  /// Carries datagrams to and fro until both sides are quiet.
  func exchange() {
    for _ in 0..<10 {
      let up = takeFromClient()
      for datagram in up { server.receive(datagram.span.bytes, now: now) }
      let down = takeFromServer()
      for datagram in down { client.receive(datagram.span.bytes, now: now) }
      if up.isEmpty, down.isEmpty { return }
    }
  }

  func advance(by span: Duration) {
    now += span
    client.handleDeadline(now: now)
    server.handleDeadline(now: now)
  }
}

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
}
