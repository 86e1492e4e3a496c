import Primitives
import Security

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
    serverAccepts: [[UInt8]]? = nil, addingToServer: [[UInt8]] = [],
    clientAccepts: [[UInt8]]? = nil
  ) throws {
    let clientCertificate = try makeCertificate(seed: 1)
    let serverCertificate = try makeCertificate(seed: 2)
    client = try DTLSEndpoint(
      role: .client, certificate: clientCertificate, profiles: clientProfiles,
      acceptedDigests: clientAccepts ?? [serverCertificate.digest])
    server = DTLSAcceptor(
      certificate: serverCertificate, profiles: serverProfiles,
      acceptedDigests: serverAccepts ?? [clientCertificate.digest] + addingToServer)
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

  func giveServer(_ datagrams: [[UInt8]]) {
    for datagram in datagrams { server.receive(datagram.span.bytes, now: now) }
  }

  func giveClient(_ datagrams: [[UInt8]]) {
    for datagram in datagrams { client.receive(datagram.span.bytes, now: now) }
  }

  /// Carries datagrams to and fro until both sides are quiet.
  func exchange() {
    for _ in 0..<10 {
      let up = takeFromClient()
      giveServer(up)
      let down = takeFromServer()
      giveClient(down)
      if up.isEmpty, down.isEmpty { return }
    }
  }

  func advance(by span: Duration) {
    now += span
    client.handleDeadline(now: now)
    server.handleDeadline(now: now)
  }
}

extension DTLSPair {
  /// Runs a whole handshake and returns every datagram of it.
  static func transcript(seed: UInt64) throws -> [[UInt8]] {
    SecurityRandom.useDeterministic(seed: seed)
    defer { SecurityRandom.useOperatingSystem() }
    let pair = try DTLSPair()
    pair.client.start(now: pair.now)
    var transcript: [[UInt8]] = []
    for _ in 0..<5 {
      let up = pair.takeFromClient()
      pair.giveServer(up)
      let down = pair.takeFromServer()
      pair.giveClient(down)
      transcript += up + down
    }
    return transcript
  }
}
