import Engine
import Primitives
import Runtime

/// What the daemon's thread does with its worker and its socket: the one place here that knows how
/// datagrams get from the one to the other.
struct WorkerDriver: ~Copyable {
  private(set) var socket: UDPSocket

  init(bindingTo address: NetworkAddress = NetworkAddress(ipv4: 0x7F00_0001, port: 0)) throws {
    socket = try UDPSocket(bindingTo: address)
  }

  var address: NetworkAddress { socket.localAddress }

  /// Datagrams that were given to the kernel.
  var sent: UInt64 { socket.counters.sent }
  /// Datagrams that it did not take.
  var dropped: UInt64 { socket.counters.droppedFull + socket.counters.droppedUnsendable }

  /// One turn: receives what waits, and sends what comes of it.
  mutating func turn(_ worker: inout Worker, now: Instant) {
    for place in 0..<socket.receive() {
      guard let arrival = socket.arrival(place) else { continue }
      var rest = arrival.bytes
      while true {
        let taken = worker.receive(
          rest, segmentBytes: arrival.segmentBytes, from: arrival.source, now: now)
        rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
        if rest.isEmpty { break }
        send(&worker)
      }
    }
    finishTurn(&worker, now: now)
  }

  /// Ends a turn, and sends what has come of it.
  mutating func finishTurn(_ worker: inout Worker, now: Instant) {
    while !worker.endTurn(now: now) { send(&worker) }
    send(&worker)
    while worker.pollEvent() != nil {}
  }

  private mutating func send(_ worker: inout Worker) {
    for index in 0..<worker.batch.count {
      let message = worker.batch[index]
      socket.begin(
        to: message.address, segments: message.segments, segmentBytes: message.segmentBytes,
        pieces: message.pieces)
      worker.batch.forEachPiece(of: message) { socket.extend($0) }
    }
    socket.flush()
    worker.batch.clear()
  }

  /// Hands a datagram to a worker as if it had come from `address`.
  static func deliver(
    _ datagram: UnsafeRawBufferPointer, from address: NetworkAddress, to worker: inout Worker,
    now: Instant
  ) {
    var rest = datagram
    repeat {
      let taken = worker.receive(rest, segmentBytes: datagram.count, from: address, now: now)
      rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
      if !rest.isEmpty { drain(&worker) { _, _ in } }
    } while !rest.isEmpty
  }

  /// Ends a worker's turn, and takes what it wants sent, without a socket.
  static func finishTurn(
    _ worker: inout Worker, now: Instant,
    _ take: (UnsafeRawBufferPointer, NetworkAddress) -> Void
  ) {
    while !worker.endTurn(now: now) { drain(&worker, take) }
    drain(&worker, take)
  }

  /// Takes what a worker wants sent, without a socket.
  static func drain(
    _ worker: inout Worker, _ take: (UnsafeRawBufferPointer, NetworkAddress) -> Void
  ) {
    worker.batch.forEachDatagram(take)
    worker.batch.clear()
    while worker.pollEvent() != nil {}
  }
}
