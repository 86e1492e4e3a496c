import Engine
import Primitives
import Testing
import Transport
import Wire

@testable import PeerClient

@Suite struct WorkerAttackTests {
  @Test func clientHellosFromElsewhereDisturbNobodyAndGetNothing() throws {
    let bench = try WorkerBench()
    try bench.join()
    let hello = try #require(bench.samples[.dtls])
    let people = try (0..<20).map { _ in try bench.register() }
    let areConnected = bench.run(for: .seconds(5)) { bench in
      for _ in 0..<20 { bench.inject(hello, from: bench.foreignAddress()) }
      return people.allSatisfy(\.isConnectedAtWorker)
    }
    #expect(areConnected)
    #expect(bench.worker.counters.drops[.unknownSender, default: 0] > 100)
    #expect(bench.strays.isEmpty)
  }

  @Test(arguments: [true, false])
  func forgedPacketsReachNobodyAndCostNothing(fromVictimsAddress: Bool) throws {
    let bench = try WorkerBench()
    let victim = try bench.join()
    let viewer = try bench.join(publishing: [])
    bench.seat(viewer, 0, victim)
    bench.run(for: .seconds(1))
    let packet = try #require(bench.samples[.rtp])
    let report = try #require(bench.samples[.rtcp])
    let before = bench.worker.counters
    let sent = bench.worker.batch.appended
    for round in 0..<20_000 {
      var forged = round.isMultiple(of: 4) ? report : packet
      let place = Int.random(in: 2..<forged.count, using: &bench.random)
      forged[place] ^= UInt8.random(in: 1...255, using: &bench.random)
      let address = fromVictimsAddress ? victim.address : bench.foreignAddress()
      bench.receive(forged, from: address)
    }
    #expect(bench.worker.counters.received - before.received == 20_000)
    #expect(bench.worker.counters.packets == before.packets)
    #expect(bench.worker.counters.reports == before.reports)
    #expect(bench.worker.batch.appended == sent)
    #expect(bench.known == [2, 2, 2])

    viewer.sightings = []
    bench.run(for: .seconds(1))
    #expect(viewer.count(.audio, from: victim) >= 49)
    #expect(viewer.count(.video, from: victim) >= 14)
  }

  @Test func randomSSRCsOfAProperClientMeetTheCap() throws {
    let bench = try WorkerBench()
    let flooder = try bench.join()
    let viewer = try bench.join(publishing: [])
    bench.seat(viewer, 0, flooder)
    bench.run(for: .milliseconds(500))
    for _ in 0..<2_000 {
      var slot = [UInt8](repeating: 0, count: 200)
      slot[0] = 0x80
      slot[1] = 96
      slot.replaceSubrange(8..<12, with: bench.random.bytes(4))
      let length = try #require(flooder.protect(&slot, length: 100))
      bench.inject(Array(slot[..<length]), from: flooder.address)
    }
    let drops = bench.worker.counters.transportDrops
    #expect(drops[.tooManyStreams, default: 0] >= 2_000 - UInt64(Limits.streamsPerTransport))
    #expect(bench.worker.relayCounters[.unknownStream] <= UInt64(Limits.streamsPerTransport))
    viewer.sightings = []
    bench.run(for: .seconds(1))
    #expect(viewer.count(.audio, from: flooder) >= 49)
  }

  @Test func aFullBatchTakesNothingInUntilItIsSent() throws {
    let bench = try WorkerBench()
    let client = try bench.join()
    let check = try #require(bench.samples[.stun])
    // A driver that does not send what it is asked to send loses what comes on top.
    let room = bench.worker.batch.capacity
    var refused = 0
    for _ in 0..<room + 100 where !bench.offer(check, from: client.address) { refused += 1 }
    #expect(refused == room / 2 + 100)
    #expect(bench.worker.batch.overflowed == 0)
    // The account is looked at when the turn ends.
    bench.run(for: .seconds(1))
    #expect(client.closeReason == nil)
  }

  @Test func aCheckFromSomebodyElsesAddressDoesNotTakeItAway() throws {
    let bench = try WorkerBench()
    let victim = try bench.join()
    let rival = try bench.join()
    let viewer = try bench.join(publishing: [])
    bench.seat(viewer, 0, victim)
    bench.seat(victim, 0, rival)
    bench.run(for: .seconds(1))
    for _ in 0..<20 {
      let address = rival.address
      rival.address = victim.address
      rival.peer.checkPath(now: bench.now)
      bench.run(for: .microseconds(1))
      rival.address = address
      bench.run(for: .milliseconds(100))
    }
    viewer.sightings = []
    victim.sightings = []
    bench.run(for: .seconds(1))
    #expect(viewer.count(.audio, from: victim) >= 49)
    #expect(victim.count(.audio, from: rival) >= 49)
  }
}

extension WorkerBench {
  /// An address where nobody is.
  fileprivate func foreignAddress() -> NetworkAddress {
    NetworkAddress(
      ipv4: 0x0B00_0000 + UInt32.random(in: 0..<1 << 24, using: &random),
      port: UInt16.random(in: 1_024...65_535, using: &random))
  }
}

extension BenchClient {
  /// The SSRCs on which it publishes.
  var ssrcs: [UInt32] { peer.published.map(\.stream.ssrc) }

  /// Protects a packet of a fixed header and a payload, with sequence number 0.
  fileprivate func protect(_ slot: inout [UInt8], length: Int) -> Int? {
    slot.withUnsafeMutableBytes { slot in
      peer.transport?.protectRTP(slot, length: length, headerLength: 12, index: 0) ?? nil
    }
  }
}
