import Primitives

/// What a status chunk says of a packet.
private enum Symbol {
  static let lost: UInt16 = 0
  static let smallDelta: UInt16 = 1
  static let largeDelta: UInt16 = 2
  static let reserved: UInt16 = 3
}

/// Sixteen bits that say which packets arrived (sections 3.1.2 to 3.1.4 of the draft).
///
///      0                   1
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |0| S |       run length        |  so many packets with the symbol S
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |1|0|        symbols            |  14 packets: lost or small delta
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |1|1|        symbols            |  7 packets with two bits each
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
private struct StatusChunk {
  static let longestRun = 0x1FFF

  var bits: UInt16

  init(bits: UInt16) { self.bits = bits }

  init(run length: Int, of symbol: UInt16) {
    bits = symbol << 13 | UInt16(length)
  }

  /// A vector of up to 14 symbols of a bit, or up to 7 of two; the rest of it says lost.
  init(vector symbols: ArraySlice<UInt16>, bitsEach: Int) {
    bits = bitsEach == 1 ? 0x8000 : 0xC000
    for (index, symbol) in symbols.enumerated() {
      bits |= symbol << UInt16(14 - bitsEach * (index + 1))
    }
  }

  var isRun: Bool { bits & 0x8000 == 0 }

  /// How many packets it speaks of.
  var count: Int {
    if isRun { return Int(bits & 0x1FFF) }
    return bits & 0x4000 == 0 ? 14 : 7
  }

  func symbol(at index: Int) -> UInt16 {
    if isRun { return bits >> 13 & 3 }
    return bits & 0x4000 == 0 ? bits >> UInt16(13 - index) & 1 : bits >> UInt16(12 - 2 * index) & 3
  }
}

extension TransportFeedback {
  /// The work is linear in the bytes, whatever the counts say: runs of lost packets are stepped
  /// over at once, and each other packet has a delta.
  init(body: RawSpan) throws(WireError) {
    guard body.byteCount >= Self.fixedLength else { throw .truncated }
    let reference = body.uint32(at: 12)
    self.init(
      senderSSRC: body.uint32(at: 0), mediaSSRC: body.uint32(at: 4),
      baseSequenceNumber: body.uint16(at: 8), statusCount: body.uint16(at: 10),
      referenceTime: Int32(bitPattern: reference) >> 8,
      feedbackCount: UInt8(truncatingIfNeeded: reference), arrivals: [])
    guard statusCount > 0 else { throw .length }
    var deltas = try Self.endOfChunks(body, count: Int(statusCount))

    var reported = 0
    var offset = Self.fixedLength
    while reported < Int(statusCount) {
      let chunk = StatusChunk(bits: body.uint16(at: offset))
      offset += 2
      let count = min(chunk.count, Int(statusCount) - reported)
      if chunk.isRun, chunk.symbol(at: 0) == Symbol.lost {
        reported += count
        continue
      }
      for index in 0..<count {
        let number = baseSequenceNumber &+ UInt16(truncatingIfNeeded: reported)
        reported += 1
        let symbol = chunk.symbol(at: index)
        guard symbol != Symbol.lost else { continue }
        let delta = try Self.readDelta(symbol, body, at: &deltas)
        arrivals.append(Arrival(sequenceNumber: number, delta: delta))
      }
    }
  }

  /// Where the chunks end that speak of `count` packets. A run of none is refused: it could be
  /// repeated to no end.
  private static func endOfChunks(_ body: RawSpan, count: Int) throws(WireError) -> Int {
    var reported = 0
    var offset = fixedLength
    while reported < count {
      guard offset + 2 <= body.byteCount else { throw .truncated }
      let covered = StatusChunk(bits: body.uint16(at: offset)).count
      guard covered > 0 else { throw .length }
      reported += covered
      offset += 2
    }
    return offset
  }

  private static func readDelta(
    _ symbol: UInt16, _ body: RawSpan, at offset: inout Int
  ) throws(WireError) -> Int16 {
    guard symbol != Symbol.reserved else { throw .reserved }
    let length = symbol == Symbol.smallDelta ? 1 : 2
    guard offset + length <= body.byteCount else { throw .truncated }
    defer { offset += length }
    return length == 1
      ? Int16(body[offset]) : Int16(bitPattern: body.uint16(at: offset))
  }

  func write(to writer: inout ByteWriter) {
    precondition(statusCount > 0, "feedback speaks of at least one packet")
    writer.write(senderSSRC)
    writer.write(mediaSSRC)
    writer.write(baseSequenceNumber)
    writer.write(statusCount)
    writer.writeUInt24(UInt32(bitPattern: referenceTime))
    writer.write(feedbackCount)
    writeChunks(to: &writer)
    for arrival in arrivals {
      if Self.isSmall(arrival.delta) {
        writer.write(UInt8(arrival.delta))
      } else {
        writer.write(UInt16(bitPattern: arrival.delta))
      }
    }
  }

  private func writeChunks(to writer: inout ByteWriter) {
    var symbols = [UInt16](repeating: Symbol.lost, count: Int(statusCount))
    for arrival in arrivals {
      symbols[Int(arrival.sequenceNumber &- baseSequenceNumber)] =
        Self.isSmall(arrival.delta) ? Symbol.smallDelta : Symbol.largeDelta
    }
    var rest = symbols[...]
    while let first = rest.first {
      let run = rest.prefix(StatusChunk.longestRun).prefix { $0 == first }.count
      let ahead = rest.prefix(14)
      let chunk: StatusChunk
      if run >= 14 || run == rest.count {
        chunk = StatusChunk(run: run, of: first)
      } else if !ahead.contains(Symbol.largeDelta) {
        chunk = StatusChunk(vector: ahead, bitsEach: 1)
      } else if run >= 7 {
        chunk = StatusChunk(run: run, of: first)
      } else {
        chunk = StatusChunk(vector: rest.prefix(7), bitsEach: 2)
      }
      writer.write(chunk.bits)
      rest = rest.dropFirst(chunk.count)
    }
  }
}
