import Primitives
import Security
import Transport
import Wire

/// Nobody connects without a key. Whatever is said to a server in a client's name before the
/// client's own handshake begins, the client connects, unless the server has answered another
/// ClientHello. Whatever happens to the datagrams of the handshake, two sides that both are
/// connected understand each other.
///
/// The input is a sequence of acts, each with a number in the lower 11 of its first 16 bits: act 0
/// brings so many bytes that follow to the server, the others let a datagram arrive, or not quite.
func fuzzDTLS(_ input: UnsafeRawBufferPointer) {
  var random = RandomSource(seed: 4)
  var pair = FuzzPair(profile: SRTPProfile.allCases[input.count % SRTPProfile.allCases.count])
  var input = FuzzInput(input)
  pair.giveServer(FuzzPlans(number: 0).check(&random, nominates: false))
  var hasBegun = false
  var acts = 0
  while !input.isEmpty, !pair.isConnected, acts < 64 {
    let head = input.uint16()
    let number = Int(head & 0x7FF)
    if head >> 11 == 0 {
      pair.pass(.milliseconds(20))
      pair.giveServer(input.bytes(number))
      precondition(hasBegun || !pair.server.isConnected)
    } else {
      hasBegun = true
      carry(&pair, fate: head >> 11, number)
    }
    acts += 1
  }
  let mustConnect = !hasBegun && pair.serverFlights == 0
  pair.runFaithfully(for: .seconds(15))
  precondition(!mustConnect || pair.isConnected, "kept from connecting")
  if pair.isConnected { exchangePackets(&pair) }
}

/// Lets the oldest datagram arrive, changed, cut, doubled in part, or not at all; where there is
/// none, time passes.
private func carry(_ pair: inout FuzzPair, fate: UInt16, _ number: Int) {
  let isOnItsWay = pair.deliver { datagram in
    guard !datagram.isEmpty else { return }
    switch fate & 7 {
    case 1: datagram[number % datagram.count] ^= 1 << UInt8(fate >> 3)
    case 2: datagram.removeLast(number % datagram.count)
    case 3: datagram += datagram.prefix(number)
    case 4: datagram = []
    default: break
    }
  }
  if !isOnItsWay { pair.pass(.milliseconds(number)) }
}

/// A packet each way comes out as it went in.
private func exchangePackets(_ pair: inout FuzzPair) {
  let packet: [UInt8] = [0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9] + [1, 2, 3]
  func protected(
    _ protect: (UnsafeMutableRawBufferPointer) -> Int?
  ) -> [UInt8] {
    withSlot(packet) { slot in protect(slot).map { Array(slot[..<$0]) } ?? [] }
  }
  let fromClient = protected {
    pair.client.protectRTP($0, length: packet.count, headerLength: 12, index: 1)
  }
  let fromServer = protected {
    pair.server.protectRTP($0, length: packet.count, headerLength: 12, index: 1)
  }
  pair.giveServer(fromClient)
  pair.giveClient(fromServer)
  precondition(pair.received.suffix(2) == [packet, packet])
}
