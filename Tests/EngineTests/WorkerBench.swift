import PeerClient
import Primitives
import Security
import Signaling
import Testing
import Transport
import Wire

@testable import Engine

/// A worker and native clients on a network that delays and loses, in virtual time.
///
/// After every turn the worker's account must add up.
final class WorkerBench {
  /// What the network does to each datagram.
  struct Faults {
    /// Chance of being lost, 0...1.
    var loss = 0.0
    var delay = Duration.milliseconds(20)
    /// Added to the delay at random: datagrams overtake one another.
    var jitter = Duration.zero
  }

  private struct Datagram {
    var due: Instant
    var bytes: [UInt8]
    var source: NetworkAddress
    /// Nil where it goes to the worker.
    var destination: NetworkAddress?
  }

  static let serverAddress = NetworkAddress(ipv4: 0x0A00_0001, port: 40_000)
  private static let profiles: [SRTPProfile] = [
    .aeadAES128GCM, .aeadAES256GCM, .aes128CMSHA1_80,
  ]
  private static let certificates = Result {
    try (makeCertificate(seed: 1), makeCertificate(seed: 2))
  }

  let seed: UInt64
  var worker: Worker
  private(set) var now = Instant.origin + .seconds(100)
  var faults: Faults
  var random: RandomSource
  private(set) var clients: [BenchClient] = []
  /// All that the worker has told.
  private(set) var events: [WorkerEvent] = []
  /// Datagrams that the worker sent to where no client is.
  private(set) var strays: [NetworkAddress] = []
  /// The last datagram of each kind that a client sent.
  private(set) var samples: [DatagramKind: [UInt8]] = [:]
  /// Datagrams on their way, the next one last.
  private var inFlight: [Datagram] = []
  private let certificate: Certificate
  private let clientCertificate: Certificate
  private var lastEpoch: UInt64 = 0
  private var hasLostCount = false

  init(seed: UInt64 = 1, faults: Faults = Faults(), peers: Int = 32) throws {
    (certificate, clientCertificate) = try Self.certificates.get()
    self.seed = seed
    self.faults = faults
    random = RandomSource(seed: seed)
    var sizes = Worker.Sizes()
    sizes.peers = peers
    sizes.packets = 1_024
    worker = Worker(
      certificate: certificate, profiles: Self.profiles, random: random.fork(), sizes: sizes)
  }

  /// How many peers, addresses and username fragments the worker knows.
  var known: [Int] { [worker.peerCount, worker.byAddress.count, worker.byFragment.count] }

  /// How many peers are connecting.
  var connecting: Int { worker.connectingCount }

  // MARK: People

  /// Registers a client that has offered and got its answer; it begins to connect. With `twin` it
  /// makes the same random choices as that client, SSRCs among them.
  @discardableResult
  func register(
    room: UInt64 = 1, publishing sources: [MediaSource] = [.microphone, .camera],
    at address: NetworkAddress? = nil, twin: BenchClient? = nil
  ) throws -> BenchClient {
    let number = UInt64(clients.count + 1)
    var configuration = PeerClient.Configuration(publisher: UInt32(number))
    configuration.sources = sources
    configuration.voiceSeats = 0
    let choices = twin?.random ?? random.fork()
    let client = BenchClient(
      number: PeerNumber(number), room: RoomNumber(room),
      address: address ?? NetworkAddress(ipv4: 0xC000_0200 + UInt32(number), port: 5_000),
      peer: PeerClient(
        configuration: configuration, certificate: clientCertificate, random: choices),
      random: choices)
    clients.append(client)
    let offer = client.peer.makeOffer()
    var negotiator = MediaNegotiator(
      fingerprint: Fingerprint(digest: certificate.digest), candidates: [Self.serverAddress],
      cname: "cname\(number)")
    let answer = try negotiator.answer(
      offer: offer.sdp, tracks: offer.tracks.map { .init(mid: $0.mid, source: $0.source) },
      seats: offer.seats.map {
        .init(kind: $0.kind, audioMID: $0.audioMID, videoMID: $0.videoMID)
      }, random: &random)
    client.media = answer.media
    give(
      .register(
        client.number, room: client.room, transport: answer.transport, media: answer.media))
    let seats = answer.seats.map {
      OfferedSeat(
        kind: $0.kind, audioMID: $0.audio?.mid, videoMID: $0.video?.mid, number: $0.index)
    }
    try client.peer.apply(answer: answer.sdp, seats: seats, now: now)
    client.peer.setPublishing(Set(sources), now: now)
    return client
  }

  /// Registers a client, waits until it is connected, and admits it with all its sources open.
  @discardableResult
  func join(
    room: UInt64 = 1, publishing sources: [MediaSource] = [.microphone, .camera],
    twin: BenchClient? = nil
  ) throws -> BenchClient {
    let client = try register(room: room, publishing: sources, twin: twin)
    #expect(connect(client), "seed \(seed)")
    admit(client)
    return client
  }

  /// Whether the client is connected within ten seconds.
  func connect(_ client: BenchClient) -> Bool {
    run(for: .seconds(10)) { _ in client.isConnected && client.isConnectedAtWorker }
  }

  func admit(_ client: BenchClient, _ isAdmitted: Bool = true) {
    give(.openSources(client.number, Set(MediaSource.allCases)))
    give(.admit(client.number, isAdmitted))
  }

  /// Puts somebody on a viewer's seat, and answers the first timestamps that the worker promised.
  @discardableResult
  func seat(
    _ viewer: BenchClient, _ seat: Int, _ occupant: BenchClient?
  ) -> (audioFrom: UInt32, videoFrom: UInt32)? {
    lastEpoch += 1
    let assignment = SeatAssignment(seat: seat, epoch: lastEpoch, occupant: occupant?.number)
    give(.seat(viewer.number, assignment))
    guard case .seated(viewer.number, assignment, let audioFrom, let videoFrom) = events.last
    else { return nil }
    return (audioFrom, videoFrom)
  }

  /// Seats everybody in front of everybody else, from seat 0 on in the order of joining.
  func seatAll(_ members: [BenchClient]) {
    for viewer in members {
      let others = members.filter { $0 !== viewer }
      for (index, other) in others.enumerated() { seat(viewer, index, other) }
    }
  }

  // MARK: Time

  /// Gives the worker a command, and ends the turn.
  func give(_ command: WorkerCommand) {
    worker.receive(command, now: now)
    settle()
  }

  /// Gives the worker a datagram from any address, at once, and ends the turn.
  func inject(_ bytes: [UInt8], from address: NetworkAddress) {
    receive(bytes, from: address)
    settle()
  }

  /// Lets virtual time pass, or until `condition` holds; whether it did.
  @discardableResult
  func run(for span: Duration, until condition: (WorkerBench) -> Bool = { _ in false }) -> Bool {
    let end = now + span
    while true {
      settle()
      if condition(self) { return true }
      var deadline = earliest(worker.nextDeadline, inFlight.last?.due)
      for client in clients { deadline = earliest(deadline, client.peer.nextDeadline) }
      guard let next = deadline, next <= end else {
        now = end
        return false
      }
      now = max(now, next)
      while let datagram = inFlight.last, datagram.due <= now {
        inFlight.removeLast()
        deliver(datagram)
      }
      for client in clients {
        guard let due = client.peer.nextDeadline, due <= now else { continue }
        client.peer.handleDeadline(now: now)
      }
    }
  }

  /// Sends what the clients and the worker have to send, and notes what they tell.
  private func settle() {
    for client in clients { drain(client) }
    var isDone = false
    while !isDone {
      isDone = worker.endTurn(now: now)
      worker.batch.forEachDatagram { take(Array($0), to: $1) }
      worker.batch.clear()
    }
    while let event = worker.pollEvent() { note(event) }
    if !worker.isConserved, !hasLostCount {
      hasLostCount = true
      Issue.record("the account does not add up: \(worker.brokenLaws) at \(now), seed \(seed)")
    }
  }

  private func take(_ bytes: [UInt8], to address: NetworkAddress) {
    guard let client = clients.first(where: { $0.address == address }) else {
      strays.append(address)
      return
    }
    if DatagramKind(bytes.span.bytes) == .rtp {
      client.packetsSentTo += 1
      if client.loss > 0, Double.random(in: 0..<1, using: &random) < client.loss { return }
    }
    carry(bytes, from: Self.serverAddress, to: address)
  }

  private func note(_ event: WorkerEvent) {
    events.append(event)
    guard case .peerConnected(let number) = event else { return }
    clients.first { $0.number == number }?.isConnectedAtWorker = true
  }

  private func drain(_ client: BenchClient) {
    while let output = client.peer.poll() {
      switch output {
      case .transmit(let bytes, _):
        samples[DatagramKind(bytes.span.bytes)] = bytes
        carry(bytes, from: client.address, to: nil)
      case .frame(let frame):
        client.sightings.append(
          Sighting(
            at: now, kind: .video, seat: frame.seat, timestamp: frame.rtpTimestamp,
            publisher: frame.mark.publisher))
      case .sound(let sound):
        client.sightings.append(
          Sighting(
            at: now, kind: .audio, seat: sound.seat, timestamp: sound.rtpTimestamp,
            publisher: sound.mark.publisher))
      case .connected: client.isConnected = true
      case .closed(let reason): client.closeReason = reason
      case .silent, .heard: break
      }
    }
  }

  private func carry(_ bytes: [UInt8], from source: NetworkAddress, to: NetworkAddress?) {
    guard Double.random(in: 0..<1, using: &random) >= faults.loss else { return }
    let jitter = Int64.random(in: 0...faults.jitter.nanoseconds, using: &random)
    let due = now + faults.delay + Duration(nanoseconds: jitter)
    var place = inFlight.endIndex
    while place > 0, inFlight[place - 1].due <= due { place -= 1 }
    inFlight.insert(Datagram(due: due, bytes: bytes, source: source, destination: to), at: place)
  }

  private func deliver(_ datagram: Datagram) {
    guard let destination = datagram.destination else {
      receive(datagram.bytes, from: datagram.source)
      return
    }
    guard let client = clients.first(where: { $0.address == destination }) else { return }
    client.peer.receive(datagram.bytes.span.bytes, from: datagram.source, now: now)
  }

  /// Gives the worker a datagram from any address, and leaves the turn open.
  func receive(_ bytes: [UInt8], from address: NetworkAddress) {
    let isTaken = offer(bytes, from: address)
    precondition(isTaken, "the batch is to be sent first")
  }

  /// Offers the worker a datagram; false where it wants its batch sent first.
  func offer(_ bytes: [UInt8], from address: NetworkAddress) -> Bool {
    bytes.withUnsafeBytes {
      worker.receive($0, segmentBytes: $0.count, from: address, now: now)
    } == bytes.count
  }
}

private func makeCertificate(seed: UInt64) throws -> Certificate {
  var random = RandomSource(seed: seed)
  return try Certificate.generate(
    validFrom: WallTime(milliseconds: 1_700_000_000_000),
    until: WallTime(milliseconds: 1_800_000_000_000), random: &random)
}
