import Engine
import Primitives
import Security

/// The two workers of a simulated daemon, driven as the daemon's threads drive theirs.
struct WorkerPair: ~Copyable {
  private var first: Worker
  private var second: Worker

  init(certificate: Certificate, random: inout RandomSource) {
    var sizes = Worker.Sizes()
    sizes.peers = 32
    sizes.mirrors = 32
    sizes.packets = 2_048
    let profiles: [SRTPProfile] = [.aeadAES128GCM, .aeadAES256GCM, .aes128CMSHA1_80]
    first = Worker(
      certificate: certificate, profiles: profiles, random: random.fork(), sizes: sizes)
    second = Worker(
      certificate: certificate, profiles: profiles, random: random.fork(), sizes: sizes)
  }

  var nextDeadline: Instant? { earliest(first.nextDeadline, second.nextDeadline) }

  mutating func receive(_ command: WorkerCommand, worker: Int, now: Instant) {
    if worker == 0 {
      first.receive(command, now: now)
    } else {
      second.receive(command, now: now)
    }
  }

  mutating func receive(
    _ datagram: [UInt8], from address: NetworkAddress, worker: Int, now: Instant
  ) {
    if worker == 0 {
      Self.receive(datagram, from: address, in: &first, now: now)
    } else {
      Self.receive(datagram, from: address, in: &second, now: now)
    }
  }

  mutating func receive(_ crossing: Crossing, _ bytes: [UInt8], worker: Int, now: Instant) {
    let isTaken = bytes.withUnsafeBytes {
      worker == 0
        ? first.receive(crossing, $0, now: now) : second.receive(crossing, $0, now: now)
    }
    precondition(isTaken, "each turn has been ended")
  }

  /// Ends the workers' turns; takes what they report and send, to clients and to each other.
  mutating func endTurn(
    now: Instant, report: (Int, WorkerEvent) -> Void,
    transmit: (Int, [UInt8], NetworkAddress) -> Void, cross: (Int, Crossing, [UInt8]) -> Void
  ) {
    Self.endTurn(of: &first, number: 0, now: now, report, transmit, cross)
    Self.endTurn(of: &second, number: 1, now: now, report, transmit, cross)
  }

  /// What does not add up in the workers' accounts; nil while everything does.
  var conservationProblem: String? {
    if let law = first.brokenLaws.first { return "worker 0 has lost count: \(law.rawValue)" }
    return second.brokenLaws.first.map { "worker 1 has lost count: \($0.rawValue)" }
  }

  private static func receive(
    _ datagram: [UInt8], from address: NetworkAddress, in worker: inout Worker, now: Instant
  ) {
    let taken = datagram.withUnsafeBytes {
      worker.receive($0, segmentBytes: $0.count, from: address, now: now)
    }
    precondition(taken == datagram.count, "each turn has been ended")
  }

  private static func endTurn(
    of worker: inout Worker, number: Int, now: Instant, _ report: (Int, WorkerEvent) -> Void,
    _ transmit: (Int, [UInt8], NetworkAddress) -> Void, _ cross: (Int, Crossing, [UInt8]) -> Void
  ) {
    var isDone = false
    while !isDone {
      isDone = worker.endTurn(now: now)
      worker.batch.forEachDatagram { transmit(number, Array($0), $1) }
      worker.batch.clear()
    }
    worker.takeCrossings { destination, crossing, bytes in
      cross(destination, crossing, Array(bytes))
      return true
    }
    while let event = worker.pollEvent() { report(number, event) }
  }
}
