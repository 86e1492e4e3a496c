import Primitives
import Runtime
import Security
import Wire

/// A WebRTC client for the highest rates: many participants on one thread, each with an address of
/// its own, whose media costs as little as can be while every packet is still counted.
///
/// Sequence number and timestamp of every packet are checked, and one in a hundred is decrypted,
/// for whose it is and how old. Frames are sent when they are due; what is due is late where the
/// thread has too much to do, and who measures has to look at the thread's own time.
public final class Sink {
  /// Peer connections that fit.
  public static let capacity = 8_192
  /// Frames that are sent before sockets are looked at again.
  private static let framesPerTurn = 64
  /// Deadlines of one peer connection: its own, and one for each of at most three sources.
  private static let holdersPerPeer = 4

  private let certificate: Certificate
  /// The first of the hosts on which participants are, and how many these are: so many share a
  /// socket.
  private let firstHost: NetworkAddress
  private let hosts: Int
  /// Whether it looks at its sockets all the time instead of sleeping until something comes. To
  /// wake somebody up is work for whoever sends, which another machine would not have.
  public var isSleepless = false
  /// The time in which it looked and there was nothing.
  public private(set) var idle = Duration.zero
  private let profiles: [SRTPProfile]
  private var random: RandomSource
  private var loop: EventLoop
  private var inbox = SinkInbox()
  private var outbox = SinkOutbox()
  private var deadlines = DeadlineQueue(capacity: capacity * holdersPerPeer)
  /// Of those who are gone, who went first in front.
  private var freeNumbers: [Int] = []
  /// Peer connection `number` is at place `number % hosts` of socket `number / hosts`.
  private var sockets: [SinkSocket?] = []
  /// What sockets that are closed have lost, and peer connections that are gone have counted.
  private var closedDropped = 0
  private var goneCounts = SinkPeerCounts()
  private var phase = 0.0
  var peers: [SinkPeer?] = []
  var delays: [Duration] = []
  var countsBefore = SinkPeerCounts()
  var droppedBefore = 0

  /// A sink whose participants offer these profiles, and are at IPv4 addresses of this machine:
  /// `hosts` that follow each other, the first without its port. With many of them a participant
  /// costs far less, as few sockets do for all.
  public init(profiles: [SRTPProfile], firstHost: NetworkAddress, hosts: Int = 1) throws {
    self.firstHost = firstHost
    self.hosts = hosts
    self.profiles = profiles
    random = RandomSource(seed: KernelRandom.seed())
    loop = try EventLoop()
    let now = WallClock.now()
    certificate = try Certificate.generate(
      validFrom: now + .hours(-1), until: now + .hours(24), random: &random)
  }

  // MARK: Peer connections

  /// Makes a peer connection that publishes these tracks, at most three, once it has been
  /// negotiated. Returns its number, which is used again after `remove` when all others have been.
  public func add(publishing tracks: [SinkTrack] = []) throws -> Int {
    precondition(tracks.count < Self.holdersPerPeer, "too many tracks")
    precondition(peers.count < Self.capacity || !freeNumbers.isEmpty, "too many peer connections")
    let number = peers.count < Self.capacity ? peers.count : freeNumbers[0]
    let peer = SinkPeer(
      number: number, tracks: tracks, socket: try socket(at: number / hosts),
      place: number % hosts, random: random.fork())
    if number == peers.count {
      peers.append(peer)
    } else {
      peers[number] = peer
      freeNumbers.removeFirst()
    }
    return number
  }

  private func socket(at number: Int) throws -> SinkSocket {
    if number < sockets.count, let socket = sockets[number] { return socket }
    let socket = try SinkSocket(first: firstHost, addresses: hosts)
    try loop.watch(socket.descriptor, for: .reading, token: UInt64(number))
    if number == sockets.count { sockets.append(socket) } else { sockets[number] = socket }
    return socket
  }

  /// Ends a peer connection without a word.
  public func remove(_ number: Int) {
    guard let peer = peers[number] else { return }
    for holder in 0..<Self.holdersPerPeer {
      deadlines.set(number * Self.holdersPerPeer + holder, to: nil)
    }
    goneCounts += peer.counts
    peers[number] = nil
    freeNumbers.append(number)
    closeSocket(at: number / hosts)
  }

  /// Closes a socket where nobody has it any more.
  private func closeSocket(at number: Int) {
    let places = number * hosts..<min(peers.count, (number + 1) * hosts)
    guard let socket = sockets[number], peers[places].allSatisfy({ $0 == nil }) else { return }
    loop.unwatch(socket.descriptor)
    closedDropped += Int(socket.dropped)
    sockets[number] = nil
  }

  /// What all peer connections have counted.
  var counts: SinkPeerCounts {
    peers.reduce(into: goneCounts) { sum, peer in if let peer { sum += peer.counts } }
  }

  /// Datagrams for which its sockets had no room.
  var dropped: Int { sockets.reduce(closedDropped) { $0 + Int($1?.dropped ?? 0) } }

  /// The offer of a peer connection, with sections to receive on for seats of these kinds. Its
  /// `a=setup:active` leaves the passive role of DTLS to the server, which is what all take who
  /// choose by the SRTP profiles that they like best.
  public func offer(of number: Int, seats: [SeatKind] = [], hasVideo: Bool = true) -> SinkOffer {
    peer(number).offer(seats: seats, hasVideo: hasVideo, certificate: certificate)
  }

  /// Takes the answer to an offer, and connects.
  public func apply(answer text: String, to number: Int) throws {
    try apply(SessionDescription(parsing: text), to: number)
  }

  /// Takes an offer, connects, and returns the answer.
  public func answer(offer text: String, of number: Int) throws -> String {
    let offer = try SessionDescription(parsing: text)
    let answer = peer(number).answer(offer, certificate: certificate)
    try apply(offer, to: number)
    return answer
  }

  private func apply(_ description: SessionDescription, to number: Int) throws {
    let now = MonotonicClock.now()
    try peer(number).apply(
      description, certificate: certificate, profiles: profiles, now: now)
    deadlines.set(number * Self.holdersPerPeer, to: peer(number).nextDeadline)
  }

  private func peer(_ number: Int) -> SinkPeer {
    guard let peer = peers[number] else { preconditionFailure("no such peer connection") }
    return peer
  }

  /// Whether ICE and DTLS are up.
  public func isConnected(_ number: Int) -> Bool { peers[number]?.isConnected ?? false }

  /// When the first packet of media was decrypted.
  public func firstMedia(of number: Int) -> Instant? { peers[number]?.firstMedia }

  /// Streams that were announced to a peer connection, and how many of them have brought anything.
  public func streams(of number: Int) -> (announced: Int, flowing: Int) {
    let streams = peers[number]?.streams ?? []
    return (streams.count, streams.count { $0.isFlowing })
  }

  /// Begins or ends sending all that a peer connection publishes. Those that begin are spread
  /// over the time between two frames, so that not all send at once.
  public func setSending(_ isSending: Bool, of number: Int) {
    let peer = peer(number)
    let now = MonotonicClock.now()
    for index in peer.sources.indices where peer.sources[index].isPrepared {
      var due: Instant?
      if isSending {
        // The golden ratio's multiples: however many there are, they lie far apart.
        phase = (phase + 0.618_033_988_75).truncatingRemainder(dividingBy: 1)
        let interval = peer.sources[index].track.interval.nanoseconds
        due = now + Duration(nanoseconds: Int64(phase * Double(interval)))
      }
      peer.sources[index].setSending(from: due)
      deadlines.set(number * Self.holdersPerPeer + 1 + index, to: due)
    }
  }

  // MARK: The loop

  /// Watches a descriptor of the caller's; `turn` tells when it can be read. `token` is the
  /// caller's, below 2^32.
  public func watch(_ descriptor: Int32, token: Int) throws {
    try loop.watch(descriptor, for: .reading, token: UInt64(token) | 1 << 32)
  }

  /// Stops watching a descriptor of the caller's.
  public func unwatch(_ descriptor: Int32) { loop.unwatch(descriptor) }

  /// Sends what is due, waits until something comes or is due, at most until `deadline`, and takes
  /// it in. Returns the tokens of the caller's descriptors that can be read.
  public func turn(until deadline: Instant) -> [Int] {
    handleDeadlines()
    wait(until: deadline)
    var foreign: [Int] = []
    for token in loop.ready {
      if token >> 32 == 0 {
        receive(Int(token))
      } else {
        foreign.append(Int(token & 0xFFFF_FFFF))
      }
    }
    return foreign
  }

  private func wait(until deadline: Instant) {
    guard isSleepless else {
      return loop.wait(until: earliest(deadline, deadlines.earliest?.deadline))
    }
    let began = MonotonicClock.now()
    loop.wait(until: began)
    if loop.ready.isEmpty { idle = idle + (MonotonicClock.now() - began) }
  }

  private func handleDeadlines() {
    let now = MonotonicClock.now()
    for _ in 0..<Self.framesPerTurn {
      guard let (holder, due) = deadlines.earliest, due <= now else { return }
      let number = holder / Self.holdersPerPeer
      let source = holder % Self.holdersPerPeer - 1
      guard let peer = peers[number] else {
        deadlines.set(holder, to: nil)
        continue
      }
      if source < 0 {
        peer.handleDeadline(now: now)
        deadlines.set(holder, to: peer.nextDeadline)
      } else {
        peer.sendFrame(of: source, through: &outbox, now: MonotonicClock.now())
        deadlines.set(holder, to: peer.sources[source].nextDue)
      }
    }
  }

  private func receive(_ number: Int) {
    guard let socket = sockets[number] else { return }
    let count = inbox.receive(from: socket.descriptor)
    let now = MonotonicClock.now()
    for index in 0..<count {
      let message = inbox.message(index)
      socket.dropped = max(socket.dropped, message.dropped)
      guard let place = socket.place(of: message.destination) else { continue }
      receive(message, number * hosts + place, now: now)
    }
  }

  private func receive(_ message: SinkMessage, _ number: Int, now: Instant) {
    guard number < peers.count, let peer = peers[number], peer.isRemote(message.source) else {
      return
    }
    let bytes = message.bytes
    var isChanged = false
    var start = 0
    while start < bytes.count {
      let end = min(start + message.segmentBytes, bytes.count)
      let datagram = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end])
      isChanged = peer.receive(datagram, into: &delays, now: now) || isChanged
      start = end
    }
    if isChanged { deadlines.lower(number * Self.holdersPerPeer, to: peer.nextDeadline) }
  }
}
