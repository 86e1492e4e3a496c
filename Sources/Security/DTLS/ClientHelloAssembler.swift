import Primitives

/// A whole ClientHello, out of one fragment or of many.
struct ClientHello: Equatable {
  /// The message's 32 random bytes (RFC 5246 section 7.4.1.2): they tell one handshake from
  /// another.
  var random: [UInt8]
  /// The message as one record with one fragment, as OpenSSL likes it best.
  var record: [UInt8]
}

/// Puts ClientHellos together from their fragments, in any order, doubled and overlapping (RFC
/// 6347 section 4.2.3), before OpenSSL sees one byte of them.
///
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |   type = 1    |                message length                 |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |      message sequence         |       fragment offset         .
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     .               |               fragment length                 |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// Fragments of one message share its length; a later fragment does not overwrite an earlier one.
/// At most `Limits.handshakesPerTransport` messages of at most `Limits.clientHelloBytes` wait for
/// the rest of theirs; the oldest gives way.
struct ClientHelloAssembler {
  fileprivate struct Partial {
    var length: Int
    var record: [UInt8]
    var isPresent: [Bool]
    var missing: Int
  }

  private static let fragmentHeaderLength = 12
  /// The client's version and random, which begin every ClientHello.
  private static let leastLength = 34

  private var partials: [Partial] = []

  /// Whether the record begins with a fragment of a ClientHello in the clear.
  static func isClientHello(_ record: DTLSRecord, in bytes: RawSpan) -> Bool {
    record.epoch == 0 && record.contentType == DTLSRecord.ContentType.handshake
      && !record.body.isEmpty && bytes[record.body.lowerBound] == 1
  }

  /// Takes a record for which `isClientHello` holds; the message once its last byte is there.
  mutating func receive(_ record: DTLSRecord, in bytes: RawSpan) -> ClientHello? {
    guard record.body.count >= Self.fragmentHeaderLength else { return nil }
    let start = record.body.lowerBound
    let length = Int(bytes.uint32(at: start) & 0xFF_FFFF)
    let offset = Int(bytes.uint32(at: start + 5) & 0xFFFF_FF00) >> 8
    let count = Int(bytes.uint32(at: start + 8) & 0xFF_FFFF)
    let fragment = start + Self.fragmentHeaderLength..<record.body.upperBound
    guard bytes.uint16(at: start + 4) == 0, fragment.count == count,
      Self.leastLength...Limits.clientHelloBytes ~= length, offset + count <= length
    else { return nil }
    let index = partialIndex(length: length, like: bytes.extracting(record.range))
    partials[index].fill(from: bytes.extracting(fragment), at: offset)
    guard partials[index].missing == 0 else { return nil }
    let whole = partials.remove(at: index).record
    let random = DTLSRecord.headerLength + Self.fragmentHeaderLength + 2
    return ClientHello(random: Array(whole[random..<random + 32]), record: whole)
  }

  private mutating func partialIndex(length: Int, like record: RawSpan) -> Int {
    if let index = partials.firstIndex(where: { $0.length == length }) { return index }
    if partials.count == Limits.handshakesPerTransport { partials.removeFirst() }
    partials.append(Partial(length: length, like: record))
    return partials.count - 1
  }
}

extension ClientHelloAssembler.Partial {
  /// An empty message with the version and sequence number of the record that began it.
  fileprivate init(length: Int, like record: RawSpan) {
    var writer = ByteWriter(capacity: length + 25)
    writer.write(record.extracting(0..<11).copied())
    writer.write(UInt16(length + 12))
    writer.write(UInt8(1))
    writer.writeUInt24(UInt32(length))
    writer.write(UInt16(0))
    writer.writeUInt24(0)
    writer.writeUInt24(UInt32(length))
    self.length = length
    self.record = writer.bytes + [UInt8](repeating: 0, count: length)
    isPresent = [Bool](repeating: false, count: length)
    missing = length
  }

  fileprivate mutating func fill(from fragment: RawSpan, at offset: Int) {
    let start = record.count - length
    for index in 0..<fragment.byteCount where !isPresent[offset + index] {
      isPresent[offset + index] = true
      record[start + offset + index] = fragment[index]
      missing -= 1
    }
  }
}
