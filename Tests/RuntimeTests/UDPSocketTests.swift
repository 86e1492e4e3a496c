import Glibc
import Primitives
import Runtime
import Testing

private let loopback = NetworkAddress(ipv4: 0x7F00_0001, port: 0)
private let anywhere = NetworkAddress(high: 0, low: 0, port: 0)
private let loopback6 = NetworkAddress(high: 0, low: 1, port: 0)

/// A socket, and what waits for it.
private struct Endpoint: ~Copyable {
  var socket: UDPSocket
  private var loop: EventLoop

  init(_ address: NetworkAddress) throws {
    let socket = try UDPSocket(bindingTo: address)
    let loop = try EventLoop()
    try loop.watch(socket.descriptor, for: .reading, token: 0)
    self.socket = socket
    self.loop = loop
  }

  mutating func send(_ datagrams: [(bytes: [UInt8], address: NetworkAddress)]) {
    send(messages: datagrams.map { ([$0.bytes], $0.address) })
  }

  /// Sends messages, each of datagrams of one length but for the last.
  mutating func send(messages: [(datagrams: [[UInt8]], address: NetworkAddress)]) {
    var copies: [UnsafeMutableRawBufferPointer] = []
    for (datagrams, address) in messages {
      socket.begin(
        to: address, segments: datagrams.count, segmentBytes: datagrams.first?.count ?? 0,
        pieces: datagrams.count)
      for datagram in datagrams {
        let copy = UnsafeMutableRawBufferPointer.allocate(
          byteCount: datagram.count, alignment: 1)
        copy.copyBytes(from: datagram)
        copies.append(copy)
        socket.extend(UnsafeRawBufferPointer(copy))
      }
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
      for index in 0..<socket.receive() {
        guard let arrival = socket.arrival(index) else { continue }
        var rest = arrival.bytes[...]
        repeat {
          let datagram = rest.prefix(arrival.segmentBytes)
          result.append((Array(datagram), arrival.source))
          rest = rest.dropFirst(datagram.count)
        } while !rest.isEmpty
      }
    }
    return result
  }
}

@Suite struct UDPSocketTests {
  /// The kernel begins to stamp a moment after it was asked to.
  @Test func anArrivalTellsHowLongItLayInTheSocket() throws {
    var server = try UDPSocket(bindingTo: loopback, stampsArrivals: true)
    var client = try Endpoint(loopback)
    var loop = try EventLoop()
    try loop.watch(server.descriptor, for: .reading, token: 0)
    let deadline = MonotonicClock.now() + .seconds(60)
    var age = Duration.zero
    while age < .milliseconds(3), MonotonicClock.now() < deadline {
      let start = MonotonicClock.now()
      client.send([([1, 2, 3], server.localAddress)])
      loop.wait(until: deadline)
      let came = MonotonicClock.now()
      while MonotonicClock.now() - came < .milliseconds(3) {}
      let count = server.receive()
      let elapsed = MonotonicClock.now() - start
      #expect(count == 1)
      let arrival = server.arrival(0)
      age = try #require(arrival?.age)
      #expect(age <= elapsed)
    }
    #expect(age >= .milliseconds(3))
  }

  @Test func withoutStampsNothingIsOld() throws {
    var server = try Endpoint(loopback)
    var client = try Endpoint(loopback)
    client.send([([1], server.socket.localAddress)])
    let deadline = MonotonicClock.now() + .seconds(60)
    while server.socket.receive() == 0, MonotonicClock.now() < deadline {}
    let age = server.socket.arrival(0)?.age
    #expect(age == .zero)
  }

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
    // Messages as frames make them: packets of one length, and a shorter last one.
    let messages = [[1_100, 1_100, 700], [1_200, 1_200, 1_200], [0], [5]].map { sizes in
      sizes.map { [UInt8](repeating: UInt8($0 & 255), count: $0) }
    }
    let sizes = messages.flatMap { $0.map(\.count) }
    sender.send(
      messages: messages.flatMap {
        [($0, first.socket.localAddress), ($0, second.socket.localAddress)]
      })
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
    sender.send(messages: [((0..<10).map { [UInt8](repeating: $0, count: 500) }, destination)])
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

  @Test func datagramsThatWereSentTogetherArriveTogether() throws {
    var sender = try Endpoint(loopback)
    var receiver = try Endpoint(loopback)
    let datagrams = [UInt8](0..<40).map { [UInt8](repeating: $0, count: 1_000) }
    sender.send(messages: [(datagrams, receiver.socket.localAddress)])
    let receiverSaw = receiver.receive(40).map(\.bytes)
    #expect(receiverSaw == datagrams)
    #expect(receiver.socket.counters.received == 40)
  }

  @Test func nothingThereIsNoDatagram() throws {
    var socket = try UDPSocket(bindingTo: loopback)
    let count = socket.receive()
    #expect(count == 0)
    #expect(socket.receiveBufferBytes > 0)
  }

  @Test func aPortThatIsTakenIsAnErrorInWords() throws {
    let socket = try UDPSocket(bindingTo: loopback)
    #expect(throws: SystemError.self) { _ = try UDPSocket(bindingTo: socket.localAddress) }
  }
}
