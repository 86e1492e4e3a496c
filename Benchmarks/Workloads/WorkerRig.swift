import Engine
import Primitives
import Security
import Transport
import Wire

/// Somebody at a worker: the client's side of a transport, and where it is.
final class RigClient {
  let number: PeerNumber
  let address: NetworkAddress
  var transport: ClientTransport
  /// The SSRC that its reports come from.
  var reportSSRC: UInt32 { UInt32(truncatingIfNeeded: number.value) << 8 }

  init(_ number: PeerNumber, at address: NetworkAddress, transport: consuming ClientTransport) {
    self.number = number
    self.address = address
    self.transport = transport
  }
}

/// A worker whose people have all connected, by checks and handshakes in memory, and sit where
/// they belong. Time is virtual.
final class WorkerRig {
  var worker: Worker
  var now = Instant.origin + .seconds(100)
  private(set) var clients: [RigClient] = []

  private let certificate: Certificate
  private let clientCertificate: Certificate
  private let profile: SRTPProfile
  private let workerAddress: NetworkAddress
  private var byAddress: [NetworkAddress: Int] = [:]
  private var random: RandomSource
  private var lastCheck: Instant
  private let room = PacketSlab(capacity: 1)

  /// `addresses` says where each of the people is, in their order.
  init(
    _ gathering: Gathering, profile: SRTPProfile = .aeadAES128GCM, seed: UInt64 = 1,
    worker address: NetworkAddress, addresses: [NetworkAddress]
  ) throws {
    var random = RandomSource(seed: seed)
    let certificate = try Self.makeCertificate(&random)
    clientCertificate = try Self.makeCertificate(&random)
    self.certificate = certificate
    self.profile = profile
    workerAddress = address
    let people = gathering.people
    let streams = people.reduce(0) { $0 + 2 * $1.seen.count }
    var sizes = Worker.Sizes()
    sizes.peers = max(people.count, 1 + streams / Limits.sendStreamsPerPeer) + 1
    worker = Worker(
      certificate: certificate, profiles: [profile], random: random.fork(), sizes: sizes)
    self.random = random
    lastCheck = now
    for (person, address) in zip(people, addresses) { try join(person, at: address) }
    seat(people, inRoom: gathering.publishers + gathering.viewers)
    WorkerDriver.drain(&worker) { _, _ in }
  }

  private static func makeCertificate(_ random: inout RandomSource) throws -> Certificate {
    try Certificate.generate(
      validFrom: WallTime(milliseconds: 1_700_000_000_000),
      until: WallTime(milliseconds: 1_800_000_000_000), random: &random)
  }

  // MARK: People

  private func join(_ person: Gathering.Person, at address: NetworkAddress) throws {
    let number = PeerNumber(UInt64(clients.count + 1))
    let ours = ICECredentials(random: &random)
    let theirs = ICECredentials(random: &random)
    worker.receive(
      .register(
        number, room: RoomNumber(UInt64(person.room + 1)),
        transport: TransportPlan(
          local: ours, remote: theirs,
          remoteFingerprints: [Fingerprint(digest: clientCertificate.digest)]),
        media: person.plan), now: now)
    let transport = try ClientTransport(
      plan: TransportPlan(
        local: theirs, remote: ours,
        remoteFingerprints: [Fingerprint(digest: certificate.digest)]),
      candidates: [workerAddress], certificate: clientCertificate, profiles: [profile],
      random: random.fork(), now: now)
    let client = RigClient(number, at: address, transport: transport)
    byAddress[address] = clients.count
    clients.append(client)
    client.transport.handleDeadline(now: now)
    for _ in 0..<50 where !client.transport.isConnected { exchange(client) }
    guard client.transport.isConnected else {
      throw BenchmarkFailure("client \(number.value) does not connect")
    }
    exchange(client)
    worker.receive(.openSources(number, Set(MediaSource.allCases)), now: now)
    worker.receive(.admit(number, true), now: now)
  }

  private func seat(_ people: [Gathering.Person], inRoom count: Int) {
    var epoch: UInt64 = 0
    for (person, client) in zip(people, clients) {
      for (seat, place) in person.seen.enumerated() {
        epoch += 1
        let occupant = clients[person.room * count + place].number
        worker.receive(
          .seat(client.number, SeatAssignment(seat: seat, epoch: epoch, occupant: occupant)),
          now: now)
      }
    }
  }

  /// Carries what a client has to send to the worker, and what the worker has to send to all.
  private func exchange(_ client: RigClient) {
    while let output = client.transport.poll() {
      guard case .transmit(let bytes, _) = output else { continue }
      room[0].copyBytes(from: bytes)
      WorkerDriver.deliver(
        UnsafeRawBufferPointer(rebasing: room[0][..<bytes.count]), from: client.address,
        to: &worker, now: now)
    }
    let (clients, byAddress, room) = (clients, byAddress, room)
    let (source, time) = (workerAddress, now)
    WorkerDriver.finishTurn(&worker, now: now) { bytes, address in
      guard let index = byAddress[address] else { return }
      room[0].copyMemory(from: bytes)
      _ = clients[index].transport.receive(
        room[0], length: bytes.count, from: source, now: time)
    }
  }

  // MARK: Time

  /// Has all clients check their paths where it is time to: nobody is given up.
  func keepAlive() {
    guard now > lastCheck + .seconds(2) else { return }
    lastCheck = now
    for client in clients {
      client.transport.handleDeadline(now: now)
      exchange(client)
      exchange(client)
    }
  }

  /// Lets time pass until nothing falls due within `span`.
  func calm(for span: Duration) throws {
    keepAlive()
    guard let due = worker.nextDeadline, due <= now + span else { return }
    now += .milliseconds(1_100)
    keepAlive()
    for _ in 0..<100 {
      WorkerDriver.finishTurn(&worker, now: now) { _, _ in }
      guard let due = worker.nextDeadline, due <= now + span else { return }
    }
    throw BenchmarkFailure("the worker does not come to rest")
  }

  // MARK: Packets

  /// Calls `body` with each protected packet of the next frame of a client's stream.
  func writeFrame(
    of stream: inout SyntheticStream, from index: Int,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let scratch = room[0]
    for position in 0..<stream.burst {
      let written = stream.write(position, at: now, to: scratch)
      guard
        let length = clients[index].transport.protectRTP(
          scratch, length: written.length, headerLength: written.headerLength,
          index: written.index)
      else { throw BenchmarkFailure("a client cannot protect its packets") }
      try body(UnsafeRawBufferPointer(rebasing: scratch[..<length]))
    }
  }

  /// A client's protected report of what it receives, with an SDES.
  func writeReport(from index: Int) throws -> [UInt8] {
    let ssrc = clients[index].reportSSRC
    var bytes = RTCPPacket.bytes(of: [
      .receiverReport(ReceiverReport(ssrc: ssrc)),
      .sourceDescription(SourceDescription(chunks: [.init(ssrc: ssrc, cname: "benchmark")])),
    ])
    guard clients[index].transport.protectRTCP(&bytes) else {
      throw BenchmarkFailure("a client cannot protect its reports")
    }
    return bytes
  }

  /// RTP packets that the worker has put into its batch so far.
  var sentPackets: UInt64 { worker.sendCounters.packets }
}
