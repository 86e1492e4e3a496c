import Primitives
import Testing

@testable import Engine

/// A batch that packets of named streams are put into.
private struct BatchBench: ~Copyable {
  var batch = OutgoingBatch(capacity: 64, bytes: 400_000)
  private var open: [NetworkAddress: OutgoingBatch.MessageReference] = [:]

  /// Adds a packet of `length` bytes of a stream; its first byte counts its stream's packets.
  mutating func add(_ length: Int, stream: UInt8, number: UInt8, to port: UInt16 = 1) {
    let address = NetworkAddress(ipv4: 0x7F00_0001, port: port)
    guard let room = batch.open() else { return }
    room[0] = number
    for offset in 8..<12 { room[offset] = stream }
    batch.commit(length: length, to: address, joining: &open[address, default: .init()])
  }

  /// Length, stream and number of each datagram, in the order in which they leave.
  var sent: [[Int]] {
    var result: [[Int]] = []
    batch.forEachDatagram { datagram, _ in
      result.append([datagram.count, Int(datagram[8]), Int(datagram[0])])
    }
    return result
  }

  var appended: UInt64 { batch.appended }
  var overflowed: UInt64 { batch.overflowed }
  var count: Int { batch.count }

  var messages: [[Int]] {
    (0..<batch.count).map { [batch[$0].segments, batch[$0].segmentBytes, batch[$0].pieces] }
  }
}

@Suite struct OutgoingBatchTests {
  @Test func packetsOfOneLengthToOnePeerShareAMessage() {
    var bench = BatchBench()
    for number: UInt8 in 0..<4 {
      bench.add(1_100, stream: 1, number: number, to: 1)
      bench.add(1_100, stream: 1, number: number, to: 2)
    }
    #expect(bench.messages == [[4, 1_100, 4], [4, 1_100, 4]])
    #expect(bench.appended == 8)
  }

  @Test func packetsThatStandSideBySideAreOnePiece() {
    var bench = BatchBench()
    for number: UInt8 in 0..<4 { bench.add(1_100, stream: 1, number: number) }
    #expect(bench.messages == [[4, 1_100, 1]])
  }

  @Test func aShorterPacketGoesLastWhereverItCame() {
    var bench = BatchBench()
    bench.add(120, stream: 2, number: 0)
    bench.add(1_100, stream: 1, number: 0)
    bench.add(1_100, stream: 1, number: 1)
    #expect(bench.messages == [[3, 1_100, 2]])
    #expect(bench.sent == [[1_100, 1, 0], [1_100, 1, 1], [120, 2, 0]])
  }

  @Test func noPacketOvertakesAnEarlierOneOfItsStream() {
    var bench = BatchBench()
    bench.add(1_100, stream: 1, number: 0)
    bench.add(600, stream: 1, number: 1)
    bench.add(1_100, stream: 1, number: 2)
    bench.add(1_200, stream: 1, number: 3)
    #expect(bench.sent.map { $0[2] } == [0, 1, 2, 3])
    #expect(bench.messages.map { $0[0] } == [2, 1, 1])
  }

  @Test func aMessageHoldsNoMoreThanTheKernelTakes() {
    var bench = BatchBench()
    for number: UInt8 in 0..<130 { bench.add(100, stream: 1, number: number) }
    for number: UInt8 in 0..<60 { bench.add(1_400, stream: 2, number: number, to: 2) }
    #expect(bench.messages.map { $0[0] } == [64, 64, 2, 46, 14])
  }

  @Test func aClearedBatchIsJoinedByNothing() {
    var bench = BatchBench()
    bench.add(100, stream: 1, number: 0)
    bench.batch.clear()
    #expect(bench.count == 0)
    bench.add(100, stream: 1, number: 1)
    #expect(bench.messages == [[1, 100, 1]])
    #expect(bench.sent == [[100, 1, 1]])
  }

  @Test func whatFindsNoRoomIsCounted() {
    var bench = BatchBench()
    for port: UInt16 in 1...70 { bench.add(100, stream: 1, number: 0, to: port) }
    #expect(bench.count == 64)
    #expect(bench.overflowed == 6)
    let wantsFlush = bench.batch.wantsFlush
    #expect(wantsFlush)
  }

  /// Random packets of many streams: none is lost, and each stream keeps its order.
  @Test func randomPacketsKeepTheOrderOfTheirStreams() {
    var random = RandomSource(seed: 7)
    for _ in 0..<200 {
      var bench = BatchBench()
      var next = [UInt8](repeating: 0, count: 6)
      for _ in 0..<100 {
        let stream = Int.random(in: 0..<6, using: &random)
        let length = [100, 101, 600, 1_100].randomElement(using: &random) ?? 100
        bench.add(length, stream: UInt8(stream), number: next[stream], to: UInt16(stream / 2 + 1))
        next[stream] += 1
      }
      let sent = bench.sent
      guard bench.overflowed == 0 else { continue }
      for stream in next.indices {
        let numbers = sent.filter { $0[1] == stream }.map { $0[2] }
        #expect(numbers == (0..<Int(next[stream])).map { $0 })
      }
    }
  }
}
