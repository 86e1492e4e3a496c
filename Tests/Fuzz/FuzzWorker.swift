import Engine
import Primitives
import Security
import Transport
import Wire

/// Three peers on a worker, and an input that is a sequence of datagrams from anywhere, authentic
/// checks, packets of a connected client, and commands. Every datagram is accounted for, and
/// nothing is sent to where no authentic check came from.
func fuzzWorker(_ input: UnsafeRawBufferPointer) {
  var input = FuzzInput(input)
  var core = FuzzCore()
  if input.byte() & 1 == 1 { core.connectClient() }
  var steps = 0
  while !input.isEmpty, steps < 200 {
    core.step(&input)
    steps += 1
  }
}

private struct FuzzCore: ~Copyable {
  private static let clientAddress = address(0)

  private var worker: Worker
  private var client: ClientTransport
  private var now = Instant.origin + .seconds(10)
  private var random = RandomSource(seed: 1)
  private var numbers: [PeerNumber] = []
  private var plans = (0..<3).map { FuzzPlans(number: $0) }
  private var lastNumber: UInt64 = 0
  private var lastEpoch: UInt64 = 0
  private var clientIndex: UInt64 = 0
  /// Where authentic checks came from.
  private var proven: Set<NetworkAddress> = []

  init() {
    SecurityRandom.useDeterministic(seed: 2)
    var sizes = Worker.Sizes()
    sizes.peers = 4
    sizes.packets = 64
    worker = Worker(
      certificate: fuzzCertificates.server, profiles: SRTPProfile.allCases,
      random: RandomSource(seed: 2), sizes: sizes)
    guard
      let client = try? ClientTransport(
        plan: plans[0].client, candidates: [FuzzPair.serverAddress],
        certificate: fuzzCertificates.client, profiles: SRTPProfile.allCases,
        random: RandomSource(seed: 3), now: now)
    else { preconditionFailure("no client") }
    self.client = client
    for peer in 0..<3 { register(peer) }
  }

  /// Connects peer 0, whose client it is.
  mutating func connectClient() {
    proven.insert(Self.clientAddress)
    var turns = 0
    while !client.isConnected, turns < 200 {
      client.handleDeadline(now: now)
      endTurn()
      now += .milliseconds(10)
      turns += 1
    }
    precondition(client.isConnected)
  }

  mutating func step(_ input: inout FuzzInput) {
    let operation = input.byte()
    let peer = input.index(below: 3)
    switch operation % 10 {
    case 0, 1: receive(input.bytes(), from: Self.address(input.index(below: 6)))
    case 2: check(peer, from: Self.address(input.index(below: 12)), choice: input.byte())
    case 3: sendFromClient(input.bytes())
    case 4: seat(peer, input.index(below: 3), occupant: input.index(below: 4))
    case 5: give(.admit(numbers[peer], input.byte() & 1 == 1))
    case 6: give(.openSources(numbers[peer], input.byte() & 1 == 1 ? [.camera] : [.microphone]))
    case 7: now += .milliseconds(Int(input.byte()) * 20)
    case 8:
      plans[peer] = FuzzPlans(number: peer + 3 * input.index(below: 8))
      give(.restart(numbers[peer], plans[peer].server))
    default:
      give(.remove(numbers[peer]))
      register(peer)
    }
    endTurn()
  }

  private static func address(_ index: Int) -> NetworkAddress {
    NetworkAddress(ipv4: 0xC000_0200 + UInt32(index), port: 5_000)
  }

  private mutating func give(_ command: WorkerCommand) { worker.receive(command, now: now) }

  private mutating func register(_ peer: Int) {
    lastNumber += 1
    let number = PeerNumber(lastNumber)
    if peer < numbers.count { numbers[peer] = number } else { numbers.append(number) }
    let media = FuzzAgreement.plan(of: peer)
    give(.register(number, room: RoomNumber(1), transport: plans[peer].server, media: media))
    give(.admit(number, true))
    give(.openSources(number, Set(MediaSource.allCases)))
  }

  private mutating func seat(_ viewer: Int, _ seat: Int, occupant: Int) {
    lastEpoch += 1
    let occupant = occupant < 3 ? numbers[occupant] : nil
    let assignment = SeatAssignment(seat: seat, epoch: lastEpoch, occupant: occupant)
    give(.seat(numbers[viewer], assignment))
  }

  private mutating func check(_ peer: Int, from address: NetworkAddress, choice: UInt8) {
    proven.insert(address)
    receive(plans[peer].check(&random, nominates: choice & 1 == 1), from: address)
  }

  /// The client protects and sends what may be RTP or RTCP.
  private mutating func sendFromClient(_ bytes: [UInt8]) {
    guard client.isConnected, bytes.count <= Limits.packetBytes else { return }
    clientIndex += 1
    var packet = bytes
    switch DatagramKind(bytes.span.bytes) {
    case .rtcp where bytes.count >= 8:
      if client.protectRTCP(&packet) { receive(packet, from: Self.clientAddress) }
    case .rtp:
      guard let header = try? RTPHeader(parsing: bytes.span.bytes) else { return }
      packet[2] = UInt8(clientIndex >> 8)
      packet[3] = UInt8(clientIndex & 0xFF)
      let protected = withSlot(packet) { slot in
        client.protectRTP(
          slot, length: packet.count, headerLength: header.headerLength, index: clientIndex
        ).map { Array(slot[..<$0]) }
      }
      if let protected { receive(protected, from: Self.clientAddress) }
    default: return
    }
  }

  private mutating func receive(_ bytes: [UInt8], from address: NetworkAddress) {
    let taken = bytes.withUnsafeBytes {
      worker.receive($0, segmentBytes: $0.count, from: address, now: now)
    }
    precondition(taken == bytes.count, "nothing was in its way")
    precondition(worker.isConserved && worker.batch.overflowed == 0)
  }

  /// Everything that is due is done, and arrives: what the worker sends, and what the client does.
  private mutating func endTurn() {
    var turns = 0
    repeat {
      precondition(worker.endTurn(now: now), "the batch has room for a turn")
      if let due = worker.nextDeadline { precondition(due > now, "a deadline does not move on") }
      let toClient = takeBatch()
      for datagram in toClient {
        withSlot(datagram) { slot in
          _ = client.receive(
            slot, length: datagram.count, from: FuzzPair.serverAddress, now: now)
        }
      }
      if let due = client.nextDeadline, due <= now { client.handleDeadline(now: now) }
      turns += 1
    } while sendFromClient() && turns < 50
    while worker.pollEvent() != nil {}
    precondition(worker.peerCount <= 3)
  }

  /// Checks what is to be sent, and returns what goes to the client.
  private mutating func takeBatch() -> [[UInt8]] {
    var toClient: [[UInt8]] = []
    worker.batch.forEachDatagram { datagram, address in
      precondition(proven.contains(address), "sent to where nobody has proved to be")
      precondition(!datagram.isEmpty && datagram.count <= Limits.datagramBytes)
      if address == Self.clientAddress { toClient.append(Array(datagram)) }
    }
    worker.batch.clear()
    return toClient
  }

  /// Whether the client had anything to send of its own.
  private mutating func sendFromClient() -> Bool {
    var datagrams: [[UInt8]] = []
    while let output = client.poll() {
      if case .transmit(let datagram, _) = output { datagrams.append(datagram) }
    }
    guard proven.contains(Self.clientAddress) else { return false }
    for datagram in datagrams { receive(datagram, from: Self.clientAddress) }
    return !datagrams.isEmpty
  }
}
