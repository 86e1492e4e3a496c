import Primitives
import Security
import Testing
import Transport
import Wire

@Suite struct ConnectionTests {
  @Test func aClientAndAServerConnectAndExchangeMedia() throws {
    let pair = try TransportPair()
    #expect(pair.connect())
    for sequence in 0..<20 {
      pair.sendFromClient(sequence: UInt16(sequence))
      pair.sendFromServer(sequence: UInt16(sequence))
    }
    pair.run(for: .milliseconds(100))
    #expect(pair.serverReceived.count == 20)
    #expect(pair.clientReceived.count == 20)
    #expect(pair.serverReceived.first?.count == 112)
    #expect(pair.destination == pair.clientAddress)
  }

  @Test(arguments: 0..<100)
  func theHandshakeCompletesWithinTenSecondsAt30PercentLossBothWays(seed: UInt64) throws {
    let pair = try TransportPair(
      seed: seed, faults: PathFaults(loss: 0.3, jitter: .milliseconds(30)))
    #expect(pair.connect(), "seed \(seed)")
  }
}
