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

  /// How many messages wait for the rest of their bytes.
  var unfinished: Int { partials.count }

  /// Whether the record begins with a fragment of a ClientHello in the clear.
  static func isClientHello(_ record: DTLSRecord, in bytes: RawSpan) -> Bool {
    record.epoch == 0 && record.contentType == DTLSRecord.ContentType.handshake
      && !record.body.isEmpty && bytes[record.body.lowerBound] == 1
  }

  /// Takes a record for which `isClientHello` holds; the message once its last byte is there.
  mutating func receive(_ record: DTLSRecord, in bytes: RawSpan) -> ClientHello? {
    var offset = record.body.lowerBound
    var whole: ClientHello?
    while record.body.upperBound - offset >= Self.fragmentHeaderLength {
      let end = offset + Self.fragmentHeaderLength + Int(bytes.uint32(at: offset + 8) & 0xFF_FFFF)
      guard end <= record.body.upperBound else { break }
      if let hello = take(bytes.extracting(offset..<end)) { whole = hello }
      offset = end
    }
    return whole
  }

  /// Takes one fragment with its header.
  private mutating func take(_ fragment: RawSpan) -> ClientHello? {
    let length = Int(fragment.uint32(at: 0) & 0xFF_FFFF)
    let offset = Int(fragment.uint32(at: 5) & 0xFF_FFFF)
    let content = fragment.extracting(Self.fragmentHeaderLength..<fragment.byteCount)
    guard fragment[0] == 1, fragment.uint16(at: 4) == 0,
      Self.leastLength...Limits.clientHelloBytes ~= length, offset + content.byteCount <= length
    else { return nil }
    let index = partialIndex(length: length)
    partials[index].fill(from: content, at: offset)
    guard partials[index].missing == 0 else { return nil }
    let whole = partials.remove(at: index).record
    let random = DTLSRecord.headerLength + Self.fragmentHeaderLength + 2
    return ClientHello(random: Array(whole[random..<random + 32]), record: whole)
  }

  private mutating func partialIndex(length: Int) -> Int {
    if let index = partials.firstIndex(where: { $0.length == length }) { return index }
    if partials.count == Limits.handshakesPerTransport { partials.removeFirst() }
    partials.append(Partial(length: length))
    return partials.count - 1
  }
}

extension ClientHelloAssembler.Partial {
  /// An empty message in a record with sequence number 0, which no later record of the client
  /// has: OpenSSL would take that one for a repetition.
  fileprivate init(length: Int) {
    var writer = ByteWriter(capacity: length + 25)
    writer.write([DTLSRecord.ContentType.handshake, 254, 253])
    writer.write(UInt64(0))
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
