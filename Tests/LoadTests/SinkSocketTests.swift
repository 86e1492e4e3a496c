import Glibc
import Primitives
import Runtime
import Testing

@testable import Load

@Suite struct SinkSocketTests {
  private static let server = NetworkAddress(ipv4: 0x7F00_0001, port: 0)
  /// Loopback is all of 127.0.0.0/8, so there are addresses for everybody.
  private static let first = NetworkAddress(ipv4: 0x7F00_0201, port: 0)

  /// What waits in a socket, once anything does.
  private func receive(
    _ inbox: inout SinkInbox, from socket: SinkSocket
  ) -> (bytes: [UInt8], place: Int?, source: NetworkAddress)? {
    var waiting = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, 5_000) == 1, inbox.receive(from: socket.descriptor) == 1 else {
      return nil
    }
    let message = inbox.message(0)
    return (Array(message.bytes), socket.place(of: message.destination), message.source)
  }

  private func receive(_ server: inout UDPSocket) -> NetworkAddress? {
    var waiting = pollfd(fd: server.descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, 5_000) == 1, server.receive() == 1 else { return nil }
    return server.arrival(0)?.source
  }

  @Test(arguments: [1, 5]) func participantsOfOneSocketAreToldApart(addresses: Int) throws {
    let socket = try SinkSocket(first: Self.first, addresses: addresses)
    var server = try UDPSocket(bindingTo: Self.server)
    var inbox = SinkInbox()
    let places = 0..<addresses
    #expect(Set(places.map { socket.address(at: $0) }).count == addresses)
    for place in places.reversed() {
      let path = socket.path(from: place, to: server.localAddress)
      let isSent = socket.send([1, 2, 3], along: path)
      #expect(isSent)
      #expect(receive(&server) == socket.address(at: place))

      let bytes = [UInt8](repeating: UInt8(place), count: 9)
      bytes.withUnsafeBytes { bytes in
        server.enqueue(bytes, to: socket.address(at: place))
        server.flush()
      }
      let came = try #require(receive(&inbox, from: socket))
      #expect(came.bytes == bytes)
      #expect(came.place == place)
      #expect(came.source == server.localAddress)
    }
  }

  @Test func nobodyHasTheAddressesBesideThose() throws {
    let socket = try SinkSocket(first: Self.first, addresses: 5)
    #expect(socket.place(of: Self.first.ipv4 - 1) == nil)
    #expect(socket.place(of: Self.first.ipv4 + 5) == nil)
    #expect(socket.place(of: 0) == nil)
  }
}
