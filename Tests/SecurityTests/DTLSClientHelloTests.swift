import CSecurity
import Foundation
import Primitives
import Testing

@testable import Security

/// Cuts a ClientHello of one record into records with pieces of it, up to `longest` bytes each.
private func fragments(
  of datagram: [UInt8], longest: Int, overlap: Int, random: inout RandomSource
) -> [[UInt8]] {
  let message = Array(datagram[13...])
  let body = Array(message[12...])
  var pieces: [[UInt8]] = []
  var start = 0
  while start < body.count {
    let end = min(body.count, start + Int.random(in: 1...longest, using: &random))
    let first = max(0, start - overlap)
    var writer = ByteWriter()
    writer.write(datagram[..<3])
    writer.write(UInt64(pieces.count))
    writer.write(UInt16(12 + end - first))
    writer.write(message[..<6])
    writer.writeUInt24(UInt32(first))
    writer.writeUInt24(UInt32(end - first))
    writer.write(body[first..<end])
    pieces.append(writer.bytes)
    start = end
  }
  return pieces
}

@Suite struct DTLSClientHelloTests {
  @Test(arguments: 0..<20)
  func aClientHelloInPiecesInAnyOrderDoubledAndOverlappingIsAccepted(seed: UInt64) throws {
    var random = RandomSource(seed: seed)
    let pair = try DTLSPair()
    pair.client.start(now: pair.now)
    let whole = try #require(pair.takeFromClient().first)
    var pieces = fragments(of: whole, longest: 60, overlap: 15, random: &random)
    pieces += pieces.prefix(3)
    pieces.shuffle(using: &random)
    pair.giveServer(pieces)
    pair.exchange()
    #expect(pair.serverKeys != nil, "seed \(seed)")
    #expect(pair.clientKeys?.local == pair.serverKeys?.remote, "seed \(seed)")
  }

  @Test func aClientHelloLargerThanARecordsRoomIsAcceptedInEitherOrder() throws {
    for isReversed in [false, true] {
      let pair = try DTLSPair()
      // As large as one with a post-quantum key share: 200 protocol names of 8 bytes.
      let name: [UInt8] = [7] + Array("visit-1".utf8)
      let names = (0..<200).flatMap { _ -> [UInt8] in name }
      SSL_set_alpn_protos(pair.client.ssl, names, UInt32(names.count))
      pair.client.start(now: pair.now)
      let hello = pair.takeFromClient()
      #expect(hello.count == 2)
      for datagram in isReversed ? hello.reversed() : hello {
        pair.server.receive(datagram.span.bytes, now: pair.now)
      }
      pair.exchange()
      #expect(pair.clientKeys != nil)
      #expect(pair.clientKeys?.local == pair.serverKeys?.remote)
    }
  }

  /// Chromium 156 offers post-quantum key shares: its ClientHello comes in two records.
  @Test func chromiumsClientHelloIsAnsweredOnceBothOfItsRecordsAreThere() throws {
    let corpus = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fuzz/Corpus/dtls/chromium-handshake").standardized
    var rest = [UInt8](try Data(contentsOf: corpus))[...]
    var datagrams: [[UInt8]] = []
    while let high = rest.popFirst(), let low = rest.popFirst() {
      let length = Int(high) << 8 | Int(low)
      datagrams.append(Array(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    #expect(datagrams.prefix(2).map(\.count) == [1_200, 263])
    let pair = try DTLSPair()
    pair.giveServer([datagrams[1]])
    #expect(pair.takeFromServer().isEmpty)
    pair.giveServer([datagrams[0]])
    #expect(!pair.takeFromServer().isEmpty)
  }

  @Test func everyTruncationOfAClientHelloIsSurvivedAndAnsweredByNothing() throws {
    let pair = try DTLSPair()
    pair.client.start(now: pair.now)
    let hello = try #require(pair.takeFromClient().first)
    for length in 0..<hello.count {
      pair.giveServer([Array(hello[..<length])])
      #expect(pair.takeFromServer().isEmpty)
    }
    for index in 0..<25 {
      for bit in 0..<8 {
        let pair = try DTLSPair()
        var flipped = hello
        flipped[index] ^= 1 << UInt8(bit)
        pair.giveServer([flipped])
      }
    }
  }

  @Test func whatIsKeptOfUnfinishedClientHellosIsBounded() {
    var assembler = ClientHelloAssembler()
    for length in 100..<1_100 {
      var writer = ByteWriter()
      writer.write([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 13, 1] as [UInt8])
      writer.writeUInt24(UInt32(length))
      writer.write([0, 0, 0, 0, 0, 0, 0, 1, 3] as [UInt8])
      let record = DTLSRecord(in: writer.bytes.span.bytes, at: 0)
      #expect(record != nil)
      if let record { #expect(assembler.receive(record, in: writer.bytes.span.bytes) == nil) }
    }
    #expect(assembler.unfinished == Limits.handshakesPerTransport)
  }
}
