import Primitives
import Testing
import Wire

/// A feedback message with `status` packets from 100, the given chunks, and then `rest`.
private func message(status: UInt16, chunks: [UInt16], rest: [UInt8]) -> [UInt8] {
  var body: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 2, 0, 100, UInt8(status >> 8), UInt8(status & 0xFF)]
  body += [0, 0, 4, 9]
  for chunk in chunks { body += [UInt8(chunk >> 8), UInt8(chunk & 0xFF)] }
  body += rest
  while body.count % 4 != 0 { body.append(0) }
  let words = body.count / 4
  return [0x8F, 205, UInt8(words >> 8), UInt8(words & 0xFF)] + body
}

private func feedback(_ bytes: [UInt8]) throws -> TransportFeedback? {
  guard case .transportFeedback(let feedback)? = try parseRTCP(bytes).first else { return nil }
  return feedback
}

private func arrivals(_ pairs: (UInt16, Int16)...) -> [TransportFeedback.Arrival] {
  pairs.map { .init(sequenceNumber: $0.0, delta: $0.1) }
}

@Suite struct RTCPTransportFeedbackTests {
  @Test func runsAndVectorsOfBothKindsAreRead() throws {
    // Two with small deltas, three lost, then 1 0 1 0... in bits, then large, lost, small.
    let bytes = message(
      status: 22, chunks: [0x2002, 0x0003, 0xA800, 0xE100],
      rest: [1, 2, 3, 4, 0xFF, 0xFE, 5])
    let read = try #require(try feedback(bytes))
    #expect(read.referenceTime == 4)
    #expect(read.feedbackCount == 9)
    #expect(
      read.arrivals
        == arrivals((100, 1), (101, 2), (105, 3), (107, 4), (119, -2), (121, 5)))
  }

  @Test func reservedSymbolsAndRunsOfNothingAreRefused_S15() {
    #expect(throws: WireError.reserved) {
      try parseRTCP(message(status: 1, chunks: [0x6001], rest: [0, 0]))
    }
    #expect(throws: WireError.reserved) {
      try parseRTCP(message(status: 7, chunks: [0xF000], rest: [0, 0]))
    }
    #expect(throws: WireError.length) {
      try parseRTCP(message(status: 1, chunks: [0x2000, 0x2001], rest: [0, 0]))
    }
    #expect(throws: WireError.length) {
      try parseRTCP(message(status: 0, chunks: [], rest: []))
    }
  }

  @Test func countsWithoutTheirChunksOrDeltasAreRefused_S15() {
    #expect(throws: WireError.truncated) {
      try parseRTCP(message(status: 65_535, chunks: [0x3FFF, 0x3FFF], rest: []))
    }
    #expect(throws: WireError.truncated) {
      try parseRTCP(message(status: 8_191, chunks: [0x3FFF], rest: [1, 2, 3]))
    }
    #expect(throws: WireError.truncated) {
      try parseRTCP(message(status: 2, chunks: [0x4002], rest: [0, 1]))
    }
  }

  @Test func aLongGapCostsAFewBytesAndWraps() throws {
    let sent = TransportFeedback(
      senderSSRC: 1, mediaSSRC: 2, baseSequenceNumber: 60_000, statusCount: 40_000,
      referenceTime: 0x7F_FFFF, feedbackCount: 0,
      arrivals: arrivals((60_000, 0), (34_463, -32_768)))
    let bytes = RTCPPacket.bytes(of: [.transportFeedback(sent)])
    #expect(bytes.count < 48)
    #expect(try feedback(bytes) == sent)
  }

  @Test func anyPatternOfLossAndDelaySurvivesTheRoundTrip() throws {
    let seed: UInt64 = 1502
    var random = RandomSource(seed: seed)
    for _ in 0..<2_000 {
      let count = UInt16.random(in: 1...300, using: &random)
      let lossPercent = Int.random(in: 0...100, using: &random)
      let largePercent = Int.random(in: 0...100, using: &random)
      let start = UInt16.random(in: 0...UInt16.max, using: &random)
      var list: [TransportFeedback.Arrival] = []
      for index in 0..<count where Int.random(in: 0..<100, using: &random) >= lossPercent {
        let isLarge = Int.random(in: 0..<100, using: &random) < largePercent
        let delta = isLarge ? Int16.random(in: -9_000...9_000, using: &random) : 7
        list.append(.init(sequenceNumber: start &+ index, delta: delta))
      }
      let sent = TransportFeedback(
        senderSSRC: 1, mediaSSRC: 2, baseSequenceNumber: start, statusCount: count,
        referenceTime: Int32.random(in: -0x80_0000...0x7F_FFFF, using: &random),
        feedbackCount: 3, arrivals: list)
      let read = try feedback(RTCPPacket.bytes(of: [.transportFeedback(sent)]))
      #expect(read == sent, "seed \(seed)")
    }
  }

  @Test func everyObservationIsReportedOnceWithItsTime() throws {
    let seed: UInt64 = 17
    var random = RandomSource(seed: seed)
    var number: UInt64 = 65_000
    var now = Instant(nanoseconds: 3_600_000_000_000)
    var observations: [TransportFeedback.Observation] = []
    for index in 0..<3_000 {
      number += index % 500 == 499 ? 20_000 : UInt64.random(in: 1...30, using: &random)
      now += .microseconds(Int.random(in: -2_000...9_000, using: &random))
      if index % 700 == 699 { now += .seconds(20) }
      observations.append(.init(sequenceNumber: .init(number), arrival: now))
    }

    var rest = observations[...]
    var seen: [(UInt16, Int64)] = []
    while !rest.isEmpty {
      let (sent, count) = TransportFeedback.reporting(
        rest, senderSSRC: 1, mediaSSRC: 2, feedbackCount: 0)
      let bytes = RTCPPacket.bytes(of: [.transportFeedback(sent)])
      #expect(bytes.count <= 800)
      #expect(count > 0)
      let read = try #require(try feedback(bytes))
      var ticks = Int64(read.referenceTime) * 256
      for arrival in read.arrivals {
        ticks += Int64(arrival.delta)
        seen.append((arrival.sequenceNumber, ticks))
      }
      rest = rest.dropFirst(count)
    }
    #expect(seen.map(\.0) == observations.map(\.sequenceNumber.number), "seed \(seed)")
    let base = observations[0].arrival.nanoseconds / 250_000 - seen[0].1
    for (entry, observation) in zip(seen, observations) {
      #expect(entry.1 + base == observation.arrival.nanoseconds / 250_000, "seed \(seed)")
    }
  }

  @Test func packetsFurtherApartThanACountCanSayGoIntoSeveralMessages() {
    let observations = (0..<20).map {
      TransportFeedback.Observation(
        sequenceNumber: .init(UInt64($0) * 8_191), arrival: Instant(nanoseconds: 0))
    }
    let (first, count) = TransportFeedback.reporting(
      observations[...], senderSSRC: 1, mediaSSRC: 2, feedbackCount: 0)
    #expect(count == 9)
    #expect(first.statusCount == 8 * 8_191 + 1)
    #expect(first.arrivals.count == count)
  }
}
