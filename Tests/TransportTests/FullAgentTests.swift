import Primitives
import Security
import Testing
import Transport
import Wire

/// A server that makes checks of its own, although it may call itself ICE-lite: played here by a
/// second client transport.
@Suite struct FullAgentTests {
  private static let here = NetworkAddress(ipv4: 0x0A00_0001, port: 1)
  private static let there = NetworkAddress(ipv4: 0x0A00_0002, port: 2)
  private let slot = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_500, alignment: 16)

  private func transport(_ plan: TransportPlan, to address: NetworkAddress) throws
    -> ClientTransport
  {
    try ClientTransport(
      plan: plan, candidates: [address], certificate: TransportPair.certificates.get().0,
      profiles: TransportPair.profiles, random: RandomSource(seed: 3), now: .origin)
  }

  /// What the client makes of a check that the server makes with these credentials.
  private func check(
    with plan: TransportPlan, by clientPlan: TransportPlan
  ) throws -> (received: Received, answer: [UInt8]?, isSelected: Bool) {
    var server = try transport(plan, to: Self.here)
    var client = try transport(clientPlan, to: Self.there)
    server.handleDeadline(now: .origin)
    guard case .transmit(let check, _) = server.poll() else { return (.nothing, nil, false) }
    slot.copyBytes(from: check)
    let received = client.receive(slot, length: check.count, from: Self.there, now: .origin)
    guard case .transmit(let answer, to: Self.there) = client.poll() else {
      return (received, nil, false)
    }
    slot.copyBytes(from: answer)
    _ = server.receive(slot, length: answer.count, from: Self.here, now: .origin)
    // Whose check is answered begins with the handshake.
    guard case .transmit(let hello, to: Self.here) = server.poll() else {
      return (received, answer, false)
    }
    return (received, answer, DatagramKind(hello.span.bytes) == .dtls)
  }

  @Test func itsChecksAreAnswered() throws {
    defer { slot.deallocate() }
    let pair = try TransportPair()
    let result = try check(with: pair.serverPlan, by: pair.clientPlan)
    #expect(result.received == .nothing)
    #expect(result.isSelected)
  }

  @Test func checksWithOtherCredentialsAreNot() throws {
    defer { slot.deallocate() }
    let pair = try TransportPair()
    var plan = pair.serverPlan
    plan.remote = ICECredentials(
      usernameFragment: plan.remote.usernameFragment,
      password: String(repeating: "x", count: 24))
    let result = try check(with: plan, by: pair.clientPlan)
    #expect(result.received == .dropped(.wrongIntegrity))
    #expect(result.answer == nil)
    plan.remote = ICECredentials(random: &pair.random)
    #expect(try check(with: plan, by: pair.clientPlan).received == .dropped(.wrongUsername))
  }
}
