import Engine
import Primitives
import Runtime

/// What the daemon's thread does with its worker and its socket: the one place here that knows how
/// datagrams get from the one to the other.
struct WorkerDriver: ~Copyable {
  private(set) var socket: UDPSocket
  private var packets: [PacketReference] = []
  private var slots: [UnsafeMutableRawBufferPointer] = []

  init(bindingTo address: NetworkAddress = NetworkAddress(ipv4: 0x7F00_0001, port: 0)) throws {
    socket = try UDPSocket(bindingTo: address)
  }

  var address: NetworkAddress { socket.localAddress }

  /// Datagrams that were given to the kernel.
  var sent: UInt64 { socket.counters.sent }
  /// Datagrams that it did not take.
  var dropped: UInt64 { socket.counters.droppedFull + socket.counters.droppedUnsendable }

  /// One turn: receives at most `count` datagrams that wait, and sends what comes of them. A
  /// driver is used with one worker and one `count`.
  mutating func turn(_ worker: inout Worker, atMost count: Int, now: Instant) {
    fill(&worker, count)
    let received = socket.receive(into: slots)
    for place in 0..<received {
      guard let arrival = socket.arrival(place) else { continue }
      worker.receive(packets[place], length: arrival.length, from: arrival.source, now: now)
      if worker.batch.wantsFlush { send(&worker) }
    }
    packets.removeFirst(received)
    slots.removeFirst(received)
    finishTurn(&worker, now: now)
  }

  /// Ends a turn, and sends what has come of it.
  mutating func finishTurn(_ worker: inout Worker, now: Instant) {
    worker.endTurn(now: now)
    send(&worker)
    while worker.pollEvent() != nil {}
  }

  private mutating func fill(_ worker: inout Worker, _ count: Int) {
    while slots.count < count {
      let (packet, bytes) = worker.nextSlot()
      packets.append(packet)
      slots.append(bytes)
    }
  }

  private mutating func send(_ worker: inout Worker) {
    for entry in worker.batch.entries {
      socket.enqueue(worker.batch.bytes(of: entry), to: entry.address)
    }
    socket.flush()
    worker.batch.clear()
  }

  /// Hands a datagram to a worker as if it had come from `address`.
  static func deliver(
    _ datagram: UnsafeRawBufferPointer, from address: NetworkAddress, to worker: inout Worker,
    now: Instant
  ) {
    let (packet, bytes) = worker.nextSlot()
    bytes.copyMemory(from: datagram)
    worker.receive(packet, length: datagram.count, from: address, now: now)
  }

  /// Takes what a worker wants sent, without a socket.
  static func drain(
    _ worker: inout Worker, _ take: (UnsafeRawBufferPointer, NetworkAddress) -> Void
  ) {
    for entry in worker.batch.entries { take(worker.batch.bytes(of: entry), entry.address) }
    worker.batch.clear()
    while worker.pollEvent() != nil {}
  }
}
