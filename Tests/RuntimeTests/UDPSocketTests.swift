import Glibc
import Primitives
import Runtime
import Testing

private let loopback = NetworkAddress(ipv4: 0x7F00_0001, port: 0)
private let anywhere = NetworkAddress(high: 0, low: 0, port: 0)
private let loopback6 = NetworkAddress(high: 0, low: 1, port: 0)

private final class Slots {
  let all: [UnsafeMutableRawBufferPointer] = (0..<UDPSocket.datagramsPerReceive).map { _ in
    .allocate(byteCount: PacketPool.slotSize, alignment: 16)
  }

  deinit { for slot in all { slot.deallocate() } }
}

/// A socket with slots of its own.
private struct Endpoint: ~Copyable {
  var socket: UDPSocket
  private let slots = Slots()
  private var loop: EventLoop

  init(_ address: NetworkAddress) throws {
    let socket = try UDPSocket(bindingTo: address)
    let loop = try EventLoop()
    try loop.watch(socket.descriptor, for: .reading, token: 0)
    self.socket = socket
    self.loop = loop
  }

  mutating func send(_ datagrams: [(bytes: [UInt8], address: NetworkAddress)]) {
    let copies = datagrams.map { datagram in
      let copy = UnsafeMutableRawBufferPointer.allocate(
        byteCount: datagram.bytes.count, alignment: 1)
      copy.copyBytes(from: datagram.bytes)
      return copy
    }
    for (copy, datagram) in zip(copies, datagrams) {
      socket.enqueue(UnsafeRawBufferPointer(copy), to: datagram.address)
    }
    socket.flush()
    for copy in copies { copy.deallocate() }
  }

  /// Receives `count` datagrams; waits for them up to a minute.
  mutating func receive(_ count: Int) -> [(bytes: [UInt8], source: NetworkAddress)] {
    var result: [(bytes: [UInt8], source: NetworkAddress)] = []
    let deadline = MonotonicClock.now() + .seconds(60)
    while result.count < count, MonotonicClock.now() < deadline {
      loop.wait(until: deadline)
      for index in 0..<socket.receive(into: slots.all) {
        guard let arrival = socket.arrival(index) else { continue }
        result.append((Array(slots.all[index][..<arrival.length]), arrival.source))
      }
    }
    return result
  }
}

@Suite struct UDPSocketTests {
  @Test func oneSocketSpeaksBothFamilies() throws {
    var server = try Endpoint(anywhere)
    let port = server.socket.localAddress.port
    for address in [loopback, loopback6] {
      var client = try Endpoint(address)
      client.send([([1, 2, 3], address.with(port: port))])
      let request = server.receive(1)
      #expect(request.map(\.bytes) == [[1, 2, 3]])
      #expect(request.map(\.source) == [client.socket.localAddress])
      server.send([([4, 5], client.socket.localAddress)])
      let answer = client.receive(1)
      #expect(answer.map(\.bytes) == [[4, 5]])
      #expect(answer.map(\.source) == [address.with(port: port)])
    }
  }

  @Test(arguments: [true, false])
  func aFanOutReachesEveryoneInOrder(usesSegmentation: Bool) throws {
    var sender = try Endpoint(loopback)
    sender.socket.usesSegmentation = usesSegmentation
    var first = try Endpoint(loopback)
    var second = try Endpoint(loopback)
    // Sizes as a frame has them: equal, equal, shorter; then the next frame, longer.
    let sizes = [1_100, 1_100, 700, 1_200, 1_200, 1_200, 0, 5]
    var datagrams: [(bytes: [UInt8], address: NetworkAddress)] = []
    for (index, size) in sizes.enumerated() {
      let bytes = [UInt8](repeating: UInt8(index), count: size)
      datagrams.append((bytes, first.socket.localAddress))
      datagrams.append((bytes, second.socket.localAddress))
    }
    sender.send(datagrams)
    let firstSaw = first.receive(sizes.count).map(\.bytes.count)
    #expect(firstSaw == sizes)
    let secondSaw = second.receive(sizes.count).map(\.bytes.count)
    #expect(secondSaw == sizes)
    #expect(sender.socket.counters.sent == UInt64(2 * sizes.count))
    #expect(sender.socket.counters.sentAsSegments == (usesSegmentation ? 12 : 0))
  }

  @Test func whereTheKernelRefusesSegmentsTheyGoOneByOne() throws {
    var sender = try Endpoint(loopback)
    var receiver = try Endpoint(loopback)
    // The kernel makes no segments on a socket that sends without checksums.
    var yes: Int32 = 1
    setsockopt(sender.socket.descriptor, SOL_SOCKET, SO_NO_CHECK, &yes, 4)
    let destination = receiver.socket.localAddress
    sender.send((0..<10).map { ([UInt8](repeating: $0, count: 500), destination) })
    let receiverSaw = receiver.receive(10).map(\.bytes.first)
    #expect(receiverSaw == (0..<10).map { UInt8($0) })
    #expect(sender.socket.counters.segmentationRefusals == 1)
    #expect(sender.socket.counters.sent == 10)
    #expect(sender.socket.counters.droppedUnsendable == 0)
  }

  @Test func oneBadDestinationDoesNotHoldUpTheOthers() throws {
    var sender = try Endpoint(loopback)
    var receiver = try Endpoint(loopback)
    let good = receiver.socket.localAddress
    // Port 0 is nobody's.
    sender.send([([1], good), ([2], loopback.with(port: 0)), ([3], good), ([4], good)])
    let receiverSaw = receiver.receive(3).map(\.bytes)
    #expect(receiverSaw == [[1], [3], [4]])
    #expect(sender.socket.counters.droppedUnsendable == 1)
  }

  @Test func moreThanTheQueueHoldsGoesInSeveralCalls() throws {
    var sender = try Endpoint(loopback)
    var receiver = try Endpoint(loopback)
    let destination = receiver.socket.localAddress
    let count = 3_000
    sender.send(
      (0..<count).map { ([UInt8($0 & 255), UInt8($0 >> 8)], destination) })
    let numbers = receiver.receive(count).map { Int($0.bytes[0]) | Int($0.bytes[1]) << 8 }
    #expect(numbers == Array(0..<count))
  }

  @Test func aDatagramThatDoesNotFitItsSlotIsReportedAsLost() throws {
    var sender = try Endpoint(loopback)
    var receiver = try Endpoint(loopback)
    let destination = receiver.socket.localAddress
    sender.send([([UInt8](repeating: 0, count: 3_000), destination), ([9], destination)])
    let receiverSaw = receiver.receive(2).map(\.bytes)
    #expect(receiverSaw == [[], [9]])
    #expect(receiver.socket.counters.oversized == 1)
  }

  @Test func nothingThereIsNoDatagram() throws {
    var socket = try UDPSocket(bindingTo: loopback)
    let count = socket.receive(into: [])
    #expect(count == 0)
    #expect(socket.receiveBufferBytes > 0)
  }

  @Test func aPortThatIsTakenIsAnErrorInWords() throws {
    let socket = try UDPSocket(bindingTo: loopback)
    #expect(throws: SystemError.self) { _ = try UDPSocket(bindingTo: socket.localAddress) }
  }
}
