import Primitives
import Security
import Transport
import Wire

/// The network between two ends: what is lost, and how long the rest takes.
struct PathFaults {
  /// Chance of each datagram to be lost, 0...1.
  var loss = 0.0
  var delay = Duration.milliseconds(20)
  /// Added to the delay at random: datagrams overtake one another.
  var jitter = Duration.milliseconds(0)
}

/// A client and a server transport on a virtual network, in virtual time.
final class TransportPair {
  static let serverAddress = NetworkAddress(ipv4: 0x0A00_0001, port: 40_000)
  static let profiles: [SRTPProfile] = [.aeadAES128GCM, .aeadAES256GCM, .aes128CMSHA1_80]

  struct InFlight {
    var at: Instant
    var order: Int
    var toServer: Bool
    var address: NetworkAddress
    var bytes: [UInt8]
  }

  var client: ClientTransport
  var server: PeerTransport
  var now = Instant.origin + .seconds(100)
  var faults: PathFaults
  /// The client's address as the server sees it.
  var clientAddress = NetworkAddress(ipv4: 0xC000_0201, port: 5_000)
  var inFlight: [InFlight] = []
  /// Every datagram that the server sent, and where to.
  var sentByServer: [(bytes: [UInt8], to: NetworkAddress)] = []
  /// Every datagram that the client sent.
  var sentByClient: [[UInt8]] = []
  var clientOutputs: [TransportOutput] = []
  var serverOutputs: [TransportOutput] = []
  var clientReceived: [[UInt8]] = []
  var serverReceived: [[UInt8]] = []
  var clientPlan: TransportPlan
  var serverPlan: TransportPlan
  /// The server's plan before the last restart.
  var previousServerPlan: TransportPlan
  var random: RandomSource
  private var order = 0
  private var scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)

  static let certificates = Result { try (makeCertificate(seed: 1), makeCertificate(seed: 2)) }

  init(
    seed: UInt64 = 1, faults: PathFaults = PathFaults(), clientFingerprints: [Fingerprint]? = nil,
    serverFingerprints: [Fingerprint]? = nil, clientProfiles: [SRTPProfile] = profiles
  ) throws {
    let (clientCertificate, serverCertificate) = try Self.certificates.get()
    random = RandomSource(seed: seed)
    self.faults = faults
    let ofClient = ICECredentials(random: &random)
    let ofServer = ICECredentials(random: &random)
    clientPlan = TransportPlan(
      local: ofClient, remote: ofServer,
      remoteFingerprints: serverFingerprints ?? [Fingerprint(digest: serverCertificate.digest)])
    serverPlan = TransportPlan(
      local: ofServer, remote: ofClient,
      remoteFingerprints: clientFingerprints ?? [Fingerprint(digest: clientCertificate.digest)])
    previousServerPlan = serverPlan
    client = try ClientTransport(
      plan: clientPlan, candidates: [Self.serverAddress], certificate: clientCertificate,
      profiles: clientProfiles, random: random.fork(), now: now)
    server = PeerTransport(
      plan: serverPlan, certificate: serverCertificate, profiles: Self.profiles, now: now)
    server.isMediaAdmitted = true
  }

  deinit { scratch.deallocate() }

  /// Lets virtual time pass, or until `condition` holds; false where it never did.
  @discardableResult
  func run(for span: Duration, until condition: (TransportPair) -> Bool = { _ in false }) -> Bool {
    let end = now + span
    while true {
      drain()
      if condition(self) { return true }
      let arrival = inFlight.map(\.at).min()
      let next = earliest(arrival, earliest(client.nextDeadline, server.nextDeadline))
      guard let next, next <= end else {
        now = end
        return condition(self)
      }
      now = max(now, next)
      deliver()
      if let deadline = client.nextDeadline, deadline <= now { client.handleDeadline(now: now) }
      if let deadline = server.nextDeadline, deadline <= now { server.handleDeadline(now: now) }
    }
  }

  /// Connects the two within ten seconds.
  func connect() -> Bool { run(for: .seconds(10)) { $0.isConnected } }

  var isConnected: Bool { client.isConnected && server.isConnected }

  /// Where the server sends media to.
  var destination: NetworkAddress? { server.remoteAddress }

  /// What the server dropped.
  var counters: TransportCounters { server.counters }

  /// When the server wants to be woken.
  var serverDeadline: Instant? { server.nextDeadline }

  /// Gives the server new credentials on both sides; the client is still to be told.
  func restart() {
    previousServerPlan = serverPlan
    serverPlan.local = ICECredentials(random: &random)
    serverPlan.remote = ICECredentials(random: &random)
    clientPlan.local = serverPlan.remote
    clientPlan.remote = serverPlan.local
    server.restart(serverPlan, now: now)
  }

  /// Gives the server a datagram from any address, at once.
  @discardableResult
  func inject(_ bytes: [UInt8], from address: NetworkAddress) -> Received {
    defer { drain() }
    scratch.copyBytes(from: bytes)
    return server.receive(scratch, length: bytes.count, from: address, now: now)
  }

  /// The client sends an RTP packet with these sequence and payload bytes.
  func sendFromClient(sequence: UInt16) {
    let protected = withRTP(sequence: sequence) { slot, length in
      client.protectRTP(slot, length: length, headerLength: 12, index: UInt64(sequence))
    }
    if let protected { carry(protected, toServer: true) }
  }

  /// The server sends one, to where its media goes.
  func sendFromServer(sequence: UInt16) {
    guard let address = server.remoteAddress else { return }
    let protected = withRTP(sequence: sequence) { slot, length in
      server.protectRTP(slot, length: length, headerLength: 12, index: UInt64(sequence))
    }
    guard let protected else { return }
    sentByServer.append((protected, address))
    if address == clientAddress { carry(protected, toServer: false) }
  }

  /// The client sends an RTCP receiver report without blocks.
  func sendReportFromClient() {
    var packet: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 7]
    if client.protectRTCP(&packet) { carry(packet, toServer: true) }
  }

  private func withRTP(
    sequence: UInt16, _ protect: (UnsafeMutableRawBufferPointer, Int) -> Int?
  ) -> [UInt8]? {
    let packet: [UInt8] =
      [0x80, 96, UInt8(sequence >> 8), UInt8(sequence & 0xFF), 0, 0, 0, 1, 0, 0, 0, 9]
      + [UInt8](repeating: 0x55, count: 100)
    scratch.copyBytes(from: packet)
    return protect(scratch, packet.count).map { Array(scratch[..<$0]) }
  }

  private func deliver() {
    let due = inFlight.filter { $0.at <= now }.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
    inFlight.removeAll { $0.at <= now }
    for datagram in due {
      scratch.copyBytes(from: datagram.bytes)
      let received =
        datagram.toServer
        ? server.receive(
          scratch, length: datagram.bytes.count, from: datagram.address, now: now)
        : client.receive(
          scratch, length: datagram.bytes.count, from: datagram.address, now: now)
      switch received {
      case .rtp(let length), .rtcp(let length):
        if datagram.toServer {
          serverReceived.append(Array(scratch[..<length]))
        } else {
          clientReceived.append(Array(scratch[..<length]))
        }
      case .nothing, .dropped: break
      }
      drain()
    }
  }

  private func drain() {
    while let output = client.poll() {
      if case .transmit(let bytes, _) = output {
        sentByClient.append(bytes)
        carry(bytes, toServer: true)
      } else {
        clientOutputs.append(output)
      }
    }
    while let output = server.poll() {
      if case .transmit(let bytes, let address) = output {
        sentByServer.append((bytes, address))
        if address == clientAddress { carry(bytes, toServer: false) }
      } else {
        serverOutputs.append(output)
      }
    }
  }

  private func carry(_ bytes: [UInt8], toServer: Bool) {
    order += 1
    guard Double.random(in: 0..<1, using: &random) >= faults.loss else { return }
    let jitter = Int64.random(in: 0...faults.jitter.nanoseconds, using: &random)
    inFlight.append(
      InFlight(
        at: now + faults.delay + Duration(nanoseconds: jitter), order: order, toServer: toServer,
        address: toServer ? clientAddress : Self.serverAddress, bytes: bytes))
  }
}

/// A certificate that is valid in the tests' virtual present.
func makeCertificate(seed: UInt64) throws -> Certificate {
  var random = RandomSource(seed: seed)
  return try Certificate.generate(
    validFrom: WallTime(milliseconds: 1_700_000_000_000),
    until: WallTime(milliseconds: 1_800_000_000_000), random: &random)
}
