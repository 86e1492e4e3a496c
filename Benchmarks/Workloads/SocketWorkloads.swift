import Primitives
import Runtime
import Security

/// Receives datagrams that wait in a socket, and does nothing with them.
final class ReceiveWorkload: Workload {
  let operations = 64
  private let size: Int
  private var socket: UDPSocket
  private let client: LoopbackSocket
  private let slab: PacketSlab
  private var bytes = 0

  init(size: Int) throws {
    self.size = size
    socket = try UDPSocket(bindingTo: NetworkAddress(ipv4: 0x7F00_0001, port: 0))
    client = try LoopbackSocket(coalescing: false)
    slab = PacketSlab(capacity: operations)
  }

  func prepare() throws {
    for _ in 0..<operations {
      try client.send(UnsafeRawBufferPointer(rebasing: slab[0][..<size]), to: socket.localAddress)
    }
  }

  func run() {
    bytes = 0
    for place in 0..<socket.receive() { bytes += socket.arrival(place)?.bytes.count ?? 0 }
  }

  func check() throws {
    guard bytes == operations * size else { throw BenchmarkFailure("datagrams were lost") }
  }
}

/// Sends a frame's packets to many receivers, a message to each.
final class SendWorkload: Workload {
  let operations: Int
  private let size: Int
  private let burst: Int
  private let addresses: [NetworkAddress]
  private let slab: PacketSlab
  private let sink: LoopbackSocket
  private var socket: UDPSocket

  var note: String? { sink.isRoomy ? nil : LoopbackSocket.warning }

  init(to receivers: Int, size: Int, coalescing: Bool) throws {
    let sink = try LoopbackSocket(coalescing: coalescing)
    self.sink = sink
    self.size = size
    burst = SyntheticStream.of(size: size).burst
    operations = receivers * burst
    addresses = (0..<receivers).map { sink.address($0) }
    slab = PacketSlab(capacity: operations)
    socket = try UDPSocket(bindingTo: NetworkAddress(ipv4: 0x7F00_0001, port: 0))
  }

  func prepare() { sink.drain() }

  func run() {
    for (receiver, address) in addresses.enumerated() {
      socket.begin(to: address, segments: burst, segmentBytes: size, pieces: burst)
      for position in 0..<burst {
        socket.extend(UnsafeRawBufferPointer(rebasing: slab[receiver * burst + position][..<size]))
      }
    }
    socket.flush()
  }

  func check() throws {
    let bytes = sink.drain()
    guard bytes == operations * size || !sink.isRoomy else {
      throw BenchmarkFailure("\(bytes) bytes came of \(operations * size)")
    }
  }
}

/// Protects a frame's packets for many receivers, each with keys of its own.
final class ProtectForManyWorkload: Workload {
  let operations: Int
  private let size: Int
  private var senders: SlotTable<SRTPSender>
  private var handles: [Handle] = []
  private let slab: PacketSlab
  private var stream: SyntheticStream
  private var written: [SyntheticStream.Written] = []
  private var now = Instant.origin + .seconds(100)
  private var total = 0

  init(to receivers: Int, size: Int) {
    self.size = size
    stream = .of(size: size)
    operations = receivers * stream.burst
    senders = SlotTable(capacity: receivers)
    slab = PacketSlab(capacity: operations)
    for receiver in 0..<receivers {
      let sender = SRTPSender(SRTPProfile.aeadAES128GCM.masterKey(UInt64(receiver)))
      if let handle = senders.insert(sender) { handles.append(handle) }
    }
  }

  func prepare() {
    now += SyntheticStream.frameInterval
    written.removeAll(keepingCapacity: true)
    for position in 0..<stream.burst {
      let first = position * handles.count
      written.append(stream.write(position, at: now, to: slab[first]))
      for other in first + 1..<first + handles.count {
        slab[other].copyMemory(from: UnsafeRawBufferPointer(slab[first]))
      }
    }
  }

  func run() {
    total = 0
    for index in 0..<operations {
      let packet = written[index / handles.count]
      total +=
        senders[handles[index % handles.count]].protectRTP(
          slab[index], length: packet.length, headerLength: packet.headerLength,
          index: packet.index) ?? 0
    }
  }

  func check() throws {
    guard total == operations * (size + SRTPProfile.aeadAES128GCM.rtpTrailer) else {
      throw BenchmarkFailure("a packet was not protected")
    }
  }
}
