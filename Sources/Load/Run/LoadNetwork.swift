import Primitives
import Runtime
import Wire

/// The way between everybody's sockets and their media, with the loss and the delay that the plan
/// asks for.
final class LoadNetwork {
  /// Datagrams that wait for one system call at most: a frame fits.
  static let lineUp = 64
  /// Messages that are received at once, of one datagram or more: few wait on the socket of one.
  static let messagesPerReceive = 8

  private enum Direction { case sending, receiving }

  private struct Held {
    var due: Instant
    var direction: Direction
    var participant: Participant
    var bytes: [UInt8]
    var address: NetworkAddress
  }

  /// Where sockets are bound: any address of either family.
  let localAddress = NetworkAddress(high: 0, low: 0, port: 0)
  let tally = LoadTallyBox()
  /// RTP datagrams of media that were dropped on purpose as they came.
  private(set) var droppedReceiving: UInt64 = 0
  /// RTP datagrams that were dropped on purpose instead of sent.
  private(set) var droppedSending: UInt64 = 0

  private let loss: UInt64
  private let delay: Duration
  private var random: RandomSource
  private var held: [Held] = []
  private var firstHeld = 0
  private let linedUp: [UnsafeMutableRawBufferPointer]
  private var count = 0

  init(_ plan: LoadPlan) {
    loss = UInt64(plan.loss * Double(UInt32.max))
    delay = plan.delay
    random = RandomSource(seed: plan.seed)
    linedUp = (0..<Self.lineUp).map { _ in
      .allocate(byteCount: Limits.datagramBytes, alignment: 16)
    }
  }

  deinit { for slot in linedUp { slot.deallocate() } }

  // MARK: Sending

  /// Lines a datagram up for `flush`, drops it or holds it back.
  func transmit(
    _ datagram: [UInt8], to address: NetworkAddress, by participant: Participant, now: Instant
  ) {
    if isLost() {
      if DatagramKind(datagram.span.bytes) == .rtp { droppedSending += 1 }
      return
    }
    guard delay == .zero else {
      held.append(
        Held(
          due: now + delay, direction: .sending, participant: participant, bytes: datagram,
          address: address))
      return
    }
    lineUp(datagram, to: address, by: participant)
  }

  private func lineUp(
    _ datagram: [UInt8], to address: NetworkAddress, by participant: Participant
  ) {
    if count == linedUp.count { flush(participant) }
    let slot = UnsafeMutableRawBufferPointer(rebasing: linedUp[count][..<datagram.count])
    slot.copyBytes(from: datagram)
    participant.socket?.enqueue(UnsafeRawBufferPointer(slot), to: address)
    count += 1
  }

  /// Sends what is lined up, all of it this participant's.
  func flush(_ participant: Participant) {
    guard count > 0 else { return }
    participant.socket?.flush()
    count = 0
  }

  // MARK: Receiving

  /// Takes all that waits on a participant's socket, some batches at most.
  func receive(_ participant: Participant) {
    for _ in 0..<16 {
      let received = participant.socket?.receive() ?? 0
      if received == 0 { return }
      let now = MonotonicClock.now()
      for index in 0..<received {
        guard let arrival = participant.socket?.arrival(index) ?? nil else { continue }
        take(arrival, for: participant, now: now)
      }
      participant.drainMedia(now: now)
      if received < Self.messagesPerReceive { return }
    }
  }

  /// Delivers datagrams that came together one by one, as they were on the wire.
  private func take(_ arrival: UDPSocket.Arrival, for participant: Participant, now: Instant) {
    var rest = arrival.bytes[...]
    while !rest.isEmpty {
      let datagram = UnsafeRawBufferPointer(rebasing: rest.prefix(arrival.segmentBytes))
      deliver(datagram, from: arrival.source, to: participant, now: now)
      rest = rest.dropFirst(datagram.count)
    }
  }

  private func deliver(
    _ datagram: UnsafeRawBufferPointer, from address: NetworkAddress, to participant: Participant,
    now: Instant
  ) {
    if isLost() {
      if isMedia(datagram, for: participant) { droppedReceiving += 1 }
    } else if delay == .zero {
      participant.receive(datagram, from: address, now: now)
    } else {
      held.append(
        Held(
          due: now + delay, direction: .receiving, participant: participant,
          bytes: Array(datagram), address: address))
    }
  }

  private func isMedia(_ datagram: UnsafeRawBufferPointer, for participant: Participant) -> Bool {
    guard DatagramKind(datagram.bytes) == .rtp, datagram.count >= RTPHeader.fixedLength else {
      return false
    }
    return participant.media?.expects(datagram.bytes.uint32(at: 8)) ?? false
  }

  private func isLost() -> Bool { loss > 0 && random.next() & 0xFFFF_FFFF < loss }

  // MARK: Holding back

  /// When something held back is due.
  var nextDeadline: Instant? { firstHeld < held.count ? held[firstHeld].due : nil }

  /// Lets go of what is due; whom something has come for.
  func release(now: Instant) -> [Participant] {
    var touched: [Participant] = []
    while let due = nextDeadline, due <= now {
      let item = held[firstHeld]
      firstHeld += 1
      switch item.direction {
      case .sending:
        lineUp(item.bytes, to: item.address, by: item.participant)
        flush(item.participant)
      case .receiving:
        item.bytes.withUnsafeBytes {
          item.participant.receive($0, from: item.address, now: now)
        }
        item.participant.drainMedia(now: now)
        touched.append(item.participant)
      }
    }
    if firstHeld > 4_096 || firstHeld == held.count {
      held.removeFirst(firstHeld)
      firstHeld = 0
    }
    return touched
  }
}
